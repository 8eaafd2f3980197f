"""Verify one ruling: its file against the trust, the court's message and the application, with the evidence kept.

look    read the file and what it must agree with, verify, keep the archive of evidence (no transaction, a thread)
enter   write what was found, in the locked case: VERIFIED, UNDECIDED or QUARANTINED, and tell the court
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Connection, Engine

from gateway.canonical.messages.performance import CertificateData
from gateway.canonical.messages.ruling_data import RulingData
from gateway.configuration import Revision
from gateway.lifecycle import Case, ruling_after
from gateway.releasing import notices
from gateway.releasing.certificates import certificate_of, court_of, held_against
from gateway.releasing.looking import Row, application_of, confirmation_of, file_of, papers, ruling_of
from gateway.releasing.matching import expected
from gateway.releasing.speaking import Speaking
from gateway.releasing.verdicts import Outcome, code_of, kept_of, outcome_of, said_of
from gateway.rulings.limits import Limits
from gateway.rulings.malformed import Malformed
from gateway.rulings.result import Verification
from gateway.store import rulings
from gateway.store.arrivals import CaseFile
from gateway.store.cipher import Cipher
from gateway.store.documents import Documents
from gateway.store.times import millis

if TYPE_CHECKING:  # a process that verifies nothing starts without the libraries of rulings
    from gateway.rulings.context import Expected
    from gateway.rulings.trust import Trust

log = structlog.get_logger("fengqiao.rulings")
MISSING = "rulings.release.document_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was found about one ruling. ``verification`` None: its file could not be had."""

    message_id: str
    verification: Verification | None = field(repr=False)
    evidence: str | None = None

    @property
    def outcome(self) -> Outcome:
        """Return what follows from it."""
        return outcome_of(self.verification) if self.verification else "quarantined"


@dataclass(slots=True, kw_only=True)
class Verifying:
    """Verify rulings."""

    engine: Engine
    cipher: Cipher
    documents: Documents
    revision: Callable[[], Revision]
    speaking: Speaking
    now: Callable[[], datetime]

    def look(self, message_id: str, trust: Trust) -> Verified | str:
        """Verify a ruling; or return the code of why that is not possible yet. Raises StoreUnavailable."""
        from gateway.rulings.verification import verify  # noqa: PLC0415 - see above

        with self.engine.connect() as connection:
            kept, message = ruling_of(connection, self.cipher, message_id)
            said: RulingData | CertificateData = message.data
            brought = papers(connection, message_id)
            file = certificate_of(said, brought) if isinstance(said, CertificateData) else file_of(said, brought)
            if file is None or file["state"] in {"failed", "emptied"}:
                return Verified(message_id=message_id, verification=None)
            if file["state"] != "kept":
                return "rulings.release.document_awaited"
            if isinstance(said, CertificateData):
                wanted = held_against(connection, self.cipher, kept, said, self.revision())
            else:
                wanted = self._expected(connection, kept, said)
        if isinstance(wanted, str):
            return wanted
        octets = self._read(file["sha256"])
        verification = verify(octets, trust=trust, now=self.now(), expected=wanted)
        evidence = self._keep(octets, verification, trust, wanted)
        return Verified(message_id=message_id, verification=verification, evidence=evidence)

    def enter(self, connection: Connection, file: CaseFile, found: Verified) -> set[str]:
        """Write what was found, where the ruling still waits for it; return the partners with something due."""
        row = rulings.one(connection, found.message_id)
        case = Case.from_dict(file.snapshot)
        here = confirmation_of(case, row["number"]) if row else None
        after = ruling_after(row["state"], found.outcome) if row else None
        court = here.court if here else court_of(connection, row)
        if row is None or court is None or after is None or (here and here.state == "OBJECTED"):
            return set()
        verified, now = found.verification, self.now()
        code = None if found.outcome == "verified" else code_of(verified) if verified else MISSING
        rulings.change(
            connection, row["message_id"], state=after, code=code, evidence=found.evidence, verified_at=millis(now),
            decided_by=None, decided_reason=None, decided_at=None,
            checks=rulings.write_checks(kept_of(verified)) if verified else None,
            sha256=verified.evidence.sha256 if verified else None, sm3=verified.evidence.sm3 if verified else None,
        )  # fmt: skip
        if verified:
            seals = [each.seal_id for each in verified.signatures if each.seal_id]
            signers = [each.signer_sha256 for each in verified.signatures if each.signer_sha256]
            certificates = (*verified.evidence.certificates, *signers)
            rulings.keep_foundation(connection, row["message_id"], certificates, seals)
        _tell(found.outcome, row, code)
        said: dict[str, Any] = {"checks": said_of(verified) if verified else None}
        told = notices.notice(
            rulings.one(connection, row["message_id"]) or row, found.outcome, now=now, step=file.step,
            addressee=court, confirmation_number=here.court_number if here else None, **said,
        )  # fmt: skip
        return self.speaking.say(connection, file, told, self.speaking.due([self.speaking.partner_of(court)], told))

    def _expected(self, connection: Connection, kept: Row, said: RulingData) -> Expected | str:
        case = Case.from_dict(rulings.snapshot(connection, kept["case_id"]))
        row = rulings.one(connection, kept["id"])
        here = confirmation_of(case, row["number"]) if row else None
        application = application_of(connection, self.cipher, case, here.number) if here else None
        if here is None or application is None:
            return "rulings.release.no_application"
        court = self.revision().directory.by_id(here.court)
        if court is None:
            return "rulings.release.court_unknown"
        return expected(said, application, court=court.name, changed="agreement_changed" in here.flags)

    def _read(self, sha256: str) -> bytes:
        """Return a file, of one that is too large only so much that this shows."""
        octets, most = bytearray(), Limits().file
        for piece in self.documents.stream(sha256):
            octets += piece
            if len(octets) > most:
                break
        return bytes(octets)

    def _keep(self, octets: bytes, verification: Verification, trust: Trust, wanted: Expected) -> str | None:
        """Keep the archive of evidence; where no row comes to name it, it is collected like any orphan."""
        from gateway.rulings.evidence.archive import archived  # noqa: PLC0415 - see above
        from gateway.rulings.evidence.record import record_of  # noqa: PLC0415

        try:
            archive = archived(octets, record_of(verification, trust=trust, expected=wanted))
        except Malformed:
            return None  # larger than an archive may be; the file itself is refused for its size as well
        return self.documents.put(archive).sha256


def _tell(outcome: Outcome, row: Row, code: str | None) -> None:
    about = {"message_id": row["message_id"], "case_id": row["case_id"], "code": code}
    if outcome == "quarantined":
        log.error("ruling.quarantined", **about)
    elif outcome == "undecided":
        log.warning("ruling.undecided", **about)
    else:
        log.info("ruling.verified", **about)
