from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.errors import NotFound, Overloaded, StoreUnavailable
from gateway.store.cipher import Cipher, Key, Keyring
from gateway.store.documents import Documents
from gateway.store.frames import FRAME, TAG

CIPHER = Cipher(Keyring(keys=(Key(name="test-1", material=b"d" * 32),)))
LIMIT = 10 * FRAME
BLOCK = hashlib.shake_256(b"plausible").digest(4 * FRAME)


@pytest.fixture
def documents(tmp_path: Path, cipher: Cipher) -> Documents:
    return Documents(tmp_path / "documents", cipher)


@pytest.fixture(scope="module")
def shared() -> Iterator[Documents]:
    """One folder for all examples of a property."""
    with tempfile.TemporaryDirectory() as folder:
        yield Documents(Path(folder), CIPHER)


def file_of(documents: Documents, sha256: str) -> Path:
    return documents._file(sha256)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def sm3(content: bytes) -> str:
    digest = hashes.Hash(hashes.SM3())
    digest.update(content)
    return digest.finalize().hex()


near_a_border = st.builds(lambda frames, off: max(0, frames * FRAME + off), st.integers(0, 3), st.integers(-2, 2))


@settings(max_examples=60, deadline=None)
@given(size=near_a_border, chunk=st.integers(1, 3 * FRAME))
@example(size=0, chunk=1)
@example(size=FRAME, chunk=FRAME)
@example(size=2 * FRAME, chunk=1000)
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


def test_the_same_content_twice_is_one_file(documents: Documents, tmp_path: Path) -> None:
    one, other = documents.put(b"consent form"), documents.put(b"consent form")
    assert one == other
    assert files_in(tmp_path) == [one.sha256]
    assert documents.read(one.sha256) == b"consent form"


def test_what_is_on_disk_is_sealed_and_its_owners_only(documents: Documents) -> None:
    content = b"a party's own words " * 5000
    file = file_of(documents, documents.put(content).sha256)
    assert content[:20] not in file.read_bytes()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_an_intake_that_is_not_committed_leaves_nothing(documents: Documents, tmp_path: Path) -> None:
    with documents.intake(LIMIT) as intake:
        intake.write(b"half a doc")
    with pytest.raises(TypeError), documents.intake(LIMIT) as intake:
        intake.write(None)
    assert files_in(tmp_path) == []
    with pytest.raises(ValueError, match="closed"):
        intake.write(b"more")
    with pytest.raises(ValueError, match="closed"):
        intake.commit()


def test_a_document_over_the_limit_is_refused_as_soon_as_it_is_over(documents: Documents, tmp_path: Path) -> None:
    with documents.intake(FRAME) as intake:
        intake.write(b"x" * FRAME)
        with pytest.raises(Overloaded) as caught:
            intake.write(b"x")
    assert caught.value.code == "store.document_too_big"
    assert files_in(tmp_path) == []


def three_frames(documents: Documents) -> tuple[str, bytes, Path]:
    content = BLOCK[: 2 * FRAME + 100]
    kept = documents.put(content)
    return kept.sha256, content, file_of(documents, kept.sha256)


def test_a_truncated_document_does_not_pass_for_a_whole_one(documents: Documents) -> None:
    sha256, _, file = three_frames(documents)
    sealed = file.read_bytes()
    start = len(sealed) - (2 * FRAME + 100 + 3 * TAG)
    for length in (0, 2, start - 1, start, start + FRAME + TAG, start + 2 * (FRAME + TAG), len(sealed) - 1):
        file.write_bytes(sealed[:length])
        with pytest.raises(StoreUnavailable) as caught:
            documents.read(sha256)
        assert caught.value.code == "store.damaged"


def test_frames_in_another_order_doubled_or_added_do_not_open(documents: Documents) -> None:
    sha256, _, file = three_frames(documents)
    sealed = file.read_bytes()
    start = len(sealed) - (2 * FRAME + 100 + 3 * TAG)
    step = FRAME + TAG
    head, one, two, last = (
        sealed[:start],
        sealed[start : start + step],
        sealed[start + step : start + 2 * step],
        sealed[start + 2 * step :],
    )
    for frames in ((two, one, last), (one, one, two, last), (one, two, last, b"\0"), (one, last), (last, two, one)):
        file.write_bytes(head + b"".join(frames))
        with pytest.raises(StoreUnavailable):
            documents.read(sha256)


