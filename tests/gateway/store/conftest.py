"""An empty store of either kind for each test that asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.engine import migrate, open_engine
from tests.servers import postgres, postgres_url

__all__ = ["postgres", "postgres_url"]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store' / 'fengqiao.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, once for each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """An engine on a migrated store, once for each kind."""
    engine = open_engine(store_url, readers=4, busy_seconds=10)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture(params=["aes", "sm4"])
def cipher(request: pytest.FixtureRequest) -> Cipher:
    return Cipher(Keyring(keys=(Key(name="test-1", material=bytes(range(32))),)), request.param)
