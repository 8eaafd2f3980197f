"""Every adapter of the table, and the toy, handed to every test of the contract; no test knows their names.

A test of something that not every dialect does says so with ``@pytest.mark.able("…")``, and is run with those that do.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping

import pytest

from adapters import ADAPTERS
from gateway.contract import Confirming, Reconciling
from tests.contract.dialect import Dialect, Sample, dialects
from tests.contract.wires import Pretenders, Wire
from tests.toy import ADAPTERS as TOY

DIALECTS = dialects({**ADAPTERS, **TOY})
# Fixture ─► which samples a test that asks for it is run with.
CHOICES: Mapping[str, Callable[[Sample], bool]] = {
    "sample": lambda sample: True,
    "arriving": lambda sample: sample.arrives and sample.twin is not None,
    "leaving": lambda sample: sample.leaves,
}
# What a test may ask of a dialect ─► whether it is so.
ABILITIES: Mapping[str, Callable[[Dialect], bool]] = {
    "called": lambda dialect: not dialect.collected,
    "collecting": lambda dialect: dialect.collected,
    "batching": lambda dialect: dialect.batches,
    "confirming": lambda dialect: isinstance(dialect.anybody, Confirming),
    "reconciling": lambda dialect: isinstance(dialect.anybody, Reconciling),
}
IMPLIED = {"wire": "called", "box": "collecting"}  # fixture ─► what it needs of a dialect


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with every adapter that is able to, and with every fitting sample where it asks for one."""
    if "dialect" not in metafunc.fixturenames:
        return
    able = _able(metafunc)
    asked = next((name for name in CHOICES if name in metafunc.fixturenames), None)
    if asked is not None:
        pairs = [(dialect, sample) for dialect in able for sample in dialect.samples if CHOICES[asked](sample)]
        names = [f"{dialect.name}-{sample.name}" for dialect, sample in pairs]
        metafunc.parametrize(["dialect", asked], pairs, ids=names)
    elif "message_type" in metafunc.fixturenames:
        types = [(dialect, name) for dialect in able for name in dialect.written_types]
        names = [f"{dialect.name}-{name}" for dialect, name in types]
        metafunc.parametrize(["dialect", "message_type"], types, ids=names)
    else:
        metafunc.parametrize("dialect", able, ids=[dialect.name for dialect in able])


def _able(metafunc: pytest.Metafunc) -> list[Dialect]:
    """Return the dialects that do what a test is about. A test that would be run with none is a mistake."""
    asked = {name for mark in metafunc.definition.iter_markers("able") for name in mark.args}
    asked |= {ability for fixture, ability in IMPLIED.items() if fixture in metafunc.fixturenames}
    able = [dialect for dialect in DIALECTS if all(ABILITIES[name](dialect) for name in asked)]
    if not able:
        raise pytest.UsageError(f"{metafunc.definition.nodeid}: no dialect is {', '.join(sorted(asked))}")
    return able


@pytest.fixture
def keys(dialect: Dialect) -> dict[str, str]:
    """Fresh test keys of the dialect at hand."""
    made: dict[str, str] = dialect.simulator.make_keys()
    return made


@pytest.fixture(scope="session")
def pretenders() -> Iterator[Pretenders]:
    """The simulators that were asked for, served on loopback until the session ends."""
    with Pretenders() as running:
        yield running


@pytest.fixture
async def wire(dialect: Dialect, pretenders: Pretenders) -> AsyncIterator[Wire]:
    """The dialect's simulator, which has forgotten what was before, and real HTTP to it."""
    async with pretenders.wire(dialect) as laid:
        yield laid


@pytest.fixture
def table() -> tuple[Dialect, ...]:
    """Every dialect at once."""
    return DIALECTS
