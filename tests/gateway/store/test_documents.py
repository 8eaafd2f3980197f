"""What holds for documents wherever they lie: one suite over every kind of shelf."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.errors import NotFound, Overloaded, StoreUnavailable
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.documents import Documents
from gateway.store.frames import FRAME, TAG
from tests.gateway.store.shelves import Bench, FolderBench, S3Bench, over

LIMIT = 10 * FRAME
BLOCK = hashlib.shake_256(b"plausible").digest(4 * FRAME)
PART = 5 * 1024 * 1024  # bytes of one part of an upload to S3


@pytest.fixture(scope="module", params=["folder", "s3"])
def shared(request: pytest.FixtureRequest) -> Iterator[Documents]:
    """One shelf for all examples of a property."""
    with tempfile.TemporaryDirectory() as folder:
        kind = request.param
        server = None if kind == "folder" else request.getfixturevalue("object_store")
        yield over(FolderBench(Path(folder)) if server is None else S3Bench(server, Path(folder)))


def sm3(content: bytes) -> str:
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize().hex()


near_a_border = st.builds(lambda frames, off: max(0, frames * FRAME + off), st.integers(0, 3), st.integers(-2, 2))


@settings(max_examples=60, deadline=None)
@given(size=near_a_border, chunk=st.integers(1000, 3 * FRAME))
@example(size=0, chunk=1)
@example(size=FRAME, chunk=FRAME)
@example(size=2 * FRAME, chunk=1000)
@example(size=3, chunk=1)
def test_a_document_of_any_size_comes_back_as_it_came(shared: Documents, size: int, chunk: int) -> None:
    content = BLOCK[:size]
    with shared.intake(LIMIT) as intake:
        for start in range(0, size, chunk):
            intake.write(content[start : start + chunk])
        kept = intake.commit()
    assert (kept.size, kept.sha256, kept.sm3) == (size, hashlib.sha256(content).hexdigest(), sm3(content))
    pieces = list(shared.stream(kept.sha256))
    assert b"".join(pieces) == content
    assert all(len(piece) <= FRAME for piece in pieces)
    assert shared.ticket(kept.sha256) == kept


def test_a_document_of_several_parts_comes_back_as_it_came(documents: Documents) -> None:
    content = hashlib.shake_256(b"a film of the hearing").digest(2 * PART + 1)
    assert documents.read(documents.put(content).sha256) == content


def test_the_same_content_twice_is_one_document(documents: Documents, bench: Bench) -> None:
    one, other = documents.put(b"consent form"), documents.put(b"consent form")
    assert one == other
    assert bench.everything() == [one.sha256]
    assert documents.read(one.sha256) == b"consent form"


def test_what_is_kept_is_sealed(documents: Documents, bench: Bench) -> None:
    content = b"a party's own words " * 5000
    assert content[:20] not in bench.raw(documents.put(content).sha256)


def test_an_intake_that_is_not_committed_leaves_nothing(documents: Documents, bench: Bench) -> None:
    with documents.intake(LIMIT) as intake:
        intake.write(b"half a doc")
    with pytest.raises(TypeError), documents.intake(LIMIT) as intake:
        intake.write(None)  # type: ignore[arg-type]  # a bug of a caller
    assert bench.everything() == []
    with pytest.raises(ValueError, match="closed"):
        intake.write(b"more")
    with pytest.raises(ValueError, match="closed"):
        intake.commit()


def test_half_a_large_document_is_never_to_be_seen(documents: Documents, bench: Bench) -> None:
    content = hashlib.shake_256(b"broke off").digest(PART)
    with documents.intake(10 * PART) as intake:
        for _ in range(3):
            intake.write(content)
        digest = hashlib.sha256(3 * content).hexdigest()
        assert not documents.exists(digest)
    assert not documents.exists(digest)
    assert bench.everything() == []


def test_a_document_over_the_limit_is_refused_as_soon_as_it_is_over(documents: Documents, bench: Bench) -> None:
    with documents.intake(FRAME) as intake:
        intake.write(b"x" * FRAME)
        with pytest.raises(Overloaded) as caught:
            intake.write(b"x")
    assert caught.value.code == "store.document_too_big"
    assert bench.everything() == []


def three_frames(documents: Documents, bench: Bench) -> tuple[str, bytes, bytes]:
    """Keep a document of three frames; return its digest, its content, and its sealed bytes."""
    content = BLOCK[: 2 * FRAME + 100]
    kept = documents.put(content)
    return kept.sha256, content, bench.raw(kept.sha256)


def test_a_truncated_document_does_not_pass_for_a_whole_one(documents: Documents, bench: Bench) -> None:
    sha256, _, sealed = three_frames(documents, bench)
    start = len(sealed) - (2 * FRAME + 100 + 3 * TAG)
    for length in (0, 2, start - 1, start, start + FRAME + TAG, start + 2 * (FRAME + TAG), len(sealed) - 1):
        bench.overwrite(sha256, sealed[:length])
        with pytest.raises(StoreUnavailable) as caught:
            documents.read(sha256)
        assert caught.value.code == "store.damaged"


def test_frames_in_another_order_doubled_or_added_do_not_open(documents: Documents, bench: Bench) -> None:
    sha256, _, sealed = three_frames(documents, bench)
    start = len(sealed) - (2 * FRAME + 100 + 3 * TAG)
    step = FRAME + TAG
    head, one, two, last = (
        sealed[:start],
        sealed[start : start + step],
        sealed[start + step : start + 2 * step],
        sealed[start + 2 * step :],
    )
    for frames in ((two, one, last), (one, one, two, last), (one, two, last, b"\0"), (one, last), (last, two, one)):
        bench.overwrite(sha256, head + b"".join(frames))
        with pytest.raises(StoreUnavailable):
            documents.read(sha256)


def test_a_changed_byte_does_not_open(documents: Documents, bench: Bench) -> None:
    sha256, _, sealed = three_frames(documents, bench)
    for position in (0, 1, 2, 5, 20, 40, FRAME, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[position] ^= 1
        bench.overwrite(sha256, bytes(changed))
        with pytest.raises(StoreUnavailable):
            documents.read(sha256)


def test_another_document_under_this_name_is_not_given_out_whole(documents: Documents, bench: Bench) -> None:
    sha256, _, _ = three_frames(documents, bench)
    other = documents.put(BLOCK[7 : 2 * FRAME])
    bench.overwrite(sha256, bench.raw(other.sha256))
    given: list[bytes] = []
    with pytest.raises(StoreUnavailable) as caught:
        given.extend(documents.stream(sha256))
    assert caught.value.code == "store.damaged"


def test_a_damaged_document_is_mended_when_it_comes_again(documents: Documents, bench: Bench) -> None:
    sha256, content, _ = three_frames(documents, bench)
    bench.overwrite(sha256, b"")
    documents.put(content)
    assert documents.read(sha256) == content


def test_a_reader_goes_on_when_the_same_document_comes_again_meanwhile(documents: Documents, bench: Bench) -> None:
    content = hashlib.shake_256(b"read slowly").digest(3 * 1024 * 1024)
    sha256 = documents.put(content).sha256
    before = bench.raw(sha256)
    given = []
    for piece in documents.stream(sha256):
        given.append(piece)
        if len(given) in {1, 20}:
            documents.put(content)
    assert bench.raw(sha256) != before, "it is sealed anew each time"
    assert b"".join(given) == content


def test_documents_open_after_the_key_was_rotated(bench: Bench) -> None:
    kept = over(bench).put(b"kept for years")
    new, old = Key(name="test-2", material=b"e" * 32), Key(name="test-1", material=b"d" * 32)
    assert over(bench, Cipher(Keyring(keys=(new, old)), "sm4")).read(kept.sha256) == b"kept for years"
    with pytest.raises(StoreUnavailable) as caught:
        over(bench, Cipher(Keyring(keys=(new,)))).read(kept.sha256)
    assert caught.value.code == "store.key_missing"


def test_a_document_that_is_not_kept_is_not_found(documents: Documents) -> None:
    absent = "0" * 64
    assert not documents.exists(absent)
    assert not documents.remove(absent)
    for use in (documents.read, documents.ticket):
        with pytest.raises(NotFound):
            use(absent)


@pytest.mark.parametrize("name", ["", "..", "../" * 20 + "etc/passwd", "A" * 64, "0" * 63, "0" * 65, "0" * 64 + "\n"])
def test_a_name_that_is_no_digest_leads_nowhere(documents: Documents, name: str) -> None:
    assert not documents.exists(name)
    for use in (documents.read, documents.remove, documents.ticket):
        with pytest.raises(NotFound):
            use(name)


def test_a_removed_document_is_gone(documents: Documents, bench: Bench) -> None:
    kept = documents.put(b"past its time")
    assert documents.exists(kept.sha256)
    assert documents.remove(kept.sha256)
    assert not documents.exists(kept.sha256)
    assert bench.everything() == []


def test_what_is_aside_is_had_back_by_whoever_asks(documents: Documents, bench: Bench) -> None:
    kept = documents.put(BLOCK)
    for use in (documents.read, documents.ticket):
        bench.shelf.set_aside(kept.sha256)
        assert bench.shelf.modified(kept.sha256) is None
        assert documents.exists(kept.sha256)
        assert use(kept.sha256) in (BLOCK, kept)
        assert bench.shelf.modified(kept.sha256) is not None


def test_what_is_set_aside_under_a_reader_is_read_to_its_end(documents: Documents, bench: Bench) -> None:
    content = hashlib.shake_256(b"read slowly").digest(3 * 1024 * 1024)
    kept = documents.put(content)
    pieces = documents.stream(kept.sha256)
    first = next(pieces)
    bench.shelf.set_aside(kept.sha256)
    assert first + b"".join(pieces) == content


def test_documents_are_listed_in_the_order_of_their_names_and_in_steps(documents: Documents, bench: Bench) -> None:
    names = sorted(documents.put(b"%d" % number).sha256 for number in range(7))
    bench.shelf.set_aside(names[3])
    kept = [name for name in names if name != names[3]]
    assert [item.name for item in bench.shelf.listed("", 100)] == kept
    assert [item.name for item in bench.shelf.listed(kept[1], 2)] == kept[2:4]
    assert [item.name for item in bench.shelf.listed("", 100, aside=True)] == [names[3]]
    assert bench.shelf.listed(names[-1], 100) == []


async def test_an_event_loop_reads_a_document_in_threads(documents: Documents, bench: Bench) -> None:
    sha256, content, _ = three_frames(documents, bench)
    assert b"".join([piece async for piece in documents.astream(sha256)]) == content
    with pytest.raises(NotFound):
        _ = [piece async for piece in documents.astream("0" * 64)]


def test_many_threads_keep_the_same_document_at_once(documents: Documents, bench: Bench) -> None:
    async def keep_all() -> None:
        await asyncio.gather(*(asyncio.to_thread(documents.put, BLOCK[:FRAME]) for _ in range(20)))

    asyncio.run(keep_all())
    sha256 = hashlib.sha256(BLOCK[:FRAME]).hexdigest()
    assert bench.everything() == [sha256]
    assert documents.read(sha256) == BLOCK[:FRAME]
