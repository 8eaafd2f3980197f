"""Resolve what a row says instead of a secret: ``env:NAME`` or ``file:PATH``, read at each use and kept nowhere.

Reading at use means that a renewed secret takes effect without a restart. A fault names the reference only.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.configuration.files import PartnerRow
from gateway.errors import ConfigurationFault

MAX_BYTES = 65_536


def resolve(
    reference: str,
    *,
    base: Path | None = None,
    environment: Mapping[str, str] | None = None,
    file: str | None = None,
    field: str = "secrets",
) -> str:
    """Return the secret behind ``reference``; line ends at its end are not part of it.

    A relative path is taken from ``base`` (the configuration folder); ``file`` and ``field`` say where the reference
    stands. Raises ConfigurationFault when there is no such variable or readable file, or nothing in it.
    """
    kind, _, where = reference.partition(":")
    value = None
    if kind == "env":
        value = (os.environ if environment is None else environment).get(where)
    elif kind == "file":
        value = _contents((base or Path()) / where)
    else:  # never show it: it may be the secret itself
        why = "write env:NAME or file:PATH, never the secret itself"
        raise ConfigurationFault("configuration.reference", file=file, line=None, field=field, why=why)
    if value is None or not value.rstrip("\r\n"):
        why = f"nothing usable at {reference}"
        raise ConfigurationFault(
            "configuration.secret_missing", file=file, line=None, field=field, why=why, reference=reference
        )
    return value.rstrip("\r\n")


def secrets_of(
    row: PartnerRow, *, base: Path | None = None, environment: Mapping[str, str] | None = None
) -> Callable[[str], str]:
    """Return the function by which an adapter asks for a secret of its row.

    It raises KeyError for a name that the row does not have, and ConfigurationFault for one that cannot be resolved.
    """

    def secret(name: str) -> str:
        place = {"file": f"partners/{row.partner}.yaml", "field": f"secrets.{name}"}
        return resolve(row.secrets[name], base=base, environment=environment, **place)

    return secret


def _contents(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        return content.decode("utf-8-sig") if len(content) <= MAX_BYTES else None
    except (OSError, ValueError):  # not UTF-8 is as good as not there: a secret is text
        return None
