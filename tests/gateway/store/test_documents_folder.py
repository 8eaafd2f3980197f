"""What holds for documents in a folder, of this machine or of a share."""

from __future__ import annotations

import asyncio
import os
import resource
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.errors import ConfigurationFault, StoreUnavailable
from gateway.opening import open_store
from gateway.settings import load_settings
from gateway.store.documents import Documents, FolderShelf
from gateway.store.frames import FRAME
from tests.gateway.store.shelves import CIPHER, FolderBench, over

CONTENT = b"minutes of the mediation " * 20_000


@pytest.fixture
def bench(tmp_path: Path) -> FolderBench:
    return FolderBench(tmp_path / "documents")


@pytest.fixture
def documents(bench: FolderBench) -> Documents:
    return over(bench)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_files_are_their_owners_only(documents: Documents, bench: FolderBench) -> None:
    name = documents.put(CONTENT).sha256
    file = bench.folder / name[:2] / name
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_leftovers_of_a_killed_process_are_swept_and_fresh_ones_are_not(
    documents: Documents, bench: FolderBench
) -> None:
    left = documents.intake(FRAME)
    long_ago = time.time() - 3 * 24 * 3600
    for part in bench.folder.glob("incoming/*.part"):
        os.utime(part, (long_ago, long_ago))
    fresh = documents.intake(FRAME)
    assert documents.sweep(datetime.now(UTC) - timedelta(days=1)) == 1
    fresh.write(b"still coming")
    assert documents.read(fresh.commit().sha256) == b"still coming"
    left.abort()


def test_a_disk_that_does_not_take_it_is_the_stores_fault_not_the_senders(tmp_path: Path) -> None:
    (tmp_path / "documents").write_text("a file where the folder should be")
    with pytest.raises(StoreUnavailable) as caught:
        Documents(FolderShelf(tmp_path / "documents"), CIPHER).put(b"x")
    assert caught.value.code == "store.documents_unavailable"


def test_a_full_disk_refuses_leaves_nothing_and_recovers(documents: Documents, bench: FolderBench) -> None:
    kept = documents.put(b"from before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(CONTENT) // 2, hard))
    try:
        with pytest.raises(StoreUnavailable) as caught:
            documents.put(CONTENT)
        assert caught.value.code == "store.documents_unavailable"
        assert bench.everything() == [kept.sha256]
        assert documents.read(kept.sha256) == b"from before"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert documents.read(documents.put(CONTENT).sha256) == CONTENT


def test_a_share_that_is_not_mounted_is_not_an_empty_one(tmp_path: Path) -> None:
    share = tmp_path / "share"
    documents = Documents(FolderShelf(share, make=False), CIPHER)
    uses = [
        lambda: documents.put(b"x"),
        lambda: documents.read("0" * 64),
        lambda: documents.exists("0" * 64),
        lambda: documents.ticket("0" * 64),
        lambda: documents.shelf.listed("", 10),
    ]
    for use in uses:
        with pytest.raises(StoreUnavailable) as caught:
            use()
        assert caught.value.code == "store.documents_unavailable"
    assert not share.exists()
    share.mkdir()
    assert documents.read(documents.put(b"x").sha256) == b"x"


async def test_a_reader_that_is_cancelled_or_leaves_early_closes_its_file(documents: Documents) -> None:
    sha256 = documents.put(CONTENT).sha256
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


def test_many_processes_keep_the_same_document_at_once(documents: Documents, bench: FolderBench) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from gateway.store.documents import Documents, FolderShelf\n"
        "from tests.gateway.store.shelves import CIPHER\n"
        "documents = Documents(FolderShelf(Path(sys.argv[1])), CIPHER)\n"
        "for _ in range(30): print(documents.put(b'the same for all').sha256)\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(bench.folder)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    told = {line for process in processes for line in process.communicate(timeout=120)[0].split()}
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert bench.everything() == sorted(told)
    assert documents.read(told.pop()) == b"the same for all"


def test_two_gateways_share_one_folder(tmp_path: Path) -> None:
    share, key = tmp_path / "a share", tmp_path / "key"
    share.mkdir()
    key.write_text("k1:" + "QUFB" * 10 + "QUE=")
    one, other = (
        open_store(load_settings(data_dir=tmp_path / name, documents_url=share.as_uri(), key_file=key), write=True)
        for name in ("one", "other")
    )
    try:
        assert other.documents.read(one.documents.put(CONTENT).sha256) == CONTENT
        assert not (tmp_path / "one" / "documents").exists()
    finally:
        one.close()
        other.close()


@pytest.mark.parametrize(
    "url",
    ["documents", "/shared", "file:", "file:///", "file://server/share", "s3:///prefix", "s3://key:secret@bucket",
     "s3://bucket?region=x", "https://bucket"],
)  # fmt: skip
def test_a_place_that_is_none_is_a_fault_of_the_settings(url: str) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        load_settings(documents_url=url)
    assert caught.value.facts["field"] == "FENGQIAO_DOCUMENTS_URL"
    assert "secret" not in str(caught.value)
