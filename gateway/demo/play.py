"""The play: every kind of system around one gateway, in five acts; then everything has to have arrived, once.

On the way a system is down for a while, one record comes twice, and a ledger has a line that Excel has damaged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.demo import acts
from gateway.demo.acts import Ruled, TakenIn, Warned
from gateway.demo.everybody import EVERYBODY
from gateway.demo.scenery import Scenery
from gateway.demo.stage import Stage

WITHIN = 30.0  # seconds that any one thing may take to arrive


@dataclass(slots=True, kw_only=True)
class Played:
    """What happened, for the account."""

    cases: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, Any] = field(default_factory=dict)
    repeated: int = 0
    received: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    ruled: Ruled
    warned: Warned
    taken_in: TakenIn


def play(
    folder: Path,
    simulator: Callable[[str], Any],
    tell: Callable[..., None],
    *,
    setting: Callable[..., Scenery] = Scenery,
    within: float = WITHIN,
) -> tuple[Scenery, Played]:
    """Set the scene and play the story; ``tell`` hears a catalogue code for each scene.

    ``within``: seconds that any one thing may take to arrive.

    Returns the running scenery, which the caller leaves, and what happened. Raises GatewayError when something does
    not arrive.
    """
    scenery = setting(folder=folder, actors=EVERYBODY, simulator=simulator)
    scenery.__enter__()
    try:
        stage = Stage(scenery=scenery, tell=tell, within=within)
        processes = sum(actor.platform for actor in EVERYBODY)
        tell("demo.scene_ready", gateway=scenery.gateway_url, partners=len(EVERYBODY), processes=processes)
        played = _played(stage)
    except BaseException:
        scenery.__exit__(None, None, None)
        raise
    return scenery, played


def _played(stage: Stage) -> Played:
    """Play act after act, wait until nothing is due any more, and gather what happened."""
    first, second = acts.court_and_centres(stage), acts.back_to_the_court(stage)
    third, ruled = acts.from_the_police(stage)
    warned, taken_in = acts.three_are_warned(stage), acts.from_the_office(stage)
    scenery = stage.scenery
    stage.until("demo.waiting_for_rest", lambda: not scenery.administration("counts")["waiting"])
    return Played(
        cases=[stage.trace(case) for case in (first, second, third, taken_in.case)],
        counts=scenery.administration("counts"),
        repeated=stage.repeated,
        received={actor.name: scenery.received(actor.name) for actor in EVERYBODY if actor.platform},
        ruled=ruled,
        warned=warned,
        taken_in=taken_in,
    )
