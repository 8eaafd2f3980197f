"""Templates: what is sent, written as it shall look, with {names} where something is to be put in.

    {"code": "{code}", "data": "{results}", "from": "fengqiao"}
    "{name}" alone becomes the value itself, a list or an object too; within other text it becomes text

A member whose whole template is a name without a value is left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from gateway.wire import json_guard
from gateway.wire.settings_form import Form

_NAME = re.compile(r"\{([a-z_]+)\}")


def checked(form: Form, name: str, known: Collection[str]) -> Any:
    """Return the template in a field. Raises ConfigurationFault for a name that nothing is put in for."""
    template = form.raw(name)
    for found in names_in(template):
        if found not in known:
            listed = ", ".join(f"{{{each}}}" for each in sorted(known))
            why = f"nothing is put in for {{{found}}}; there are {listed}"
            raise form.fault(name, "rest.placeholder_unknown", why, placeholder=f"{{{found}}}", known=listed)
    return template


def names_in(template: Any) -> Iterator[str]:
    """Yield every name that a template holds."""
    if isinstance(template, str):
        yield from _NAME.findall(template)
    elif isinstance(template, Mapping):
        for each in template.values():
            yield from names_in(each)
    elif isinstance(template, list | tuple):
        for each in template:
            yield from names_in(each)


def filled(template: Any, values: Mapping[str, Any]) -> Any:
    """Return a template with its names replaced."""
    if isinstance(template, str):
        alone = _NAME.fullmatch(template)
        if alone:
            return values.get(alone[1])
        return _NAME.sub(lambda found: as_text(values.get(found[1])), template)
    if isinstance(template, Mapping):
        made = {name: (each, filled(each, values)) for name, each in template.items()}
        return {name: value for name, (each, value) in made.items() if value is not None or each is None}
    if isinstance(template, list | tuple):
        return [filled(each, values) for each in template]
    return template


def as_text(value: Any) -> str:
    """Write a value as text: a list or an object as compact JSON. Raises Untranslatable."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return json_guard.dumps(value).decode() if isinstance(value, Mapping | list | tuple) else str(value)
