"""Documents that a partner announced: what a file server says of them, and how long fetching one may take."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import TemporaryFailure
from gateway.fetching import LONGEST, Fetching
from gateway.grip import Grip
from gateway.redelivery import Backoff
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.documents import Documents, FolderShelf
from gateway.store.fetches import Awaited
from gateway.store.times import millis
from gateway.transports.http import Fetched, Timeouts
from tests.gateway.store.keeping import START

CIPHER = Cipher(Keyring(keys=(Key(name="test", material=bytes(32)),)), "aes")


@dataclass(frozen=True)
class Row:
    """What fetching asks of a partner's row."""

    attachment_hosts: tuple[str, ...] = ("files.example",)
    attachment_limit_mb: int = 1


class Server:
    """A file server's answer, in place of the network."""

    def __init__(self, media_type: str, seconds: float = 0) -> None:
        self._fetched, self._seconds = Fetched(media_type=media_type, size=3), seconds

    async def fetch(self, _url: str, *, sink: Any, **_: Any) -> Fetched:
        await asyncio.sleep(self._seconds)
        await sink(b"abc")
        return self._fetched


@dataclass(frozen=True)
class Post:
    """A post with nothing but a server."""

    transport: Server
    row: Row = Row()
    name: str = "court"


def held(seconds: float = 30) -> Grip:
    """Return the lease of the one document."""
    grip = Grip(seconds)
    grip.hold(["1"], time.monotonic())
    return grip


def awaited() -> Awaited:
    return Awaited(
        id="1", lease="l", lease_until=millis(START) + 30_000, partner="court", attempts=0,
        deadline_at=millis(START) + 86_400_000, expected_sha256=None, media_type="application/pdf",
        url_sealed=CIPHER.seal(b"https://files.example/1", context=b"1"),
    )  # fmt: skip


@pytest.fixture
def fetching(tmp_path: Path) -> Fetching:
    documents = Documents(FolderShelf(tmp_path), CIPHER)
    return Fetching(cipher=CIPHER, documents=documents, backoff=Backoff(base=1, cap=1), now=lambda: START)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("text/plain", "text/plain"),
        ("application/octet-stream", None),
        ("pdf", None),
        ("", None),
        ("a/" + "b" * 500, None),
        ("application/图", None),
    ],
)
async def test_a_media_type_that_says_nothing_leaves_the_partners_own(
    fetching: Fetching, said: str, kept: str | None
) -> None:
    fetched = await fetching.fetch(Post(Server(said)), awaited(), held())  # type: ignore[arg-type]  # as far as it is asked
    assert (fetched.state, fetched.media_type) == ("kept", kept)


async def test_a_download_ends_before_somebody_else_may_begin_it_again(fetching: Fetching) -> None:
    slow = Post(Server("text/plain", seconds=30))
    fetched = await fetching.fetch(slow, awaited(), held(0.1))  # type: ignore[arg-type]  # as far as it is asked
    assert (fetched.state, fetched.code) == ("awaited", "delivery.lease_ended")
    assert TemporaryFailure(fetched.code).text("zh")


def test_a_download_may_take_as_long_as_its_connection_allows() -> None:
    longest = Timeouts()
    assert 2 * (longest.connect + longest.fetch) < LONGEST, "one download, and one before it on the connection"
