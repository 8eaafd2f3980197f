"""Which case a message speaks of."""

from __future__ import annotations

from typing import Annotated

from gateway.canonical.base import Canonical, CaseNumber, PartnerId, ShortText, said


class CaseIdentity(Canonical):
    """The names of one case. ``partner_id`` is its id in the system at hand: the sender's coming in, the receiver's
    going out; ``gateway_id`` is ours, and a partner that keeps it may refer to the case by it alone.
    """

    partner_id: Annotated[PartnerId | None, said("对方案件编号", "The case's id in the partner's system")] = None
    gateway_id: Annotated[PartnerId | None, said("网关案件编号", "The case's id in the gateway")] = None
    number: Annotated[CaseNumber | None, said("案号", "Court case number (法〔2015〕137号)")] = None
    legacy_number: Annotated[ShortText | None, said("旧案号", "Case number from before 2016, as written")] = None
    acceptance_number: Annotated[ShortText | None, said("受理编号", "Police or other acceptance number")] = None
    leg: Annotated[int | None, said("环节序号", "Number of the leg this message belongs to", ge=1, le=1000)] = None
