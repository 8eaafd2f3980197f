"""What holds for documents in an S3-compatible store, against a real server on loopback."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.errors import ConfigurationFault, NotFound, StoreUnavailable
from gateway.opening import open_store
from gateway.settings import Settings, load_settings
from gateway.store.documents import Documents
from gateway.store.documents import s3 as shelf_module
from gateway.store.documents.s3 import S3Shelf
from tests.gateway.store.shelves import CIPHER, S3Bench, a_bucket, over
from tests.object_store import ObjectStore

MIB = 1024 * 1024


@pytest.fixture
def bench(object_store: ObjectStore, tmp_path: Path) -> S3Bench:
    return S3Bench(object_store, tmp_path)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[ObjectStore]:
    """A server that this test may stop."""
    server = ObjectStore(tmp_path / "log")
    server.start()
    yield server
    server.stop()


def settings_of(server: ObjectStore, bucket: str, folder: Path, **more: object) -> Settings:
    return load_settings(
        data_dir=folder, documents_url=f"s3://{bucket}/court/documents", s3_endpoint=server.url, s3_allow_http=True,
        s3_access_key="test", s3_secret_key="test", **more,
    )  # fmt: skip


def test_two_gateways_share_one_bucket(object_store: ObjectStore, tmp_path: Path) -> None:
    bucket, content = object_store.bucket(), hashlib.shake_256(b"an agreement, scanned").digest(6 * MIB)
    key = tmp_path / "key"
    key.write_text("k1:" + "QUFB" * 10 + "QUE=")
    one, other = (
        open_store(settings_of(object_store, bucket, tmp_path / name, key_file=key), write=True)
        for name in ("one", "other")
    )
    try:
        with one.documents.intake(10 * MIB) as intake:
            intake.write(content)
            kept = intake.commit()
        assert b"".join(other.documents.stream(kept.sha256)) == content
        assert other.documents.put(content) == kept
        assert b"".join(one.documents.stream(kept.sha256)) == content
        assert not [*(tmp_path / "one").rglob("*.part"), *(tmp_path / "one").rglob(kept.sha256)]
    finally:
        one.close()
        other.close()


def test_a_store_that_is_gone_refuses_and_recovers(own_server: ObjectStore, tmp_path: Path) -> None:
    bench = S3Bench(own_server, tmp_path)
    documents = over(bench)
    sha256 = documents.put(b"before").sha256
    pieces = documents.stream(documents.put(bytes(3 * MIB)).sha256)
    next(pieces)
    own_server.stop()
    uses = [
        lambda: documents.put(b"meanwhile"),
        lambda: documents.put(bytes(6 * MIB)),
        lambda: documents.read(sha256),
        lambda: documents.exists(sha256),
        lambda: list(pieces),
    ]
    for use in uses:
        with pytest.raises(StoreUnavailable) as caught:
            use()
        assert caught.value.facts == {"why": "no answer"}
    own_server.start()
    own_server.bucket(bench.bucket.name)
    assert documents.read(documents.put(b"before").sha256) == b"before"


def test_a_bucket_that_is_not_there_is_not_an_empty_one(object_store: ObjectStore, tmp_path: Path) -> None:
    documents = Documents(S3Shelf(a_bucket(object_store, "no-such-bucket"), tmp_path), CIPHER)
    uses = [
        lambda: documents.put(b"x"),
        lambda: documents.put(bytes(6 * MIB)),
        lambda: documents.read("0" * 64),
        lambda: documents.exists("0" * 64),
        lambda: documents.ticket("0" * 64),
        lambda: documents.shelf.listed("", 10),
    ]
    for use in uses:
        with pytest.raises(StoreUnavailable) as caught:
            use()
        assert caught.value.code == "store.documents_unavailable"
        assert "<" not in str(caught.value), "the store's own words are not ours"


def test_a_prefix_keeps_gateways_apart(object_store: ObjectStore, tmp_path: Path) -> None:
    bucket = object_store.bucket()
    here, there = (
        Documents(S3Shelf(a_bucket(object_store, bucket, prefix), tmp_path), CIPHER) for prefix in ("", "other")
    )
    sha256 = here.put(b"ours").sha256
    with pytest.raises(NotFound):
        there.read(sha256)
    assert there.shelf.listed("", 10) == []


def test_an_old_document_that_is_asked_for_is_young_again(bench: S3Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = over(bench)
    kept = documents.put(b"uploaded yesterday")
    first = bench.shelf.modified(kept.sha256)
    assert first is not None
    assert documents.ticket(kept.sha256) == kept
    assert bench.shelf.modified(kept.sha256) == first, "within the hour nothing is to be done"
    monkeypatch.setattr(shelf_module, "_YOUNG", timedelta(0))
    while (then := bench.shelf.modified(kept.sha256)) == first:  # S3 counts in seconds
        assert documents.ticket(kept.sha256) == kept
    assert then is not None
    assert then > first


def test_plain_http_is_allowed_only_explicitly(object_store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFault) as caught:
        load_settings(data_dir=tmp_path, documents_url="s3://bucket", s3_endpoint=object_store.url)
    assert caught.value.facts["field"] == "FENGQIAO_S3_ENDPOINT"
    bucket = replace(a_bucket(object_store, object_store.bucket()), allow_http=False)
    with pytest.raises(StoreUnavailable):
        Documents(S3Shelf(bucket, tmp_path), CIPHER).put(b"x")


def test_keys_may_come_from_files_and_show_nowhere(object_store: ObjectStore, tmp_path: Path) -> None:
    for name in ("access", "secret"):
        (tmp_path / name).write_text(f"{name}-of-the-bucket\n")
    settings = load_settings(
        data_dir=tmp_path / "data", documents_url=f"s3://{object_store.bucket()}", s3_endpoint=object_store.url,
        s3_allow_http=True, s3_access_key_file=tmp_path / "access", s3_secret_key_file=tmp_path / "secret",
    )  # fmt: skip
    store = open_store(settings, write=True)
    try:
        assert store.documents.read(store.documents.put(b"x").sha256) == b"x"
        shown = f"{store.documents.shelf!r} {settings!r} {a_bucket(object_store, 'b')!r}"
    finally:
        store.close()
    assert "of-the-bucket" not in shown
    assert "secret_key='test'" not in shown


def test_one_key_without_the_other_is_a_fault_of_the_settings(object_store: ObjectStore, tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path, documents_url="s3://bucket", s3_access_key="only-this")
    with pytest.raises(ConfigurationFault) as caught:
        open_store(settings, write=True)
    assert caught.value.facts["field"] == "FENGQIAO_S3_SECRET_KEY"


def test_without_the_extra_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gateway.store.documents.s3", None)
    with pytest.raises(ConfigurationFault) as caught:
        open_store(load_settings(data_dir=tmp_path, documents_url="s3://bucket"), write=True)
    assert "fengqiao-gateway[s3]" in caught.value.text("en")
    assert "fengqiao-gateway[s3]" in caught.value.text("zh")


def test_a_gateway_with_a_folder_never_imports_the_extra(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from gateway.opening import open_store\n"
        "from gateway.settings import load_settings\n"
        "open_store(load_settings(data_dir=Path(sys.argv[1])), write=True).close()\n"
        "sys.exit('obstore' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=120).returncode == 0


@pytest.mark.parametrize("kind", ["folder", "s3"])
def test_a_large_document_is_never_whole_in_memory(object_store: ObjectStore, tmp_path: Path, kind: str) -> None:
    """The peak of a process of its own: obstore's memory is not Python's, and rusage counts what was before exec."""
    program = (
        "import re, sys; from pathlib import Path\n"
        "from gateway.store.documents import Documents, FolderShelf\n"
        "from gateway.store.documents.s3 import Bucket, S3Shelf\n"
        "from tests.gateway.store.shelves import CIPHER\n"
        "kind, folder, url, bucket = sys.argv[1:]\n"
        "bucket = Bucket(name=bucket, endpoint=url, access_key='t', secret_key='t', allow_http=True)\n"
        "shelf = FolderShelf(Path(folder)) if kind == 'folder' else S3Shelf(bucket, Path(folder))\n"
        "documents = Documents(shelf, CIPHER)\n"
        "documents.read(documents.put(b'to have everything loaded').sha256)\n"
        "def peak(): return int(re.search(r'VmHWM:\\s+(\\d+) kB', Path('/proc/self/status').read_text())[1])\n"
        "before = peak()\n"
        "with documents.intake(1 << 30) as intake:\n"
        "    for number in range(96): intake.write(bytes([number]) * (1 << 20))\n"
        "    kept = intake.commit()\n"
        "assert sum(len(piece) for piece in documents.stream(kept.sha256)) == 96 << 20\n"
        "print((peak() - before) // 1024)\n"
    )
    arguments = [kind, str(tmp_path), object_store.url, object_store.bucket()]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True, timeout=240
    )
    assert int(done.stdout) < 48, "MiB more than before, for a document of 96"
