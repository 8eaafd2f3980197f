"""``fengqiao demo``: play the story in an empty folder, print its account, and leave nothing running unless asked."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from rich.console import Console

from gateway import bootstrap, texts
from gateway.demo.account import passed, tell_account
from gateway.demo.cast import COURT, VILLAGE, Calendar, referral
from gateway.demo.guest import WITHIN, Guest, Host
from gateway.demo.play import play
from gateway.demo.scenery import Scenery
from gateway.texts import Language

ONE_MORE = "AJ50024220260003"  # a case that the story does not have


def demonstrate(*, keep: bool, language: Language, folder: Path | None = None, host: Host | None = None) -> int:
    """Play and tell; return the exit code: 0 when the story ended as it should, 1 otherwise.

    ``keep``: leave everything running until Ctrl+C, and print commands to try. ``host``: the running gateway at which
    to play, instead of an own one. Raises GatewayError.
    """
    console = Console(width=110, highlight=False)
    place = folder or Path(tempfile.mkdtemp(prefix="fengqiao-demo-"))
    started = time.monotonic()

    def tell(code: str, **facts: str | int) -> None:
        console.print(
            f"[dim]{time.monotonic() - started:5.1f} s[/]  {texts.text(code, language, **facts)}", soft_wrap=True
        )

    if host is None:
        tell("demo.begin", folder=str(place))
        scenery, played = play(place, bootstrap.shipped_simulator, tell)
    else:
        tell("demo.begin_as_guest", gateway=host.url)
        setting = partial(Guest, host=host)
        scenery, played = play(place, bootstrap.shipped_simulator, tell, setting=setting, within=WITHIN)
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
    facts = {
        "gateway": scenery.gateway_url,
        "court": scenery.url(COURT),
        "village": scenery.url(VILLAGE),
        "folder": str(scenery.folder),
        "referral": str(_one_more_referral(scenery.folder)),
        "case": ONE_MORE,
        "command": str(_command()),
    }
    console.print(texts.text("demo.try", language, **facts), soft_wrap=True, markup=False)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        signal.pause()
    except KeyboardInterrupt:
        console.print()


def _one_more_referral(folder: Path) -> Path:
    """Write the body by which the pretend court platform is told to refer one more case."""
    file = folder / "referral.json"
    record = referral(Calendar(), ONE_MORE)
    file.write_text(json.dumps({"records": [record]}, ensure_ascii=False), encoding="utf-8")
    return file


def _command() -> Path:
    """Return the command as a shell finds it that has never heard of this environment."""
    installed = Path(sys.executable).with_name("fengqiao")
    return installed if installed.exists() else Path("fengqiao")
