"""The servers for tests are real ones, and do what a campaign needs of them: crash, come back, stand still."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from gateway.private_servers import within_reach
from tests.server_programs import other_user
from tests.servers import PostgresServer, missing, postgres, redis_server, redis_url, running_postgres, running_redis

__all__ = ["postgres", "redis_server", "redis_url"]


def test_a_database_is_empty_and_of_ones_own(postgres: PostgresServer) -> None:
    with postgres.database() as one, postgres.database() as other:
        assert one != other
        with psycopg.connect(one) as connection:
            assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


@pytest.mark.parametrize("mark", ["first", "second"])
def test_redis_is_empty_when_a_test_begins(redis_url: str, mark: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set(mark, 1)


def test_redis_never_evicts_and_writes_to_disk(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
        assert client.config_get("appendonly")["appendonly"] == "yes"
        assert client.config_get("appendfsync")["appendfsync"] == "everysec"


@pytest.mark.fault
def test_postgresql_comes_back_from_a_crash_with_what_was_committed() -> None:
    with running_postgres() as server:
        server.execute("CREATE TABLE kept AS SELECT 7 AS number")
        server.restart(immediate=True)
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (7,)


@pytest.mark.fault
def test_a_frozen_server_answers_again_when_it_is_thawed() -> None:
    with running_redis() as server:
        server.freeze()
        with redis.Redis(port=server.port, socket_timeout=0.3) as client, pytest.raises(redis.TimeoutError):
            client.ping()
        server.thaw()
        with server.client() as client:
            assert client.ping()


@pytest.mark.fault
def test_redis_comes_back_on_the_same_port() -> None:
    with running_redis() as server:
        port = server.port
        server.restart(immediate=True)
        assert (server.running, server.port) == (True, port)
        server.stop()
        assert not server.running


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder where everybody may go; pytest's own are for one user."""
    with tempfile.TemporaryDirectory(prefix="fengqiao-open-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_programs_in_a_checkout_where_only_root_may_go_are_run_from_a_copy(tmp_path: Path, open_folder: Path) -> None:
    user = other_user()
    if user is None:
        missing("only root runs a server as somebody else")
    programs = tmp_path / "package" / "installed" / "bin"
    programs.mkdir(parents=True)
    shutil.copy("/bin/true", programs / "initdb")
    (tmp_path / "package.libs").mkdir()
    tmp_path.chmod(0o700)
    with pytest.raises(PermissionError):
        subprocess.run([programs / "initdb"], check=True, user=user, cwd="/")
    copy = within_reach(programs, open_folder, user)
    assert copy is not None
    subprocess.run([copy / "initdb"], check=True, user=user, cwd="/")
    assert (copy.parents[2] / "package.libs").is_dir()
    assert within_reach(programs, open_folder, user) == copy
