"""The pretend court's chancery: it really signs rulings, with keys made at its start, well or with a defect on demand.

order ─► the words of this case ─► SM2, seal of GB/T 38540, OFD or PDF ─► the file
trust ─► the folder by which a gateway recognises this court's signatures
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any

from adapters.court_oa.simulator_signing import defects
from adapters.court_oa.simulator_signing.bench import Bench
from adapters.court_oa.simulator_signing.hierarchy import Hierarchy, hierarchy
from adapters.court_oa.simulator_signing.ruling import Certificate, Ruling

BEIJING = timezone(timedelta(hours=8))
COURT = "重庆市示例县人民法院"
DECISIONS = {"1": "valid", "2": "dismissed", "3": "not_accepted", "4": "withdrawn"}
DEFECTS: Mapping[str, Mapping[str, defects.Defect]] = {"OFD": defects.OFD, "PDF": defects.SEALED_PDF}
A_WHILE = timedelta(minutes=1)  # a ruling is signed a little before it is sent


@dataclass(kw_only=True)
class Chancery:
    """One court's. ``codes``: of the court, as its case numbers begin."""

    clock: Callable[[], datetime]
    court: str = COURT
    codes: tuple[str, ...] = ("渝0242",)

    @cached_property
    def people(self) -> Hierarchy:
        """Return who signs: made when first asked for."""
        return hierarchy("sm2", court=self.court, at=self.clock().replace(microsecond=0))

    def signed(self, *, number: str, parties: tuple[str, ...], order: Mapping[str, Any]) -> bytes:
        """Return a signed ruling. Raises ValueError for an unknown form, decision or defect.

        ``order``: ``format`` OFD or PDF; ``result`` as in the message; ``defect``: a name of
        simulator_signing/defects.py; ``says``: what the ruling says otherwise, as ``case_number`` or ``parties``;
        ``paper``: certificate, where it is one of performance.
        """
        form = str(order.get("format", "OFD")).upper()
        if form not in DEFECTS:
            raise ValueError(f"format: {' | '.join(DEFECTS)}")
        bench = self._bench(number, parties, order)
        if (name := order.get("defect")) is None:
            return bench.sealed_ofd() if form == "OFD" else bench.sealed_pdf()
        if name not in DEFECTS[form]:
            raise ValueError(f"defect: {' | '.join(DEFECTS[form])}")
        return DEFECTS[form][name].make(bench)

    def trust(self) -> dict[str, str]:
        """Return the files of a trust folder that knows this court, each as base64."""
        people = self.people
        issued = {"root.cer": people.root, "issuing.cer": people.issuing, "court.cer": people.court}
        seal = self._bench("", (), {}).wanted.id
        courts = [{"name": self.court, "codes": list(self.codes), "seals": [{"id": seal}]}]
        rows = {"anchors": [{"file": "root.cer"}], "intermediates": ["issuing.cer"], "courts": courts}
        files = {name: each.der for name, each in issued.items()}
        files["trust.yaml"] = json.dumps(rows, ensure_ascii=False).encode()
        return {name: base64.b64encode(content).decode() for name, content in files.items()}

    def _bench(self, number: str, parties: tuple[str, ...], order: Mapping[str, Any]) -> Bench:
        at = self.clock().replace(microsecond=0) - A_WHILE
        said: dict[str, Any] = {
            "court": self.court,
            "case_number": number,
            "issued_on": at.astimezone(BEIJING).date(),
            "decision": DECISIONS.get(str(order.get("result", "1"))),
            **({"parties": parties} if parties else {}),
            **(order.get("says") or {}),
        }
        said = {name: tuple(value) if name == "parties" else value for name, value in said.items()}
        if said["decision"] is None:
            raise ValueError(f"result: {' | '.join(DECISIONS)}")
        paper = Certificate if order.get("paper") == "certificate" else Ruling
        return Bench(people=self.people, at=at, ruling=paper(**said))
