"""What a partner row may set for this dialect, checked when the adapter is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from gateway.wire.settings_form import Form

Carrier = Literal["soap", "ferry"]
Missing = Literal["hold", "reference"]
CARRIERS: tuple[Carrier, ...] = ("soap", "ferry")
CHARSETS = ("GB18030", "GBK", "GB2312", "UTF-8")
MISSING: tuple[Missing, ...] = ("hold", "reference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The adapter settings of one police station.

    ``carrier``: called by SOAP, or reached across a one-way gate. ``charset``: what it reads. ``missing``: what becomes
    of a character that its charset lacks: the record waits for a person, or a numeric character reference is written.
    """

    carrier: Carrier = "soap"
    path: str = "/services/dispute"  # where it takes calls, below its base URL
    system: str = "60"  # xtlb: which of its systems is meant
    caller: str = "FENGQIAO"  # jkxlh: the number that it registered us under
    charset: str = "GB18030"
    missing: Missing = "hold"
    url_encoded: bool = False  # the record is percent-encoded inside its parameter
    success_codes: tuple[str, ...] = ("1", "2")
    already_received_codes: tuple[str, ...] = ("3",)
    temporary_codes: tuple[str, ...] = ("-8", "-9")
    not_let_in_codes: tuple[str, ...] = ("-2",)
    public_url: str | None = None  # of our door, for the WSDL; None: as it was asked for
    receipt_within_hours: int = 48  # after which what went by ferry and has no answer is sent again


def read_settings(row: Mapping[str, Any]) -> Settings:
    """Return the settings in a partner row. Raises ConfigurationFault naming the field."""
    form, usual = Form(row), Settings()
    settings = Settings(
        carrier=form.choice("carrier", CARRIERS, usual.carrier),
        path=form.text("path", usual.path),
        system=form.text("system", usual.system),
        caller=form.text("caller", usual.caller),
        charset=form.choice("charset", CHARSETS, usual.charset),
        missing=form.choice("missing", MISSING, usual.missing),
        url_encoded=form.flag("url_encoded", default=usual.url_encoded),
        success_codes=form.words("success_codes") or usual.success_codes,
        already_received_codes=form.words("already_received_codes") or usual.already_received_codes,
        temporary_codes=form.words("temporary_codes") or usual.temporary_codes,
        not_let_in_codes=form.words("not_let_in_codes") or usual.not_let_in_codes,
        public_url=form.text_or_none("public_url"),
        receipt_within_hours=form.whole("receipt_within_hours", usual.receipt_within_hours, least=1, most=24 * 90),
    )
    form.close()
    return settings
