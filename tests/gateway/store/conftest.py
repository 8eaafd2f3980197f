"""An empty store of either kind for each test that asks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, make_url

from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.documents import Documents
from gateway.store.engine import migrate, open_engine
from tests.gateway.store.shelves import Bench, FolderBench, S3Bench, over
from tests.object_store import object_store
from tests.servers import PostgresServer, postgres, postgres_url

__all__ = ["object_store", "postgres", "postgres_url"]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store' / 'fengqiao.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database, once for each kind: empty, or with every table where the test asks for an engine."""
    migrated = "engine" in request.fixturenames
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        template = request.getfixturevalue("migrated_database") if migrated else "template1"
        with server.database(template=template) as url:
            yield url
    else:
        url = request.getfixturevalue("sqlite_url")
        if migrated:
            file = Path(str(make_url(url).database))
            file.parent.mkdir(mode=0o700)
            shutil.copy(request.getfixturevalue("migrated_file"), file)
        yield url


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with every table and no row, to be copied: migrating takes longer than most tests."""
    file = tmp_path_factory.mktemp("migrated") / "fengqiao.db"
    _migrated(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def migrated_database(postgres: PostgresServer) -> str:
    """The name of a database with every table and no row, to be copied."""
    postgres.execute("CREATE DATABASE migrated")
    _migrated(postgres.url("migrated"))
    return "migrated"


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    """An engine on a migrated store, once for each kind."""
    engine = open_engine(store_url, readers=4, busy_seconds=10)
    yield engine
    engine.dispose()


def _migrated(url: str) -> None:
    engine = open_engine(url)
    migrate(engine)
    engine.dispose()


@pytest.fixture(params=["aes", "sm4"])
def cipher(request: pytest.FixtureRequest) -> Cipher:
    return Cipher(Keyring(keys=(Key(name="test-1", material=bytes(range(32))),)), request.param)


@pytest.fixture(params=["folder", "s3"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    """An empty shelf of each kind."""
    if request.param == "folder":
        return FolderBench(tmp_path / "documents")
    return S3Bench(request.getfixturevalue("object_store"), tmp_path)


@pytest.fixture
def documents(bench: Bench, cipher: Cipher) -> Documents:
    """Documents over an empty shelf, once for each kind and cipher."""
    return over(bench, cipher)
