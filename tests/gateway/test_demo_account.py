"""The demonstration says that it ended well only where everything that it tells has happened."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from gateway.demo.account import FORGED, LEDGER, STATES, passed
from gateway.demo.acts import Ruled, TakenIn, Warned
from gateway.demo.play import Played

TOLD = ("org-station", "org-office", "org-committee")
RULED = Ruled(forged=FORGED, states=("SUPERSEDED", "SERVED"), same=True)
KEPT = [{"id": "R-1", "kind": "ajwp"}, {"id": "R-1", "kind": "ajzs"}]


def played(**changed: Any) -> Played:
    cases: list[dict[str, Any]] = [{"case": {"state": state}, "confirmations": []} for state in STATES]
    cases[2]["confirmations"] = [{"state": "SERVED"}]
    counts = {"deliveries": {"delivered": 36}, "records": {"accepted": 36, "refused": 1}, "waiting": 0}
    return replace(
        Played(
            cases=cases, counts=counts, repeated=1, received={"court": KEPT},
            ruled=RULED, warned=Warned(recipients=TOLD, acknowledged=TOLD), taken_in=TakenIn(case="c-1", fates=LEDGER),
        ),
        **changed,
    )  # fmt: skip


def test_it_ended_well() -> None:
    assert passed(played())


def counted(**changed: Any) -> dict[str, Any]:
    return {**played().counts, **changed}


@pytest.mark.parametrize(
    "changed",
    [
        {"cases": played().cases[:3]},
        {"cases": [*played().cases[:2], {"case": {"state": "SETTLED"}, "confirmations": []}, played().cases[3]]},
        {"ruled": replace(RULED, forged="")},
        {"ruled": replace(RULED, states=("SERVED", "SERVED"))},
        {"ruled": replace(RULED, same=False)},
        {"repeated": 0},
        {"received": {"court": [*KEPT, KEPT[0]]}},
        {"warned": Warned(recipients=TOLD, acknowledged=TOLD[:2])},
        {"taken_in": TakenIn(case="c-1", fates={"accepted": 3})},
        {"counts": counted(waiting=1)},
        {"counts": counted(deliveries={"delivered": 35, "dead": 1})},
        {"counts": counted(records={"accepted": 36, "refused": 1, "held": 1})},
    ],
    ids=[
        "a case is missing", "no ruling", "nothing found", "served, too", "other bytes", "nothing recognised",
        "kept twice", "one has not acknowledged", "a damaged number entered", "something waits", "something is dead",
        "something is held",
    ],
)  # fmt: skip
def test_it_did_not_end_well(changed: dict[str, Any]) -> None:
    assert not passed(played(**changed))
