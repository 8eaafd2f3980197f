"""The room put together: what verifies rulings and lets them go, and what persons decide about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.configuration import Revision
from gateway.opening import Store
from gateway.posts import Post
from gateway.releasing.chore import Releasing
from gateway.releasing.deciding import Deciding
from gateway.releasing.release import Release
from gateway.releasing.speaking import Speaking
from gateway.releasing.verify import Verifying
from gateway.rules import Rules
from gateway.store.journal import Journal
from gateway.store.writer import Writer


def open_room(
    store: Store, writer: Writer[Any, Any], *, journal: Journal, rules: Rules, revision: Callable[[], Revision],
    post: Callable[[str], Post], wake: Callable[[frozenset[str]], None], now: Callable[[], datetime],
    trust: Callable[[], Path | None],
) -> tuple[Releasing, Deciding]:  # fmt: skip
    """Return both, which speak with one voice. ``trust``: the folder that says whom to believe."""
    speaking = Speaking(journal=journal, rules=rules, cipher=store.cipher, revision=revision, post=post, now=now)
    verifying = Verifying(
        engine=store.engine, cipher=store.cipher, documents=store.documents, revision=revision, speaking=speaking,
        now=now,
    )  # fmt: skip
    release = Release(cipher=store.cipher, rules=rules, speaking=speaking, now=now)
    releasing = Releasing(
        engine=store.engine, writer=writer, speaking=speaking, verifying=verifying, release=release, wake=wake,
        now=now, trust=trust,
    )  # fmt: skip
    deciding = Deciding(engine=store.engine, writer=writer, speaking=speaking, wake=wake, now=now)
    return releasing, deciding
