"""How hard the generated tests try: a second or two each by default, ``TEST_EFFORT=long`` for a night.

Only the long effort makes a failing example small: for a whole message that takes minutes. The example is remembered,
so the long run begins with it.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

LONGER = 25  # times as many examples


def effort(examples: int) -> settings:
    """Return the settings of a generated test: this many examples, no deadline (the machine is shared)."""
    long = os.environ.get("TEST_EFFORT") == "long"
    return settings(
        max_examples=examples * (LONGER if long else 1),
        deadline=None,
        phases=[phase for phase in Phase if long or phase not in (Phase.shrink, Phase.explain)],
        # What the fixtures of these tests hand over is immutable, or a server meant to live through all examples.
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )
