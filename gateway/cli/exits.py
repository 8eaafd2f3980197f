"""Exit codes: what a program that runs a command may conclude from how it ended."""

from __future__ import annotations

from typing import Any, Final

from gateway.errors import (
    ConfigurationFault,
    DeliveryFailure,
    GatewayError,
    NotAuthentic,
    NotAuthorised,
    NotFound,
    Overloaded,
    StoreUnavailable,
    TransportFailure,
)
from gateway.texts import Language

OK: Final = 0
WRONG: Final = 1  # the command did its work and what it looked at is not in order
USAGE: Final = 2  # typer's own
NOT_FOUND: Final = 3
STORE: Final = 4
CONFIGURATION: Final = 5
REFUSED: Final = 6
UNDECIDED: Final = 7  # nothing wrong was found, but not everything could be looked at: a person must
FAULT: Final = 70  # EX_SOFTWARE of sysexits.h

_BY_CODE = {
    "store.key": CONFIGURATION,
    "store.url": CONFIGURATION,
    "store.": STORE,
    "configuration.": CONFIGURATION,
    "rulings.trust.": CONFIGURATION,
    "supervisor.": CONFIGURATION,
    "cli.backup.": CONFIGURATION,
    "cli.restore.": CONFIGURATION,
    "cli.serve.no_port": CONFIGURATION,
    "cli.not_json": USAGE,
    "cli.try.kind_unknown": USAGE,
    "cli.try.no_message": USAGE,
}
_BY_KIND: dict[type[GatewayError], int] = {
    NotFound: NOT_FOUND,
    StoreUnavailable: STORE,
    Overloaded: STORE,
    ConfigurationFault: CONFIGURATION,
    NotAuthentic: REFUSED,
    NotAuthorised: REFUSED,
    TransportFailure: REFUSED,
    DeliveryFailure: REFUSED,
}
_BY_STATUS = {401: REFUSED, 403: REFUSED, 404: NOT_FOUND, 503: STORE}


class Answered(GatewayError):
    """The serving process refused what it was asked: its problem document (RFC 9457), as an error here."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(str(problem.get("code") or "cli.answer_unreadable"), status=status)
        self.status = status
        self._texts = problem.get("texts") or {}

    def text(self, language: Language = "en") -> str:
        """Say in ``language`` what the serving process said."""
        return str(self._texts.get(language) or super().text(language))


def code_of(error: GatewayError) -> int:
    """Return the exit code of an error; 1 for what is none of a kind of its own."""
    if isinstance(error, Answered) and error.status in _BY_STATUS:
        return _BY_STATUS[error.status]
    by_code = next((code for start, code in _BY_CODE.items() if error.code.startswith(start)), None)
    if by_code is not None:
        return by_code
    return next((code for kind, code in _BY_KIND.items() if isinstance(error, kind)), WRONG)
