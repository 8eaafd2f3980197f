"""Show rulings with their evidence, and which of them a withdrawal of a certificate or seal affects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from gateway.errors import GatewayError, NotFound
from gateway.rulings.malformed import Malformed
from gateway.store import rulings
from gateway.store.documents import Documents
from gateway.store.times import moment

if TYPE_CHECKING:  # commands start without the libraries of rulings
    from gateway.rulings.evidence.record import EvidenceRecord
    from gateway.rulings.trust import Period, Trust

Row = dict[str, Any]
_TIMES = ("received_at", "verified_at", "decided_at", "released_at", "ended_at")
_KINDS = ("certificate", "seal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Rulings for people and programs. Raises NotFound for one that is not here."""

    documents: Documents
    trust: Path | None

    def one(self, connection: Connection, name: str) -> Row:
        """Return a ruling by the id of its message or the court's id of it, with everything that was found."""
        row = _found(connection, name)
        record = self.record(row)
        return {**shown(row), "checks": list(record.checks) if record else rulings.read_checks(row["checks"])}

    def archive(self, connection: Connection, name: str) -> bytes:
        """Return the archive of evidence of a ruling, with the original bytes of its file."""
        evidence = _found(connection, name)["evidence"]
        if evidence is None:
            raise NotFound("rulings.release.no_evidence", ruling=name[:64])
        return self.documents.read(evidence)

    def affected(self, connection: Connection, *, certificate: str | None = None, seal: str | None = None) -> list[Row]:
        """Return which rulings rest on what is withdrawn in the trust of now, and what that means for each.

        With ``certificate`` or ``seal``: which rest on that one, withdrawn or not. Raises ConfigurationFault.
        """
        from gateway.rulings.trust import Period, Trust  # noqa: PLC0415 - see above
        from gateway.rulings.trust.folder import read_trust  # noqa: PLC0415

        trust = read_trust(self.trust) if self.trust else Trust()
        asked = {("certificate", certificate), ("seal", seal)} if certificate or seal else None
        periods = {name: period for name, period in _periods(trust) if asked or period.withdrawn}
        names = [each for each in asked if each[1]] if asked else list(periods)
        found = []
        for kind in _KINDS:
            values = [str(value) for each, value in names if each == kind]
            for row in rulings.resting_on(connection, kind, values):
                period = periods.get((kind, row["value"]), Period())
                about = {"kind": kind, "value": row["value"], "withdrawn": period.withdrawn}
                found.append({**shown(row), **about, "effect": self._effect(row, kind, row["value"], period)})
        return found

    def record(self, row: Row) -> EvidenceRecord | None:
        """Return the record of the evidence of a ruling; None where it is not kept any more, or cannot be read."""
        from gateway.rulings.evidence.archive import open_archive  # noqa: PLC0415 - see above

        try:
            return open_archive(self.documents.read(row["evidence"]), []).record if row["evidence"] else None
        except (GatewayError, Malformed):
            return None

    def _effect(self, row: Row, kind: str, value: str, period: Period) -> str:
        from gateway.rulings.evidence.affected import Effect, by_certificate, by_seal  # noqa: PLC0415 - see above

        record, asked = self.record(row), by_certificate if kind == "certificate" else by_seal
        effect = asked(record, value, period) if record else None
        return (effect or Effect.DOUBTFUL).value  # what cannot be looked into is no longer known to be good


def shown(row: Row) -> Row:
    """Return what anybody who administers may see of a ruling."""
    names = ("case_id", "paper", "number", "document_id", "version", "replaces", "replaced_by", "result", "state",
             "code", "sha256", "sm3", "evidence", "decided_by", "decided_reason")  # fmt: skip
    times = {name: None if row[name] is None else moment(row[name]) for name in _TIMES}
    return {"ruling": row["message_id"], **{name: row[name] for name in names}, **times}


def _found(connection: Connection, name: str) -> Row:
    if (row := rulings.find(connection, name)) is None:
        raise NotFound("rulings.release.unknown", ruling=name[:64])
    return row


def _periods(trust: Trust) -> Iterator[tuple[tuple[str, str], Period]]:
    for anchor in trust.anchors:
        yield ("certificate", anchor.certificate.sha256), anchor.period
    for court in trust.courts:
        yield from ((("certificate", each.sha256), each.period) for each in court.certificates)
        yield from ((("seal", each.id), each.period) for each in court.seals)