def test_a_changed_byte_does_not_open(documents: Documents) -> None:
    sha256, _, file = three_frames(documents)
    sealed = file.read_bytes()
    for position in (0, 1, 5, 20, 40, FRAME, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[position] ^= 1
        file.write_bytes(bytes(changed))
        with pytest.raises(StoreUnavailable):
            documents.read(sha256)


def test_another_document_under_this_name_is_not_given_out_whole(documents: Documents) -> None:
    sha256, _, file = three_frames(documents)
    other = documents.put(BLOCK[7 : 2 * FRAME])
    shutil.copy(file_of(documents, other.sha256), file)
    given: list[bytes] = []
    with pytest.raises(StoreUnavailable) as caught:
        given.extend(documents.stream(sha256))
    assert caught.value.code == "store.damaged"


def test_a_damaged_document_is_mended_when_it_comes_again(documents: Documents) -> None:
    sha256, content, file = three_frames(documents)
    file.write_bytes(b"")
    documents.put(content)
    assert documents.read(sha256) == content


def test_documents_open_after_the_key_was_rotated(tmp_path: Path) -> None:
    kept = Documents(tmp_path, CIPHER).put(b"kept for years")
    new, old = Key(name="test-2", material=b"e" * 32), Key(name="test-1", material=b"d" * 32)
    assert Documents(tmp_path, Cipher(Keyring(keys=(new, old)), "sm4")).read(kept.sha256) == b"kept for years"
    with pytest.raises(StoreUnavailable) as caught:
        Documents(tmp_path, Cipher(Keyring(keys=(new,)))).read(kept.sha256)
    assert caught.value.code == "store.key_missing"


def test_a_document_that_is_not_kept_is_not_found(documents: Documents) -> None:
    absent = "0" * 64
    assert not documents.exists(absent)
    assert not documents.remove(absent)
    with pytest.raises(NotFound):
        documents.read(absent)


@pytest.mark.parametrize("name", ["", "..", "../" * 20 + "etc/passwd", "A" * 64, "0" * 63, "0" * 65, "0" * 64 + "\n"])
def test_a_name_that_is_no_digest_leads_nowhere(documents: Documents, name: str) -> None:
    assert not documents.exists(name)
    for use in (documents.read, documents.remove):
        with pytest.raises(NotFound):
            use(name)


def test_a_removed_document_is_gone(documents: Documents, tmp_path: Path) -> None:
    kept = documents.put(b"past its time")
    assert documents.exists(kept.sha256)
    assert documents.remove(kept.sha256)
    assert not documents.exists(kept.sha256)
    assert files_in(tmp_path) == []


def test_leftovers_of_a_killed_process_are_swept_and_fresh_ones_are_not(documents: Documents, tmp_path: Path) -> None:
    left, fresh = documents.intake(LIMIT), documents.intake(LIMIT)
    assert left._part is not None
    long_ago = time.time() - 3 * 24 * 3600
    os.utime(left._part, (long_ago, long_ago))
    assert documents.sweep(datetime.now(UTC) - timedelta(days=1)) == 1
    fresh.write(b"still coming")
    assert documents.read(fresh.commit().sha256) == b"still coming"
    left.abort()


def test_a_disk_that_does_not_take_it_is_the_stores_fault_not_the_senders(tmp_path: Path) -> None:
    (tmp_path / "documents").write_text("a file where the folder should be")
    with pytest.raises(StoreUnavailable) as caught:
        Documents(tmp_path / "documents", CIPHER).put(b"x")
    assert caught.value.code == "store.documents_unavailable"


async def test_an_event_loop_reads_a_document_in_threads(documents: Documents) -> None:
    sha256, content, _ = three_frames(documents)
    assert b"".join([piece async for piece in documents.astream(sha256)]) == content
    with pytest.raises(NotFound):
        _ = [piece async for piece in documents.astream("0" * 64)]


async def test_a_reader_that_is_cancelled_or_leaves_early_closes_its_file(documents: Documents) -> None:
    sha256, _, _ = three_frames(documents)
    before = open_files()

    async def read_all() -> None:
        async for _ in documents.astream(sha256):
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(read_all()) for _ in range(20)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    pieces = documents.astream(sha256)
    await anext(pieces)
    await pieces.aclose()
    assert open_files() <= before


def test_many_threads_keep_the_same_document_at_once(documents: Documents, tmp_path: Path) -> None:
    async def keep_all() -> None:
        await asyncio.gather(*(asyncio.to_thread(documents.put, BLOCK[:FRAME]) for _ in range(20)))

    asyncio.run(keep_all())
    assert len(files_in(tmp_path)) == 1
    assert documents.read(hashlib.sha256(BLOCK[:FRAME]).hexdigest()) == BLOCK[:FRAME]
