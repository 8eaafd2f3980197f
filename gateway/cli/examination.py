"""What ``doctor`` looks at on this machine: program, folders, keys, tables, who serves, configuration, what waits."""

from __future__ import annotations

import asyncio
import platform
import shutil
import stat
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from gateway import __version__, opening
from gateway.canonical.identifiers import BEIJING
from gateway.cli import findings, running
from gateway.cli.config import examine
from gateway.cli.findings import Found
from gateway.cli.hands import answers
from gateway.cli.reading import exists
from gateway.cli.terminal import clock
from gateway.errors import GatewayError
from gateway.lifecycle.calendar import WorkingCalendar
from gateway.settings import Settings
from gateway.store import carrier_lock, rulings, shown
from gateway.store import engine as database
from gateway.store.lock import StoreLock
from gateway.variables import unknown_variables

LEAST_PYTHON = (3, 11)
GIB = 1024**3
ENOUGH, TOO_LITTLE = 2.0, 0.2  # GiB free
_SCHEMA = {
    "current": findings.ok, "newer": findings.ok, "empty": findings.warning, "behind": findings.error,
    "unknown": findings.error,
}  # fmt: skip


def program() -> Iterator[Found]:
    """Look at Python and at variables that nothing reads."""
    level = findings.ok if sys.version_info >= LEAST_PYTHON else findings.error
    yield level("cli.doctor.python", version=platform.python_version(), gateway=__version__)
    for name, meant in unknown_variables().items():
        code = "cli.doctor.variable_meant" if meant else "cli.doctor.variable"
        yield findings.warning(code, name=name, meant=meant)


def folders(settings: Settings) -> Iterator[Found]:
    """Look at the data folder: there, private, with room; and at the files in it that nobody else may read."""
    folder = settings.data_dir.absolute()
    if not folder.is_dir():
        yield findings.warning("cli.doctor.no_data_dir", folder=folder)
        return
    yield _private(folder) or findings.ok("cli.doctor.data_dir", folder=folder)
    free = shutil.disk_usage(folder).free / GIB
    level = findings.ok if free >= ENOUGH else findings.warning if free >= TOO_LITTLE else findings.error
    yield level("cli.doctor.free", free=f"{free:.1f}", folder=folder)
    secret = [settings.key_file or folder / "key", running.token_file(settings)]
    for file in secret:
        found = _private(file) if file is not None and file.exists() else None
        if found is not None:
            yield found


def store(settings: Settings) -> Iterator[Found]:
    """Look at the tables and whether the key at hand opens what they hold; then at what waits in them."""
    if not exists(settings):
        yield findings.warning("cli.doctor.no_store", folder=settings.data_dir.absolute())
        return
    try:
        state = _schema_state(settings)
        yield _SCHEMA[state](f"cli.migrate.{state}")
        if state not in {"current", "newer"}:
            return
        opened = opening.open_store(settings, write=False)
    except GatewayError as error:
        yield findings.of_error(error)
        return
    try:
        yield findings.ok("cli.doctor.key", key=opened.cipher.sealing_key)
        with opened.engine.connect() as connection:
            yield from _waiting(connection)
            yield from _rulings(connection, settings)
    finally:
        opened.close()


def server(settings: Settings) -> Iterator[Found]:
    """Look at who serves this store."""
    serving = running.announced(settings)
    if serving is not None and asyncio.run(answers(serving)):
        yield findings.ok("cli.doctor.serves", pid=serving.pid, url=serving.url)
        yield from _carrier(settings, serving)
        return
    holder = StoreLock(settings.data_dir / "gateway.lock").holder()
    if serving is not None:
        yield findings.error("cli.doctor.silent", pid=serving.pid, url=serving.url)
    elif holder is not None and running.lives(holder):
        yield findings.warning("cli.doctor.locked", pid=holder)
    else:
        yield findings.ok("cli.doctor.nobody_serves")


def _carrier(settings: Settings, serving: running.Serving) -> Iterator[Found]:
    """Say who runs the lanes of a process that has a carrier."""
    if not serving.carrier:
        return
    pid = carrier_lock.holder(settings.data_dir)
    yield findings.error("cli.doctor.no_carrier") if pid is None else findings.ok("cli.doctor.carrier", pid=pid)


def folder_of_configuration(settings: Settings) -> Iterator[Found]:
    """Look at the configuration folder as ``config check`` does."""
    folder = settings.config_folder
    if not folder.is_dir():
        yield findings.warning("cli.doctor.no_configuration", folder=folder.absolute())
        return
    found, revision = examine(folder)
    yield from found
    if revision is not None:
        partners = len(revision.partners)
        yield findings.ok("cli.doctor.configuration", folder=folder.absolute(), partners=partners, revision=revision.id)
        yield _calendar(revision.calendar)


def _calendar(calendar: WorkingCalendar) -> Found:
    missing = calendar.missing(datetime.now(BEIJING).date())
    if missing is None:
        return findings.ok("cli.doctor.calendar", year=max(calendar.years))
    return findings.warning("cli.doctor.calendar_missing", year=missing)


def _schema_state(settings: Settings) -> database.SchemaState:
    engine = database.open_engine(settings.store_url())
    try:
        return database.schema_state(engine)
    finally:
        engine.dispose()


def _waiting(connection: Connection) -> Iterator[Found]:
    counts = shown.counts(connection)
    held, parked = (counts["records"].get(name, 0) for name in ("held", "parked"))
    dead = counts["deliveries"].get("dead", 0)
    if held:
        yield findings.warning("cli.doctor.held", count=held)
    if parked:
        yield findings.ok("cli.doctor.parked", count=parked)
    if dead:
        yield findings.warning("cli.doctor.dead", count=dead)
    for each in shown.breakers(connection):
        if each["state"] != "closed":
            times = {name: clock(each[name]) for name in ("opened_at", "probe_at")}
            yield findings.warning("cli.doctor.breaker_open", **{**each, **times})


def _rulings(connection: Connection, settings: Settings) -> Iterator[Found]:
    """Say whom rulings are believed by, and how many wait for what."""
    counts = rulings.counted(connection)
    if settings.trust_folder is None:
        level = findings.error if counts["AWAITING"] else findings.warning
        yield level("cli.doctor.no_trust", count=counts["AWAITING"])
    else:
        yield _trust(settings.trust_folder)
    for state in ("UNDECIDED", "QUARANTINED", "VERIFIED"):
        if counts[state]:
            yield findings.warning(f"cli.doctor.rulings_{state.lower()}", count=counts[state])


def _trust(folder: Path) -> Found:
    from gateway.rulings.trust.folder import read_trust  # noqa: PLC0415 - the libraries of rulings only where needed

    try:
        trust = read_trust(folder)
    except GatewayError as error:
        return findings.of_error(error)
    return findings.ok("cli.doctor.trust", folder=folder, anchors=len(trust.anchors), courts=len(trust.courts))


def _private(path: Path) -> Found | None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & 0o077:
        return None
    return findings.warning("cli.doctor.not_private", path=path, mode=f"{mode:03o}")
