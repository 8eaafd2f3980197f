"""Adapters: one folder per kind of partner system. A new one is one folder, one mapping folder and one row here."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.court_platform.adapter import CourtPlatform
from adapters.mediation_center.adapter import MediationCenter
from gateway.contract import Adapter

ADAPTERS: Mapping[str, type[Adapter]] = {
    "court_platform": CourtPlatform,
    "mediation_center": MediationCenter,
}
