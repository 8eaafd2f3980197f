"""A ferry's folder, here or on an SFTP server: files are put whole or not at all, and what fails is said in words."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest

from gateway.errors import TemporaryFailure
from gateway.transports.ferry import Folder, LocalFolder
from gateway.transports.ferry.sftp import SftpFolder
from tests.gateway.transports.sftp_server import PASSWORD, Full, Mute, Plain, sftp

CONTENT = bytes(range(256)) * 1200  # more than one block of SFTP


def lying(folder: Path) -> list[str]:
    """Return the names of what lies in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=["local", "sftp", "sftp without extensions"])
async def folder(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Folder]:
    """Each kind of folder, over ``tmp_path``."""
    if request.param == "local":
        yield LocalFolder(tmp_path)
        return
    async with sftp(Plain if "without" in request.param else asyncssh.SFTPServer) as running:
        made = SftpFolder(running.server(), str(tmp_path))
        yield made
        await made.aclose()


async def test_what_is_put_lies_there_whole_under_its_name_and_nothing_else(folder: Folder, tmp_path: Path) -> None:
    await folder.put("GW-PCS-0000000001.zip", b"before")
    await folder.put("GW-PCS-0000000001.zip", CONTENT)
    assert lying(tmp_path) == ["GW-PCS-0000000001.zip"]
    assert (tmp_path / "GW-PCS-0000000001.zip").read_bytes() == CONTENT


async def test_files_are_listed_in_order_and_folders_and_links_are_none(folder: Folder, tmp_path: Path) -> None:
    for name in ("b", "a", "名"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "c").symlink_to(tmp_path / "a")
    (tmp_path / "\udcc3\udcfb").write_bytes(b"")  # a name in GBK does not stop the others
    assert [name for name in await folder.names() if name.isprintable()] == ["a", "b", "名"]


