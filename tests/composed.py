"""The services of docker-compose.yml without containers: the same commands, environment, secrets and health checks.

    docker-compose.yml ─┐              ┌─► PostgreSQL, Redis    their own commands, with passwords
    Dockerfile ─────────┼─► Composed ──┼─► migrate, api ×N, worker ×N, clock ×N: nothing in the environment but that
    make-secrets.sh ────┘              └─► nginx

Put elsewhere: names of services and 0.0.0.0 (loopback, each container an address of its own), ports, folders.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests import server_programs
from tests.proxy import Proxy, make_secrets, running_proxy
from tests.server_programs import as_user, other_user
from tests.servers import PostgresServer, RedisServer, ended, folder_for, free_port, missing

ROOT = Path(__file__).resolve().parent.parent
WITHIN = 120.0  # seconds until a service that is not healthy counts as one that never will be
_VARIABLE = re.compile(r"\$\{[A-Z_]+:-([^}]*)\}")


def services() -> dict[str, dict[str, Any]]:
    """Return the services of the compose file, with defaults in the place of variables."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(_VARIABLE.sub(r"\1", _read("docker-compose.yml")))["services"]
    return found


def image(instruction: str) -> list[str]:
    """Return what the Dockerfile says after an instruction of its last stage."""
    stage = re.sub(r"\\\n\s*", " ", _read("Dockerfile")).rpartition("\nFROM ")[2]
    return [line.split(maxsplit=1)[1] for line in stage.splitlines() if line.startswith(f"{instruction} ")]


def image_environment() -> dict[str, str]:
    """Return the environment that the image brings."""
    pairs = (pair.partition("=") for said in image("ENV") for pair in shlex.split(said))
    return {name: value for name, _, value in pairs}


class ComposedPostgres(PostgresServer):
    """The database as the compose file starts it, made as its image makes it: a password, and asked for it."""

    def __init__(self, folder: Path, programs: Path, *, user: str | None, secrets: Path) -> None:
        super().__init__(folder, programs, user=user)
        self._service = services()["postgres"]
        self.password = (
            (secrets / Path(self._service["environment"]["POSTGRES_PASSWORD_FILE"]).name).read_text().strip()
        )

    def healthy(self) -> bool:
        """Ask what its health check asks."""
        kind, program, *words = self._service["healthcheck"]["test"]
        assert kind == "CMD"
        return _succeeds([self._programs / program, *words], {"PGHOST": "127.0.0.1", "PGPORT": str(self.port)})

    def _owner(self) -> str:
        name = self._service["environment"]["POSTGRES_USER"]
        return f"host=127.0.0.1 port={self.port} user={name} password={self.password} dbname=postgres connect_timeout=5"

    def _make(self) -> None:
        given = self._service["environment"]
        password = self.folder / "password"
        password.write_text(self.password)
        options = ["--username", given["POSTGRES_USER"], "--pwfile", password, "--auth", "scram-sha-256", "--no-sync"]
        command = [self._programs / "initdb", "-D", self.folder / "data", *options]
        command += shlex.split(given["POSTGRES_INITDB_ARGS"])
        made = subprocess.run(command, capture_output=True, check=False, cwd=self.folder, **as_user(self._user))  # type: ignore[call-overload]
        assert made.returncode == 0, made.stderr

    def _command(self) -> Sequence[str | Path]:
        program, *words = self._service["command"]
        here = ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}"]
        return [self._programs / program, "-D", self.folder / "data", "-p", str(self.port), *here, *words]


class ComposedRedis(RedisServer):
    """Redis as the compose file starts it."""

    def __init__(self, folder: Path, program: Path, *, secrets: Path) -> None:
        super().__init__(folder, program)
        self._secrets, self._service = secrets, services()["redis"]

    def healthy(self) -> bool:
        """Ask what its health check asks."""
        kind, words = self._service["healthcheck"]["test"]
        assert kind == "CMD-SHELL"
        asked = words.replace("redis-cli", f"{shlex.quote(str(self._program.with_name('redis-cli')))} -p {self.port}")
        return _succeeds(["/bin/sh", "-c", asked], {"PATH": "/usr/bin:/bin"})

    def _command(self) -> Sequence[str | Path]:
        program, *words = self._service["command"]
        assert program == self._program.name
        there = {"/data": str(self.folder)}
        words = [there.get(word, word.replace("/run/secrets", str(self._secrets))) for word in words]
        return [self._program, *words, "--port", str(self.port), "--bind", "127.0.0.1"]

    def _answers(self) -> bool:
        return self.healthy()


