"""What a partner row may set for this dialect, checked when the adapter is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from gateway.errors import ConfigurationFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The adapter settings of one centre.

    While a secret is rotated both lists name the old and the new one: incoming requests may be signed with any of
    ``secret_names``, outgoing ones carry a signature by each of ``outgoing_secret_names`` (the same names by default).
    """

    secret_names: tuple[str, ...] = ("webhook_secret",)
    outgoing_secret_names: tuple[str, ...] = ()
    path: str = "/openapi/v1/records"  # where the centre takes records, below its base URL
    max_records: int = 200  # in one batch
    already_received_codes: tuple[str, ...] = ("RECORD_EXISTS",)
    temporary_codes: tuple[str, ...] = ("SYSTEM_BUSY", "SYSTEM_MAINTENANCE")
    holdings_path: str = "/openapi/v1/holdings"  # where it lists what it received on a day
    reconciles: bool = True  # it serves that list

    @property
    def signing_names(self) -> tuple[str, ...]:
        """Return the names of the secrets that sign what goes out."""
        return self.outgoing_secret_names or self.secret_names


def read_settings(row: Mapping[str, Any]) -> Settings:
    """Return the settings in a partner row. Raises ConfigurationFault naming the field."""
    known = {field.name: field.type for field in fields(Settings)}
    for name in row:
        if name not in known:
            raise _fault(name, f"there is no such setting; known are {', '.join(known)}")
    settings = Settings(**{name: _value(name, str(known[name]), value) for name, value in row.items()})
    if not settings.secret_names:
        raise _fault("secret_names", "at least one secret must be named")
    for name in ("path", "holdings_path"):
        if not getattr(settings, name).startswith("/"):
            raise _fault(name, "it must begin with /")
    return settings


def _value(name: str, kind: str, value: Any) -> Any:
    if kind == "int":
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise _fault(name, "it must be a whole number above 0")
        return value
    if kind == "bool":
        if not isinstance(value, bool):
            raise _fault(name, "it must be true or false")
        return value
    if kind == "str":
        if not isinstance(value, str) or not value:
            raise _fault(name, "it must be a text")
        return value
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item for item in value):
        raise _fault(name, "it must be a list of texts")
    return tuple(value)


def _fault(name: str, why: str) -> ConfigurationFault:
    return ConfigurationFault(file=None, line=None, field=f"settings.{name}", why=why)