async def test_no_more_is_read_than_a_byte_beyond_the_limit(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(CONTENT)
    assert await folder.read("a", 10 * len(CONTENT)) == CONTENT
    assert await folder.read("a", 100) == CONTENT[:101]


async def test_a_file_that_is_written_to_has_another_stamp(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1")
    before = await folder.stamp("a")
    assert await folder.stamp("a") == before
    (tmp_path / "a").write_bytes(b"12")
    assert await folder.stamp("a") != before


async def test_a_file_that_is_gone_is_no_fault(folder: Folder) -> None:
    for asked in (folder.read("a", 10), folder.stamp("a")):
        with pytest.raises(FileNotFoundError):
            await asked
    await folder.remove("a")
    await folder.set_aside("a")


async def test_what_is_set_aside_is_kept_and_the_later_one_takes_its_place(folder: Folder, tmp_path: Path) -> None:
    for content in (b"1", b"2"):
        (tmp_path / "a").write_bytes(content)
        await folder.set_aside("a")
    assert (tmp_path / "damaged" / "a").read_bytes() == b"2"
    (tmp_path / "a").write_bytes(b"3")
    await folder.remove("a")
    assert await folder.names() == []


async def test_many_things_are_done_over_one_connection(tmp_path: Path) -> None:
    async with sftp() as running:
        folder = SftpFolder(running.server(), str(tmp_path))
        await asyncio.gather(*(folder.put(f"{number}", CONTENT) for number in range(20)))
        assert len(await folder.names()) == 20
        assert len(running.connections) == 1
        await folder.aclose()


async def test_a_key_lets_in_as_a_password_does(tmp_path: Path) -> None:
    async with sftp() as running:
        key = running.client_key.export_private_key().decode().strip()
        folder = SftpFolder(running.server(private_key=lambda: key, password=None), str(tmp_path))
        await folder.put("a", b"1")
        await folder.aclose()
    assert (tmp_path / "a").exists()


async def test_a_server_with_another_host_key_is_told_nothing(tmp_path: Path) -> None:
    async with sftp() as running:
        for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256"):
            other = asyncssh.generate_private_key(kind).export_public_key().decode()
            failure = await _failure(SftpFolder(running.server(host_keys=(other,)), str(tmp_path)))
            assert failure.code == "ferry.server_not_trusted"
    assert lying(tmp_path) == []


async def test_a_second_pinned_key_lets_a_server_change_its_key(tmp_path: Path) -> None:
    async with sftp() as running:
        other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
        folder = SftpFolder(running.server(host_keys=(other, running.pinned)), str(tmp_path))
        assert await folder.names() == []
        await folder.aclose()


async def test_a_wrong_password_or_key_is_said_without_showing_it(tmp_path: Path) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    async with sftp() as running:
        for proof in ({"password": lambda: PASSWORD + "x"}, {"password": None, "private_key": lambda: stranger}):
            failure = await _failure(SftpFolder(running.server(**proof), str(tmp_path)))
            assert failure.code == "ferry.not_let_in"
            assert PASSWORD not in f"{failure!r} {failure.text('zh')} {failure}"
        failure = await _failure(SftpFolder(running.server(private_key=lambda: "no key", password=None), "/"))
        assert failure.code == "ferry.key_unusable"
        assert PASSWORD not in repr(running.access())


async def test_what_the_server_refuses_is_said_with_its_status(tmp_path: Path) -> None:
    async with sftp() as running:
        failure = await _failure(folder := SftpFolder(running.server(), str(tmp_path / "not-there")))
        assert (failure.code, failure.facts["status"]) == ("ferry.server_refused", 2)
        with pytest.raises(TemporaryFailure) as refused:
            await folder.put("a", b"1")
        assert refused.value.code == "ferry.server_refused"
        await folder.aclose()


async def test_a_file_that_cannot_be_written_to_its_end_leaves_nothing(tmp_path: Path) -> None:
    async with sftp(Full) as running:
        folder = SftpFolder(running.server(), str(tmp_path))
        with pytest.raises(TemporaryFailure) as refused:
            await folder.put("a", CONTENT)
        assert (refused.value.code, refused.value.facts["status"]) == ("ferry.server_refused", 4)
        await folder.aclose()
    assert lying(tmp_path) == []


async def test_a_server_that_was_away_is_used_again_when_it_is_back(tmp_path: Path) -> None:
    async with sftp() as running:
        folder = SftpFolder(running.server(), str(tmp_path))
        await folder.put("a", b"1")
        await running.stop()
        assert (await _failure(folder)).code == "ferry.server_unreachable"
        assert (await _failure(folder)).code == "ferry.server_unreachable"
        await running.start()
        assert await folder.names() == ["a"]
        await folder.aclose()


async def test_a_server_that_did_not_let_us_in_is_not_asked_again_at_once(tmp_path: Path) -> None:
    async with sftp() as running:
        folder = SftpFolder(running.server(password=lambda: "wrong", first_wait=3600, longest_wait=3600), str(tmp_path))
        first, second = await _failure(folder), await _failure(folder)
        assert (first.code, second.code) == ("ferry.not_let_in", "ferry.not_let_in")
        assert (first.retry_after, len(running.connections)) == (None, 1)
        assert second.retry_after is not None
        assert second.retry_after > 3000


async def test_a_server_that_answers_nothing_is_given_up(tmp_path: Path) -> None:
    async with sftp(Mute) as running:
        folder = SftpFolder(running.server(answer=0.2), str(tmp_path))
        assert (await _failure(folder)).code == "ferry.server_unreachable"
        await folder.put("a", b"1")  # over a new connection
        assert len(running.connections) == 2
        await folder.aclose()


async def test_what_listens_and_is_no_server_is_given_up(tmp_path: Path) -> None:
    left = asyncio.Event()

    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await reader.read()
            writer.close()
            await writer.wait_closed()
        left.set()

    listening = await asyncio.start_server(nothing, "127.0.0.1", 0)
    async with listening, sftp() as running:
        port = listening.sockets[0].getsockname()[1]
        failure = await _failure(SftpFolder(running.server(port=port, connect=0.3), str(tmp_path)))
        await left.wait()
    assert failure.code == "ferry.server_unreachable"


async def _failure(folder: SftpFolder) -> TemporaryFailure:
    with pytest.raises(TemporaryFailure) as failure:
        await folder.names()
    return failure.value