class Container:
    """One process of a gateway's service, in a folder of its own that stands for the container's file system."""

    def __init__(self, folder: Path, service: Mapping[str, Any], there: Mapping[str, str]) -> None:
        folder.mkdir()
        self.folder = folder
        self.work = folder / "work"
        self.work.mkdir()
        (folder / "data").mkdir(mode=0o700)
        self._there = {**there, image_environment()["FENGQIAO_DATA_DIR"]: str(folder / "data")}
        self._command = [
            str(Path(sys.executable).parent / yaml.safe_load(image("ENTRYPOINT")[0])[0]),
            *service["command"],
        ]
        given = {**image_environment(), **service["environment"]}
        self.environment = {name: self._here(value) for name, value in given.items()} | {"HOME": "/nonexistent"}
        self.environment["PATH"] = f"{Path(sys.executable).parent}:/usr/bin:/bin"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run its command."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self._command, env=self.environment, cwd=self.work, stdout=log, stderr=log, start_new_session=True
            )

    def ends(self) -> int:
        """Wait until it has ended by itself, and return its exit code."""
        assert self.process
        return self.process.wait(WITHIN)

    def stop(self) -> None:
        """End it as Docker does: SIGTERM."""
        if self.process:
            self.process.terminate()
            self.process.wait(WITHIN)

    def healthy(self) -> bool:
        """Ask what the image's health check asks, with the environment of the container."""
        assert self.process
        assert self.process.poll() is None, self.log()
        words = yaml.safe_load(image("HEALTHCHECK")[0].partition("CMD")[2])
        return _succeeds([str(Path(sys.executable).parent / words[0]), *words[1:]], self.environment)

    def log(self) -> str:
        """Return what it has printed."""
        return (self.folder / "log").read_text(encoding="utf-8")

    def _here(self, value: str) -> str:
        for there, here in sorted(self._there.items(), key=lambda each: -len(each[0])):
            value = value.replace(there, here)
        return value


class Composed:
    """Everything that `docker compose up` starts, in the same order, each when what it waits for is there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secrets = make_secrets(folder / "secrets")
        self.documents, self.config = folder / "documents", folder / "config"
        self.documents.mkdir()
        self.config.mkdir()
        self.containers: dict[str, Container] = {}
        self.proxy: Proxy
        self._port = free_port()
        self._services = services()
        self._stores: dict[str, str] = {}

    @contextmanager
    def up(self, **scale: int) -> Iterator[Composed]:
        """Start everything; ``scale``: how many of a service, as `--scale` says."""
        with ExitStack() as ends:
            self._start_stores(ends)
            migrated = self._add("migrate")
            ends.callback(migrated.stop)
            migrated.start()
            assert migrated.ends() == 0, migrated.log()
            for service in ("api", "worker", "clock"):
                count = scale.get(service) or self._services[service]["deploy"].get("replicas", 1)
                for container in [self._add(service, number) for number in range(1, count + 1)]:
                    ends.callback(container.stop)
                    container.start()
            for name, container in self.containers.items():
                if name != "migrate-1":
                    until(container.healthy, f"{name} is healthy")
            doors = [self._address(name) for name in self.containers if name.startswith("api")]
            self.proxy = ends.enter_context(running_proxy(secrets=self.secrets, door_port=self._port, doors=doors))
            until(self.proxy.healthy, "the proxy is healthy")
            yield self

    def _start_stores(self, ends: ExitStack) -> None:
        folder = ends.enter_context(folder_for("composed-postgres", user := other_user()))
        programs, redis = server_programs.postgres(user), server_programs.redis()
        if programs is None or redis is None:
            missing("PostgreSQL or Redis is neither in a wheel nor installed")
        postgres = ends.enter_context(ended(ComposedPostgres(folder, programs, user=user, secrets=self.secrets)))
        postgres.execute(f"CREATE DATABASE {self._services['postgres']['environment']['POSTGRES_DB']}")
        until(postgres.healthy, "PostgreSQL is healthy")
        at_redis = ends.enter_context(folder_for("composed-redis", None))
        store = ends.enter_context(ended(ComposedRedis(at_redis, redis, secrets=self.secrets)))
        until(store.healthy, "Redis is healthy")
        for name, there, here in (
            ("database_url", "@postgres:5432/", f"@127.0.0.1:{postgres.port}/"),
            ("redis_url", "@redis:6379/", f"@127.0.0.1:{store.port}/"),
        ):
            url = (self.secrets / name).read_text()
            assert there in url
            (mounted := self.folder / f"{name}.here").write_text(url.replace(there, here))
            self._stores[f"/run/secrets/{name}"] = str(mounted)

    def _add(self, service: str, number: int = 1) -> Container:
        name = f"{service}-{number}"
        there = {
            **self._stores,
            "/run/secrets": str(self.secrets),
            "/var/lib/fengqiao-documents": str(self.documents),
            "/etc/fengqiao": str(self.config),
            "0.0.0.0": self._address(name),  # noqa: S104  # what it stands for here is one address of the loopback
            "172.30.84.0/24": "127.0.0.1/32",
            "8480": str(self._port),
            "9480": str(free_port()),
        }
        self.containers[name] = Container(self.folder / name, self._services[service], there)
        return self.containers[name]

    @staticmethod
    def _address(name: str) -> str:
        """Return the address of a container: all of 127/8 is this machine."""
        service, _, number = name.partition("-")
        return f"127.0.{10 + ('migrate', 'api', 'worker', 'clock').index(service)}.{number}"


def until(happened: Any, what: str) -> None:
    """Wait for something that has to happen."""
    give_up = time.monotonic() + WITHIN
    while not happened():
        assert time.monotonic() < give_up, f"not within {WITHIN:.0f} s: {what}"
        time.sleep(0.1)


def _succeeds(command: Sequence[str | Path], environment: Mapping[str, str]) -> bool:
    asked = subprocess.run(command, env=dict(environment), capture_output=True, check=False, timeout=WITHIN)
    return asked.returncode == 0


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")
