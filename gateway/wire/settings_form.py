"""Read an adapter's nested settings by name and kind; whatever is wrong is said by the name of the field.

form = Form(partner.settings)
answer = form.inner("out").inner("answer")       settings.out.answer
answer.text("code"); answer.words("success")     ConfigurationFault where one is missing, or of another kind
form.close()                                     … where a name was written that nobody asked for
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar

from gateway.errors import ConfigurationFault, Fact
from gateway.wire.yaml_marks import nearest

Choice = TypeVar("Choice", bound=str)


class Form:
    """One mapping of settings. ``at``: its name for people."""

    def __init__(self, value: object, at: str = "settings") -> None:
        self.at = at
        self._asked: set[str] = set()
        self._inner: list[Form] = []
        if not isinstance(value, Mapping):
            raise ConfigurationFault("configuration.expected_mapping", field=at, why="it must be a mapping")
        self._value: Mapping[str, Any] = value

    def __contains__(self, name: str) -> bool:
        return self._value.get(name) is not None

    def fault(self, name: str, code: str, why: str, **facts: Fact) -> ConfigurationFault:
        """Return the error to raise about a field; ``why`` is an English clause without the place."""
        place = f'{self.at}["{name}"]' if "." in name else f"{self.at}.{name}" if name else self.at
        return ConfigurationFault(code, field=place, why=why, **facts)

    def raw(self, name: str) -> Any:
        """Return a value as it is, None where there is none."""
        self._asked.add(name)
        return self._value.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; a number counts as one. Without a default it must be given."""
        value = self.raw(name)
        if value is None:
            if default is None:
                raise self.fault(name, "configuration.missing_field", "this field must be given")
            return default
        return self._text(name, value)

    def text_or_none(self, name: str) -> str | None:
        """Return a text that may be left out."""
        return self.text(name) if self.raw(name) is not None else None

    def choice(self, name: str, known: Collection[Choice], default: Choice | None = None) -> Choice:
        """Return one of the known words."""
        said = self.text(name, default)
        for word in known:
            if word == said:
                return word
        listed = ", ".join(known)
        meant = nearest(said, known)
        if meant is None:
            raise self.fault(name, "configuration.not_one_of", f"it must be one of {listed}", known=listed)
        why = f"it must be one of {listed}; did you mean {meant}?"
        raise self.fault(name, "configuration.not_one_of_meant", why, known=listed, meant=meant)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.raw(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.fault(name, "configuration.not_one_of", "it must be true or false", known="true, false")
        return value

    def whole(self, name: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number within limits."""
        value = self.raw(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.fault(name, "configuration.expected_whole_number", "it must be a whole number")
        if not least <= value <= most:
            limit = f"{least} … {most}"
            raise self.fault(name, "configuration.out_of_range", f"it must be {limit}", limit=limit)
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; one alone counts as a list of one, none as an empty one."""
        value = self.raw(name)
        if value is None:
            return ()
        if isinstance(value, Mapping):
            raise self.fault(name, "configuration.expected_list", "it must be a list")
        listed = value if isinstance(value, list | tuple) else [value]
        return tuple(self._text(name, each) for each in listed)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Return a mapping whose names are the partner's; an empty one where there is none."""
        value = self.raw(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise self.fault(name, "configuration.expected_mapping", "it must be a mapping")
        return value

    def inner(self, name: str) -> Form:
        """Return a mapping of settings within this one; one that is not there has no fields."""
        value = self.raw(name)
        found = Form({} if value is None else value, f"{self.at}.{name}")
        self._inner.append(found)
        return found

    def named(self, name: str) -> Iterator[tuple[str, Form]]:
        """Yield mappings of settings by names that are the partner's."""
        for each, value in self.mapping(name).items():
            quoted = f'["{each}"]' if "." in each else f".{each}"
            found = Form({} if value is None else value, f"{self.at}.{name}{quoted}")
            self._inner.append(found)
            yield each, found

    def close(self) -> None:
        """Require that every name was asked for, here and within. Raises ConfigurationFault."""
        for name in self._value:
            if name in self._asked:
                continue
            known = ", ".join(sorted(self._asked))
            if meant := nearest(str(name), self._asked):
                why = f"there is no field of that name; did you mean {meant}?"
                raise self.fault(str(name), "configuration.unknown_field_meant", why, meant=meant)
            why = f"there is no field of that name; the fields are {known}"
            raise self.fault(str(name), "configuration.unknown_field", why, known=known)
        for form in self._inner:
            form.close()

    def _text(self, name: str, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.fault(name, "configuration.expected_text", "it must be text")
        return str(value)
