"""The fixtures of this dialect's tests: an adapter whose clock stands still, and a simulator that fits it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from adapters.mediation_center.adapter import MediationCenter
from adapters.mediation_center.simulator import Simulator
from gateway.contract import Partner
from tests.adapters.mediation_center.playing import KEYS, NOW


@pytest.fixture
def make_adapter() -> Callable[..., MediationCenter]:
    """Make an adapter of a partner with these settings, whose clock stands still unless told otherwise."""

    def make(now: Callable[[], datetime] = lambda: NOW, **settings: Any) -> MediationCenter:
        partner = Partner(name="centre", settings=settings, secret=KEYS.__getitem__, now=now)
        return MediationCenter(partner)

    return make


@pytest.fixture
def adapter(make_adapter: Callable[..., MediationCenter]) -> MediationCenter:
    return make_adapter()


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(gateway_url=None, partner="centre", keys=KEYS)
