"""Adapters: one folder per kind of partner system. A new one is one folder, one mapping folder and one row here."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.court_oa.adapter import CourtOa
from adapters.court_platform.adapter import CourtPlatform
from adapters.justice_office.adapter import JusticeOffice
from adapters.mailbox.adapter import Mailbox
from adapters.mediation_center.adapter import MediationCenter
from adapters.police.adapter import Police
from adapters.rest.adapter import Rest
from gateway.contract import Adapter

ADAPTERS: Mapping[str, type[Adapter]] = {
    "court_oa": CourtOa,
    "court_platform": CourtPlatform,
    "justice_office": JusticeOffice,
    "mailbox": Mailbox,
    "mediation_center": MediationCenter,
    "police": Police,
    "rest": Rest,
}
