"""What the partner row of a court's office system says about its dialect, checked once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, get_args

from gateway.wire.settings_form import Form

SignAlgorithm = Literal["hmac-sm3", "hmac-sha256", "rsa-sha256"]
Meaning = Literal["done", "repeated", "busy", "connection", "absent", "files", "refused"]
MOST_INLINE = 1024 * 1024  # bytes: in base64 as much as the web servers in front of an OA let through

# The business codes of the OA. No public list exists, so a row may change any of them (``answer_codes``); a code that
# is not here means "refused".
ANSWER_CODES: Mapping[str, Meaning] = MappingProxyType(
    {
        "0000": "done",
        "0001": "repeated",  # this message number was received before
        "1001": "busy",
        "1002": "busy",  # maintenance
        "2001": "connection",  # signature, time or application: nothing is wrong with the message
        "3002": "files",  # a material's number is unknown, or was cleaned up
        "4004": "absent",
    }
)
_APP_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")  # it travels in a header


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The adapter settings of one partner row.

    ``inline_up_to``: attachments of at most so many bytes travel inside the message; larger ones are uploaded first.
    ``upload_kept_hours``: how long the OA keeps an uploaded file that no message has referred to yet.
    """

    app_id: str
    sign_algorithm: SignAlgorithm
    inline_up_to: int
    upload_kept_hours: int
    answer_codes: Mapping[str, Meaning]


def read_settings(row: Mapping[str, Any]) -> Settings:
    """Return the settings in ``row``. Raises ConfigurationFault naming the setting."""
    form = Form(row)
    settings = Settings(
        app_id=_app_id(form),
        sign_algorithm=form.choice("sign_algorithm", get_args(SignAlgorithm), "hmac-sm3"),
        inline_up_to=form.whole("inline_up_to", 0, least=0, most=MOST_INLINE),
        upload_kept_hours=form.whole("upload_kept_hours", 24, least=1, most=24 * 365),
        answer_codes=_answer_codes(form),
    )
    form.close()
    return settings


def _app_id(form: Form) -> str:
    app_id = form.text("app_id")
    if not _APP_ID.fullmatch(app_id):
        known = "A-Z a-z 0-9 . _ -"
        raise form.fault("app_id", "configuration.not_one_of", f"it may hold {known} only", known=known)
    return app_id


def _answer_codes(form: Form) -> Mapping[str, Meaning]:
    inner = form.inner("answer_codes")
    own = {str(code): inner.choice(str(code), get_args(Meaning)) for code in form.mapping("answer_codes")}
    return MappingProxyType({**ANSWER_CODES, **own})
