"""Every adapter of the table, and the toy, handed to every test of the contract; no test knows their names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping

import pytest

from adapters import ADAPTERS
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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with every adapter, and with every fitting sample where it asks for one."""
    asked = next((name for name in CHOICES if name in metafunc.fixturenames), None)
    if asked is not None:
        pairs = [(dialect, sample) for dialect in DIALECTS for sample in dialect.samples if CHOICES[asked](sample)]
        names = [f"{dialect.name}-{sample.name}" for dialect, sample in pairs]
        metafunc.parametrize(["dialect", asked], pairs, ids=names)
    elif "message_type" in metafunc.fixturenames:
        types = [(dialect, name) for dialect in DIALECTS for name in dialect.written_types]
        names = [f"{dialect.name}-{name}" for dialect, name in types]
        metafunc.parametrize(["dialect", "message_type"], types, ids=names)
    elif "dialect" in metafunc.fixturenames:
        metafunc.parametrize("dialect", DIALECTS, ids=[dialect.name for dialect in DIALECTS])


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
    if dialect.collected:
        pytest.skip("nobody calls this partner: see test_contract_collecting.py")
    async with pretenders.wire(dialect) as laid:
        yield laid


@pytest.fixture
def table() -> tuple[Dialect, ...]:
    """Every dialect at once."""
    return DIALECTS
