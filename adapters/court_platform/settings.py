"""What the partner row of a court platform says about its dialect, checked once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, get_args

from gateway.errors import ConfigurationFault

SignAlgorithm = Literal["hmac-sm3", "hmac-sha256"]
Meaning = Literal["done", "repeated", "busy", "token", "connection", "absent", "files", "refused"]

# The platform's business codes. No public list exists, so a partner row may change any of them (``answer_codes``);
# a code that is not here means "refused".
ANSWER_CODES: Mapping[str, Meaning] = MappingProxyType(
    {
        "0": "done",
        "1": "repeated",  # this message number was received before
        "2": "busy",  # rate limit
        "3": "token",  # token unknown or expired
        "6": "busy",  # maintenance
        "7": "absent",  # no record of that message number
        "8": "files",  # a file id is unknown, or was cleaned up
        "401": "connection",  # appId, timestamp, nonce or sign: nothing is wrong with the record
    }
)
_APP_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")  # it travels in a header


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The adapter settings of one partner row.

    ``upload_kept_hours``: how long the platform keeps an uploaded file that no message has referred to yet.
    ``reconciles``: it serves the list of what it received on a day.
    """

    app_id: str
    sign_algorithm: SignAlgorithm = "hmac-sm3"
    upload_kept_hours: int = 24
    answer_codes: Mapping[str, Meaning] = field(default_factory=lambda: ANSWER_CODES)
    reconciles: bool = True


def read_settings(partner: str, row: Mapping[str, Any]) -> Settings:
    """Return the settings in ``row``. Raises ConfigurationFault naming the setting."""
    unknown = sorted(set(row) - set(Settings.__dataclass_fields__))
    if unknown:
        raise _fault(partner, unknown[0], "court_platform.setting_unknown")
    if "app_id" not in row:
        raise _fault(partner, "app_id", "court_platform.setting_missing")
    if not _APP_ID.fullmatch(str(row["app_id"])):
        raise _fault(partner, "app_id", "court_platform.setting_wrong", ("A-Z a-z 0-9 . _ -",))
    algorithm = row.get("sign_algorithm", "hmac-sm3")
    if algorithm not in get_args(SignAlgorithm):
        raise _fault(partner, "sign_algorithm", "court_platform.setting_wrong", get_args(SignAlgorithm))
    hours = row.get("upload_kept_hours", 24)
    if not isinstance(hours, int) or not 0 < hours <= 24 * 365:
        raise _fault(partner, "upload_kept_hours", "court_platform.setting_wrong", ("1 … 8760",))
    reconciles = row.get("reconciles", True)
    if not isinstance(reconciles, bool):
        raise _fault(partner, "reconciles", "court_platform.setting_wrong", ("true", "false"))
    return Settings(
        app_id=str(row["app_id"]),
        sign_algorithm=algorithm,
        upload_kept_hours=hours,
        answer_codes=_answer_codes(partner, row.get("answer_codes", {})),
        reconciles=reconciles,
    )


def _answer_codes(partner: str, row: object) -> Mapping[str, Meaning]:
    if not isinstance(row, Mapping) or not all(meaning in get_args(Meaning) for meaning in row.values()):
        raise _fault(partner, "answer_codes", "court_platform.setting_wrong", get_args(Meaning))
    return MappingProxyType({**ANSWER_CODES, **{str(code): meaning for code, meaning in row.items()}})


def _fault(partner: str, name: str, code: str, allowed: tuple[str, ...] = ()) -> ConfigurationFault:
    return ConfigurationFault(code, partner=partner, field=f"settings.{name}", allowed=" | ".join(allowed))
