"""An adapter is a folder that explains itself: named as in the table, documented, quiet, and without I/O of its own."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from gateway.contract import Outcome
from gateway.errors import GatewayError
from gateway.texts import catalogue
from tests.contract.dialect import Dialect, Sample, received

CONTROLS = {"/_sim/push", "/_sim/faults", "/_sim/received", "/_sim/state", "/_sim/reset", "/_sim/health"}
FORBIDDEN = ("open", "socket.", "subprocess.", "os.", "shutil.", "urllib.", "http.", "sqlite3.", "ssl.")


class Audit:
    """What the interpreter did on the outside while it was listened to; a hook, once in, stays for the process."""

    def __init__(self) -> None:
        self._listening = False
        self._seen: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, _arguments: Any) -> None:
        if self._listening and event.startswith(FORBIDDEN):
            self._seen.append(event)

    @contextmanager
    def nothing_done(self) -> Iterator[None]:
        """Require that the block touches neither file nor network."""
        self._seen.clear()
        self._listening = True
        try:
            yield
        finally:
            self._listening = False
        assert self._seen == []


@pytest.fixture(scope="module")
def audit() -> Audit:
    """The one hook of this module."""
    catalogue()  # the texts are read from their files once per process, by whoever needs one first
    return Audit()


def test_the_adapter_is_called_what_the_table_calls_it(dialect: Dialect) -> None:
    assert dialect.adapter.name == dialect.adapter_name
    assert re.fullmatch(r"[a-z][a-z0-9_]*", dialect.adapter_name)


def test_the_adapter_says_what_the_gateway_must_know(dialect: Dialect) -> None:
    assert type(dialect.adapter.inlines_up_to) is int
    assert dialect.adapter.inlines_up_to >= 0
    assert type(dialect.adapter.recognises_resends) is bool


def test_the_readme_explains_the_interface_in_chinese_and_english(dialect: Dialect) -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in dialect.code_folder.glob("README*.md"))
    assert len(re.findall(r"[\u4e00-\u9fff]", text)) >= 200
    assert len(re.findall(r"\b[a-z]{3,}\b", text)) >= 100
    assert re.search(r"assum|假定|假设", text), "it does not say that the interface is assumed"


def test_every_module_opens_with_what_it_is_for(dialect: Dialect) -> None:
    for path in {*dialect.code_folder.glob("*.py"), *dialect.folder.glob("*.py")}:
        assert path.read_text(encoding="utf-8").startswith('"""'), path.name


def test_making_and_asking_an_adapter_does_no_input_or_output(
    audit: Audit, dialect: Dialect, sample: Sample, keys: dict[str, str]
) -> None:
    request = received(dialect.pretending(keys).wrap([sample.plain]))
    outcome = Outcome(kind=sample.record.kind, record_id=sample.record.id, fate="accepted", receipt_id="R1")
    settings = dialect.speaking(keys)  # whatever is imported or read once, is by now
    settings.acknowledge(request, [outcome])
    with audit.nothing_done():
        adapter = dialect.speaking(keys)
        adapter.authenticate(request)
        adapter.decode(request)
        adapter.acknowledge(request, [outcome])
        adapter.refuse(request, GatewayError())
        exchange = adapter.deliver(sample.record)
        exchange.close()


def test_a_repr_shows_no_secret(dialect: Dialect, keys: dict[str, str]) -> None:
    adapter = dialect.speaking(keys)
    shown = repr(adapter) + str(adapter) + "".join(repr(each) for each in vars(adapter).values())
    for value in keys.values():
        assert value not in shown


def test_the_secrets_are_read_from_the_row_by_name(dialect: Dialect, keys: dict[str, str]) -> None:
    assert keys, "a partner that proves itself with nothing"
    assert all(keys.values())
    assert dialect.simulator.make_keys() != keys, "the test keys are not made afresh"


def test_the_simulator_has_the_controls_that_every_simulator_has(dialect: Dialect, keys: dict[str, str]) -> None:
    assert set(_paths(dialect.pretending(keys).app.routes)) >= CONTROLS


def test_the_settings_of_the_simulator_are_data(dialect: Dialect) -> None:
    settings = dialect.simulator.partner_settings()
    assert isinstance(settings, Mapping)
    assert json.loads(json.dumps(settings)) == settings


def _paths(routes: Any) -> Iterator[str]:
    for route in routes:
        if hasattr(route, "path"):
            yield route.path
        included = getattr(route, "original_router", None) or getattr(route, "app", None)
        yield from _paths(getattr(included, "routes", ()))
