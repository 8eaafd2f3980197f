"""``backup`` and ``restore``: an embedded store, copied while it serves, and put back into an empty folder.

    database (SQLite's own online copy) ─► documents ─► list of both, last: a folder without it is no backup

The database first: a document is on disk before a row refers to it, so every row of the copy finds its document among
what is copied after it. The other way round a record that came in between would lack its document.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from gateway import __version__
from gateway.canonical.identifiers import BEIJING
from gateway.cli.options import AsJson
from gateway.cli.terminal import of
from gateway.errors import GatewayError
from gateway.settings import Settings
from gateway.store.lock import StoreLock

DATABASE, DOCUMENTS, LIST = "gateway.db", "documents", "backup.json"
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
Folder = Annotated[Path, typer.Argument(help="cli.option.backup_folder", metavar="FOLDER")]


def backup(context: typer.Context, folder: Folder, as_json: AsJson = False) -> None:
    """Copy the store into an empty or new folder."""
    terminal = of(context)
    settings = terminal.settings()
    _require_embedded(settings)
    if folder.exists() and any(folder.iterdir()):
        raise GatewayError("cli.backup.target_used", folder=str(folder))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with terminal.busy("cli.backup.busy"):
        taken_at = datetime.now(UTC)
        _copy_database(settings.data_dir / DATABASE, folder / DATABASE)
        copied = _copy_documents(settings.data_dir / DOCUMENTS, folder / DOCUMENTS)
        said = {
            "version": __version__, "taken_at": taken_at.isoformat(), "database_sha256": _digest(folder / DATABASE),
            "size": (folder / DATABASE).stat().st_size, "documents": len(copied),
            "documents_sha256": _digest_of_all(copied),
        }  # fmt: skip
        _write(folder / LIST, orjson.dumps(said))
    if as_json:
        terminal.json({**said, "folder": str(folder)})
    else:
        terminal.say("cli.backup.done", folder=folder, size=said["size"], documents=said["documents"])


def restore(context: typer.Context, folder: Folder, as_json: AsJson = False) -> None:
    """Put a backup into the data folder, where there must be no store yet."""
    terminal = of(context)
    settings = terminal.settings()
    said = _proved(folder)
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    if settings.database_url is not None or (settings.data_dir / DATABASE).exists():
        raise GatewayError("cli.restore.in_use", folder=str(settings.data_dir))
    with StoreLock(settings.data_dir / "gateway.lock"):
        _copy_documents(folder / DOCUMENTS, settings.data_dir / DOCUMENTS)
        partial = settings.data_dir / f".{DATABASE}.partial"  # the database last: then the store is whole
        _copy(folder / DATABASE, partial)
        partial.replace(settings.data_dir / DATABASE)
        _sync(settings.data_dir)
    taken = datetime.fromisoformat(said["taken_at"]).astimezone(BEIJING)
    if as_json:
        terminal.json({**said, "data_dir": str(settings.data_dir)})
        return
    shown = f"{taken:%Y-%m-%d %H:%M:%S}"
    terminal.say("cli.restore.done", taken_at=shown, folder=settings.data_dir, day=taken.date().isoformat())


def _require_embedded(settings: Settings) -> None:
    if settings.database_url is not None or settings.documents_url is not None:
        raise GatewayError("cli.backup.not_embedded")
    if not (settings.data_dir / DATABASE).exists():
        raise GatewayError("cli.backup.no_store", folder=str(settings.data_dir.absolute()))


def _proved(folder: Path) -> dict[str, Any]:
    """Return the list of a backup that is as it was made. Raises GatewayError."""
    try:
        said: dict[str, Any] = orjson.loads((folder / LIST).read_bytes())
    except (OSError, ValueError):
        raise GatewayError("cli.restore.no_backup", folder=str(folder)) from None
    found = sorted(file.name for file in (folder / DOCUMENTS).glob("*/*") if _SHA256.fullmatch(file.name))
    if not (folder / DATABASE).exists() or _digest(folder / DATABASE) != said["database_sha256"]:
        raise GatewayError("cli.restore.damaged", folder=str(folder), file=DATABASE)
    if _digest_of_all(found) != said["documents_sha256"]:
        raise GatewayError("cli.restore.damaged", folder=str(folder), file=DOCUMENTS)
    return said


def _copy_database(source: Path, target: Path) -> None:
    """Copy a database as of one moment, while it is written."""
    target.touch(mode=0o600)
    # Opened for writing: reading a WAL database whose process was killed means recovering it first.
    with closing(sqlite3.connect(source, timeout=30)) as read, closing(sqlite3.connect(target)) as written:
        read.backup(written)  # in one step: in several, every write in between begins it anew
        written.execute("PRAGMA journal_mode = DELETE")
    _sync(target)


def _copy_documents(source: Path, target: Path) -> list[str]:
    """Copy what is kept, and what is set aside as kept: its rows may come back. Return the names, sorted."""
    names: set[str] = set()
    target.mkdir(mode=0o700, exist_ok=True)
    # Kept first: what is brought back meanwhile goes from aside to kept, what is collected goes the other way.
    for place in (source, source / "aside", source):
        for file in sorted(place.glob("[0-9a-f][0-9a-f]/*")):
            if not _SHA256.fullmatch(file.name) or file.name in names:
                continue
            (target / file.name[:2]).mkdir(mode=0o700, exist_ok=True)
            try:
                _copy(file, target / file.name[:2] / file.name)
            except FileNotFoundError:
                continue  # collected, or moved and met again in the next round
            names.add(file.name)
    for folder in (target, *target.iterdir()):
        _sync(folder)
    return sorted(names)


def _copy(source: Path, target: Path) -> None:
    """Copy a file and have it on disk."""
    with (
        source.open("rb") as read,
        os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as to,
    ):
        shutil.copyfileobj(read, to, 1024 * 1024)
        to.flush()
        os.fsync(to.fileno())


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _digest_of_all(names: list[str]) -> str:
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def _write(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    _sync(file.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
