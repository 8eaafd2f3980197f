"""One error tree: every failure that leaves a room is one of these.

    GatewayError                      has a code of the catalogue, and facts that are safe to show
    ├── NotAuthentic                  the sender could not prove who it is
    ├── NotAuthorised                 known, but this is not the sender's to say
    ├── Undecodable                   authentic, but the bytes are not the partner's dialect
    ├── Untranslatable                a record the mapping cannot turn into a message, or a message into a record
    ├── Conflicting                   the same id with other contents, or a second terminal result
    ├── DeliveryFailure               the partner's system did not take a delivery
    │   ├── TemporaryFailure          may work later; may say when
    │   └── PermanentFailure          will never work as it is
    ├── TransportFailure              no usable answer came back
    │   ├── NeverReached              the partner has not seen the request: safe to repeat
    │   └── AnswerLost                the partner may have acted: in doubt
    ├── StoreUnavailable              nothing was kept; the caller must send again
    ├── Overloaded                    refused before anything was taken in; may say when to come again
    │   └── TooMany                   the sender has sent more than it may for now
    ├── NotFound                      nothing of that name or id
    └── ConfigurationFault            a file of the configuration is wrong: file, line, field

The text of an error is found in the catalogue by its code (``gateway.texts``). Facts are values that may be shown to
the sender and written to a log: field paths, codes, counts, masked values; never personal data or a secret.
"""

from __future__ import annotations

import math
from typing import ClassVar

from gateway.texts import Language, text

Fact = str | int | float | None


class GatewayError(Exception):
    """Carry a catalogue code and the facts its text names."""

    default_code: ClassVar[str] = "gateway.fault"

    def __init__(self, code: str | None = None, /, **facts: Fact) -> None:
        self.code = code or self.default_code
        self.facts = facts
        super().__init__(self.code)

    def text(self, language: Language = "en") -> str:
        """Say in ``language`` what went wrong and who must act."""
        return text(self.code, language, **self.facts)

    def __str__(self) -> str:
        return f"{self.code}: {self.text()}"


class NotAuthentic(GatewayError):
    """The sender could not prove who it is."""

    default_code = "auth.not_authentic"


class NotAuthorised(GatewayError):
    """The sender is known, but may not say this."""

    default_code = "auth.not_authorised"


class Undecodable(GatewayError):
    """The request is authentic, but not in the partner's dialect."""

    default_code = "wire.undecodable"


class Untranslatable(GatewayError):
    """A record or message that the mapping cannot carry over."""

    default_code = "mapping.untranslatable"


class Conflicting(GatewayError):
    """The same id with other contents."""

    default_code = "inbox.conflicting"


class DeliveryFailure(GatewayError):
    """The partner's system did not take a delivery."""

    default_code = "delivery.failed"


class TemporaryFailure(DeliveryFailure):
    """The delivery may work later. ``retry_after``: seconds the partner asked us to wait, or None."""

    default_code = "delivery.temporary"

    def __init__(self, code: str | None = None, /, *, retry_after: float | None = None, **facts: Fact) -> None:
        super().__init__(code, **facts)
        self.retry_after = retry_after


class PermanentFailure(DeliveryFailure):
    """The delivery will never work as it is."""

    default_code = "delivery.permanent"


class TransportFailure(GatewayError):
    """No usable answer came back from the partner."""

    default_code = "transport.failed"


class NeverReached(TransportFailure):
    """The partner has not seen the request."""

    default_code = "transport.never_reached"


class AnswerLost(TransportFailure):
    """The request left us whole or in part, and no complete answer came back."""

    default_code = "transport.answer_lost"


class StoreUnavailable(GatewayError):
    """The store kept nothing; the caller must send again."""

    default_code = "store.unavailable"


class Overloaded(GatewayError):
    """Refused before anything was taken in. ``retry_after``: seconds after which it may be sent again, or None."""

    default_code = "gateway.overloaded"

    def __init__(self, code: str | None = None, /, *, retry_after: float | None = None, **facts: Fact) -> None:
        super().__init__(code, **facts)
        self.retry_after = retry_after


class TooMany(Overloaded):
    """The sender has sent more than it may for now. Fact: ``seconds``, after which there is room again."""

    default_code = "gateway.too_many"


class NotFound(GatewayError):
    """Nothing of that name or id is here."""

    default_code = "gateway.not_found"


class ConfigurationFault(GatewayError):
    """A file of the configuration is wrong. Facts: ``file``, ``line``, ``field``, ``why``."""

    default_code = "configuration.fault"


def seconds_to_wait(error: GatewayError, default: int = 5) -> int:
    """Return the whole seconds that a refused sender is asked to wait (``Retry-After``, RFC 9110 §10.2.3)."""
    stated = error.retry_after if isinstance(error, Overloaded | TemporaryFailure) else None
    return default if stated is None else max(1, math.ceil(stated))
