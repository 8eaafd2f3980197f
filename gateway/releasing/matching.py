"""What a ruling must agree with: the court's own message, and the application that the gateway carried. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.canonical.messages.ruling_data import RulingData, RulingResult
from gateway.releasing.looking import Application

if TYPE_CHECKING:  # a process that verifies nothing starts without the libraries of rulings
    from gateway.rulings.context import Expected, RulingType

_TYPES: dict[RulingResult, RulingType] = {
    "valid": "valid", "dismissed": "dismissed", "not_accepted": "not_accepted", "withdrawal_granted": "withdrawn",
    "terminated": "terminated", "revoked": "revoked", "changed": "changed",
}  # fmt: skip


def expected(said: RulingData, application: Application, *, court: str, changed: bool) -> Expected:
    """Return what the file is held against. ``court``: the name of the court that the application went to.

    ``changed``: the unit corrected its result while the court had the application, which is about the earlier one.
    """
    from gateway.rulings.context import Expected  # noqa: PLC0415 - see above

    return Expected(
        court=court,
        case_number=said.confirmation_number,
        parties=tuple(party.name for party in application.parties),
        ruling=_TYPES[said.result],
        pages=said.page_count,
        sha256=said.sha256,
        sm3=said.sm3,
        application=application.message_id,
        agreements=application.agreements,
        says_application=said.application,
        says_agreement=said.agreement_sha256,
        agreement_changed=changed,
        files=len(said.documents),
    )
