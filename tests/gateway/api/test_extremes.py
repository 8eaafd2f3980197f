"""Values at the edge of what a field can hold: refused to their sender, never a fault of ours."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.gateway.api.test_api import bearer, client, referral

__all__ = ["client"]
COURT = "court"


def with_value(path: str, value: object) -> dict[str, Any]:
    message = referral()
    *steps, last = path.split(".")
    place: Any = message
    for step in steps:
        place = place.setdefault(step, {})
    place[last] = value
    return message


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("time", "9999-12-31T23:59:59-14:00", "identifier.moment.form"),  # in Beijing it is the year 10000
        ("data.reply_by", "9999-12-31T23:59:59-14:00", "identifier.moment.form"),
        ("time", "0001-01-01T00:00:00+14:00", "identifier.moment.form"),
        ("time", "0001-01-01T00:00:00Z", "identifier.moment.range"),
        ("data.dispute.people", "9" * 40, "mapping.out_of_range"),
        ("data.case.leg", 10**18, "mapping.out_of_range"),
    ],
)
async def test_an_extreme_value_is_refused_to_its_sender(
    client: httpx.AsyncClient, path: str, value: object, code: str
) -> None:
    answer = await client.post("/v1/messages", json=with_value(path, value), headers=bearer(COURT))
    said = answer.json()
    assert (answer.status_code, said["code"]) == (422, code), said
    assert said["field"].startswith(path)
