"""The named keys that the store is sealed with: where they come from, and whether they are the ones it was sealed with.

    FENGQIAO_KEY ─────────┐   lines of ``name:base64`` (32 bytes)
    FENGQIAO_KEY_FILE ────┼─►  Keyring: the first key seals, the others only open (rotation)
    <data directory>/key ─┘   embedded default: made at the first start, never for a store that holds sealed rows

Rotation: put a new line before the old ones and start again. A key may go when nothing is sealed with it any more.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from gateway.errors import ConfigurationFault, StoreUnavailable
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.tables import keyring as canaries

KEY_SIZE = 32  # bytes
KEY_VARIABLE = "FENGQIAO_KEY"
FILE_VARIABLE = "FENGQIAO_KEY_FILE"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_CANARY = b"fengqiao"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMade:
    """Tell the administrator that a key was made, and where: whoever loses it loses every sealed row."""

    name: str
    file: Path
    code: str = field(default="store.key_made", init=False)


def load_keys(
    environment: Mapping[str, str], *, data_dir: Path | None = None, may_make: bool = False
) -> tuple[Keyring, KeyMade | None]:
    """Return the keys of the environment, else of its key file, else of ``<data_dir>/key``.

    ``may_make``: make that last file when there is none (hand in ``not sealed_names(connection)``). Raises
    ConfigurationFault when a line is malformed, a file cannot be read, or no key is to be had.
    """
    keys = list(_given(environment))
    if keys:
        return _keyring(keys), None
    file = data_dir / "key" if data_dir else None
    if file is not None and file.exists():
        return _keyring(list(_keys_of_file(file))), None
    if file is None or not may_make:
        raise ConfigurationFault("store.key_absent", file=str(file) if file else FILE_VARIABLE)
    name = _make(file)
    return _keyring(list(_keys_of_file(file))), KeyMade(name=name, file=file)


def new_key_line(name: str) -> str:
    """Return a line of a key file with a fresh random key."""
    return f"{name}:{base64.b64encode(secrets.token_bytes(KEY_SIZE)).decode()}"


def sealed_names(connection: Connection) -> frozenset[str]:
    """Return the names of the keys that rows of this store may be sealed with."""
    return frozenset(connection.execute(select(canaries.c.name)).scalars())


def check_canary(connection: Connection, cipher: Cipher) -> None:
    """Prove that the keys at hand open this store, and note the sealing key in it.

    Raises ConfigurationFault when a key that rows are sealed with is missing or is another key of the same name.
    """
    rows = {row.name: row.canary_sealed for row in connection.execute(select(canaries))}
    for name, sealed in rows.items():
        if name not in cipher.key_names:
            raise ConfigurationFault("store.key_missing", key=name)
        _open_canary(cipher, name, sealed)
    if cipher.sealing_key not in rows:
        _note(connection, cipher)


def _note(connection: Connection, cipher: Cipher) -> None:
    name = cipher.sealing_key
    sealed = cipher.seal(_CANARY, context=_context(name))
    try:
        with connection.begin_nested():
            connection.execute(insert(canaries).values(name=name, canary_sealed=sealed))
    except IntegrityError:  # another process noted it at the same moment, perhaps with other bytes
        kept = connection.execute(select(canaries.c.canary_sealed).where(canaries.c.name == name)).scalar_one()
        _open_canary(cipher, name, kept)


def _open_canary(cipher: Cipher, name: str, sealed: bytes) -> None:
    try:
        cipher.open(sealed, context=_context(name))
    except StoreUnavailable:
        raise ConfigurationFault("store.key_wrong", key=name) from None


def _context(name: str) -> bytes:
    return b"keyring:" + name.encode()


def _given(environment: Mapping[str, str]) -> Iterator[Key]:
    yield from _keys_of_text(environment.get(KEY_VARIABLE, ""), KEY_VARIABLE)
    file = environment.get(FILE_VARIABLE, "")
    if file:
        yield from _keys_of_file(Path(file))


def _keys_of_file(file: Path) -> Iterator[Key]:
    try:
        lines = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationFault("store.key_unreadable", file=str(file), why=type(error).__name__) from None
    yield from _keys_of_text(lines, str(file))


def _keys_of_text(lines: str, source: str) -> Iterator[Key]:
    for number, line in enumerate(lines.splitlines(), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield _key(line.strip(), source, number)


def _key(line: str, source: str, number: int) -> Key:
    name, _, encoded = line.partition(":")
    try:
        material = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):  # its text shows the key
        material = b""
    if not _NAME.fullmatch(name) or len(material) != KEY_SIZE:
        raise ConfigurationFault("store.key_malformed", file=source, line=number)
    return Key(name=name, material=material)


def _keyring(keys: list[Key]) -> Keyring:
    """Return the ring; the same line twice is one key, one name for two keys is a fault."""
    ring: dict[str, Key] = {}
    for key in keys:
        if ring.setdefault(key.name, key).material != key.material:
            raise ConfigurationFault("store.key_twice", key=key.name)
    if not ring:
        raise ConfigurationFault("store.key_absent", file=FILE_VARIABLE)
    return Keyring(keys=tuple(ring.values()))


def _make(file: Path) -> str:
    """Write a new key to ``file`` so that it survives a crash, readable by its owner only; an existing file stays."""
    name = f"local-{datetime.now(UTC):%Y%m%d}-{secrets.token_hex(3)}"
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = file.with_name(f".{name}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(new_key_line(name) + "\n")
            out.flush()
            os.fsync(out.fileno())
        # A link, not a rename: it fails where another process made the key first, and never shows half a key.
        file.hardlink_to(partial)
    finally:
        partial.unlink()
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return name
