"""What an identifier function raises: a code of the catalogue and a masked value, never the value itself.

It is a ValueError so that pydantic reports it as a ``value_error`` of the field, with this object in ``ctx['error']``.
Raise it outside ``except`` blocks: a chained ValueError of the standard library would carry the raw value along.
"""

from __future__ import annotations

from gateway.texts import Language, text


class IdentifierFault(ValueError):
    """Say by a catalogue code what is wrong with a value; ``masked`` may be shown to anybody."""

    def __init__(self, code: str, masked: str = "") -> None:
        super().__init__(code, masked)
        self.code = code
        self.masked = masked

    @property
    def facts(self) -> dict[str, str | None]:
        """Return what the text of the code names."""
        return {"value": self.masked or None}

    def text(self, language: Language = "en") -> str:
        """Say in ``language`` what is wrong."""
        return text(self.code, language, **self.facts)

    def __str__(self) -> str:
        return self.text()
