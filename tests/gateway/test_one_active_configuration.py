"""Several processes, one active configuration: who starts, or reads the folder late, never undoes what is newer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.bootstrap import Gateway, Role, shipped_adapters
from gateway.demo.cast import VILLAGE
from gateway.store import revisions
from tests.gateway.province import Province, province
from tests.servers import postgres, postgres_url, redis_server, redis_url

__all__ = ["postgres", "postgres_url", "redis_server", "redis_url"]


@pytest.fixture
async def made(tmp_path: Path, postgres_url: str, redis_url: str) -> AsyncIterator[Province]:
    async with province(tmp_path, postgres_url, redis_url) as opened:
        yield opened


def change(made: Province) -> None:
    """Change the village's row, as an administrator does."""
    file = made.door.gateway.settings.config_folder / "partners" / f"{VILLAGE}.yaml"
    row = yaml.safe_load(file.read_text(encoding="utf-8"))
    file.write_text(yaml.safe_dump({**row, "concurrency": row.get("concurrency", 1) + 1}), encoding="utf-8")


def active(made: Province) -> str | None:
    with made.door.gateway.store.engine.connect() as connection:
        return revisions.active(connection)


def another(made: Province, role: Role) -> Gateway:
    return Gateway(made.door.gateway.settings, shipped_adapters(), role=role)


async def test_a_door_that_read_the_folder_before_a_change_does_not_undo_it_when_it_starts(made: Province) -> None:
    late = another(made, "door")
    change(made)
    newer = await made.door.gateway.reload()
    await late.start()
    assert (active(made), late.revision.id) == (newer, newer)
    await late.stop()


async def test_a_door_whose_reading_is_overtaken_reads_again(made: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    late, readings = another(made, "door"), 0
    real = late.following.activate

    async def overtaken(*given: Any, **named: Any) -> bool:
        nonlocal readings
        readings += 1
        if readings == 1:  # between its reading and its commit
            change(made)
            await made.door.gateway.reload()
        return await real(*given, **named)

    monkeypatch.setattr(late.following, "activate", overtaken)
    await late.start()
    assert readings == 2
    assert active(made) == late.revision.id == made.door.gateway.revision.id
    await late.stop()
