"""What a partner row may set for this dialect, checked when the adapter is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, get_args

from gateway.wire.settings_form import Form
from gateway.wire.signing import Algorithm, Placement, SortedParameters
from gateway.wire.signing import Form as Written

Mode = Literal["push", "poll"]
SECRET = "app_secret"  # noqa: S105  # the name of a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The adapter settings of one justice office's system.

    ``mode``: it pushes its records, or only answers when it is polled. ``overlap``: how far back a poll looks, for
    records that the office enters late or corrects.
    """

    app_id: str
    recipe: SortedParameters
    mode: Mode = "push"
    org_code: str = ""  # a signed parameter that many offices leave empty
    window: timedelta = timedelta(minutes=5)
    path: str = "/api/exchange/records"  # where the office takes records, below its base URL
    pull_path: str = "/api/exchange/pull"  # where it lists its own
    page_size: int = 100
    overlap: timedelta = timedelta(hours=1)
    max_records: int = 200  # in one batch
    ledger_columns: Mapping[str, str] = field(default_factory=dict)  # this office's titles ─► fields of the record
    max_ledger_rows: int = 5000
    already_received_codes: tuple[str, ...] = ("1001",)
    temporary_codes: tuple[str, ...] = ("9001", "9002")
    not_let_in_codes: tuple[str, ...] = ("4001", "4002")  # its words for a wrong signature, under HTTP 200


def read_settings(row: Mapping[str, Any]) -> Settings:
    """Return the settings in a partner row. Raises ConfigurationFault naming the field."""
    form = Form(row)
    codes = ("already_received_codes", "temporary_codes", "not_let_in_codes")
    given = {name: form.words(name) for name in codes if name in form}
    settings = Settings(
        app_id=form.text("app_id"),
        recipe=_recipe(form.inner("signing")),
        mode=form.choice("mode", get_args(Mode), "push"),
        org_code=form.text("org_code", ""),
        window=timedelta(seconds=form.whole("window", 300, least=1, most=86_400)),
        path=_path(form, "path", "/api/exchange/records"),
        pull_path=_path(form, "pull_path", "/api/exchange/pull"),
        page_size=form.whole("page_size", 100, least=1, most=1000),
        overlap=timedelta(seconds=form.whole("overlap", 3600, least=0, most=366 * 86_400)),
        max_records=form.whole("max_records", 200, least=1, most=10_000),
        ledger_columns={title: str(name) for title, name in form.mapping("ledger_columns").items()},
        max_ledger_rows=form.whole("max_ledger_rows", 5000, least=1, most=50_000),
        **given,
    )
    form.close()
    return settings


def _recipe(form: Form) -> SortedParameters:
    algorithm = form.choice("algorithm", get_args(Algorithm), "sm3")
    secret = form.choice("secret", get_args(Placement)) if "secret" in form else None
    written = form.choice("form", get_args(Written), "hex")
    try:
        return SortedParameters(
            algorithm=algorithm,
            secret=secret,
            secret_name=form.text("secret_name", "key"),
            empty_values=form.flag("empty_values", default=False),
            url_encoded=form.flag("url_encoded", default=False),
            form=written,
        )
    except ValueError as error:
        raise form.fault("secret", "configuration.fault", str(error)) from None


def _path(form: Form, name: str, default: str) -> str:
    path = form.text(name, default)
    if not path.startswith("/"):
        raise form.fault(name, "configuration.fault", "it must begin with /")
    return path
