"""``fengqiao demo``: play the story in an empty folder, print its account, and leave nothing running unless asked."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from pathlib import Path

from rich.console import Console

from gateway import bootstrap, texts
from gateway.demo.account import passed, tell_account
from gateway.demo.cast import COURT
from gateway.demo.play import play
from gateway.demo.scenery import Scenery
from gateway.texts import Language


def demonstrate(*, keep: bool, language: Language, folder: Path | None = None) -> int:
    """Play and tell; return the exit code: 0 when the story ended as it should, 1 otherwise.

    ``keep``: leave everything running until Ctrl+C, and print commands to try. Raises GatewayError.
    """
    console = Console(width=110, highlight=False)
    place = folder or Path(tempfile.mkdtemp(prefix="fengqiao-demo-"))
    started = time.monotonic()

    def tell(code: str, **facts: str | int) -> None:
        console.print(
            f"[dim]{time.monotonic() - started:5.1f} s[/]  {texts.text(code, language, **facts)}", soft_wrap=True
        )

    tell("demo.begin", folder=str(place))
    scenery, played = play(place, bootstrap.shipped_simulator, tell)
    try:
        tell_account(console, played, language)
        right = passed(played)
        console.print()
        tell("demo.ended_well" if right else "demo.ended_badly", seconds=round(time.monotonic() - started))
        if keep:
            _keep(console, scenery, language)
    finally:
        scenery.__exit__(None, None, None)
        if folder is None and not keep:
            shutil.rmtree(place, ignore_errors=True)
    return 0 if right else 1


def _keep(console: Console, scenery: Scenery, language: Language) -> None:
    """Print what can be tried, and wait for Ctrl+C or SIGTERM."""
    facts = {"gateway": scenery.gateway_url, "court": scenery.url(COURT), "folder": str(scenery.folder)}
    console.print(texts.text("demo.try", language, **facts), soft_wrap=True, markup=False)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        signal.pause()
    except KeyboardInterrupt:
        console.print()
