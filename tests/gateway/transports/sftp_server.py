"""A real SFTP server on loopback, of the library's own making, over folders of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import asyncssh

from gateway.transports.ferry.sftp import Access, SftpServer

USER = "fengqiao"
PASSWORD = "a-password-for-tests-only"


class Doorkeeper(asyncssh.SSHServer):
    """Lets one user in, by password or key."""

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.connection = conn

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


class Plain(asyncssh.SFTPServer):
    """A server that knows SFTP and none of OpenSSH's extensions."""

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPOpUnsupported("no such extension")

    def fsync(self, file_obj: object) -> None:
        raise asyncssh.SFTPOpUnsupported("no such extension")


class Full(asyncssh.SFTPServer):
    """A server whose disk is full once a file has begun."""

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        super().write(file_obj, offset, data[:100])
        raise asyncssh.SFTPFailure("no space")


class Mute(asyncssh.SFTPServer):
    """A server that lets people in and then answers nothing."""

    async def scandir(self, path: bytes) -> AsyncIterator[asyncssh.SFTPName]:
        await asyncio.sleep(3600)
        yield asyncssh.SFTPName(b"")


@dataclass
class Running:
    """A server that runs, and what one needs to get in."""

    kind: type[asyncssh.SFTPServer] = asyncssh.SFTPServer
    host_key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))
    client_key: asyncssh.SSHKey = field(default_factory=lambda: asyncssh.generate_private_key("ssh-ed25519"))
    port: int = 0
    acceptor: asyncssh.SSHAcceptor | None = None
    connections: list[Doorkeeper] = field(default_factory=list)

    async def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        authorised = asyncssh.import_authorized_keys(self.client_key.export_public_key().decode())
        self.acceptor = await asyncssh.listen(
            "127.0.0.1", self.port, server_factory=self._kept, server_host_keys=[self.host_key],
            authorized_client_keys=authorised, sftp_factory=self.kind,
        )  # fmt: skip
        self.port = self.acceptor.get_port()

    async def stop(self) -> None:
        """Listen no more, and cut every connection."""
        assert self.acceptor is not None
        self.acceptor.close()
        for each in self.connections:
            each.connection.abort()
            await each.connection.wait_closed()
        await self.acceptor.wait_closed()

    @property
    def pinned(self) -> str:
        """Its public key, as an administrator writes it down."""
        return self.host_key.export_public_key().decode().strip()

    def access(self, **changes: Any) -> Access:
        """Return how to get in by password, or as ``changes`` say."""
        given = {"host": "127.0.0.1", "port": self.port, "user": USER, "host_keys": (self.pinned,),
                 "password": lambda: PASSWORD, "connect": 20, "answer": 20, "first_wait": 0, **changes}  # fmt: skip
        return Access(**given)

    def server(self, **changes: Any) -> SftpServer:
        """Return the gateway's side of it."""
        return SftpServer(self.access(**changes))

    def _kept(self) -> Doorkeeper:
        self.connections.append(Doorkeeper())
        return self.connections[-1]


@asynccontextmanager
async def sftp(kind: type[asyncssh.SFTPServer] = asyncssh.SFTPServer) -> AsyncIterator[Running]:
    """Run a server."""
    running = Running(kind)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()
