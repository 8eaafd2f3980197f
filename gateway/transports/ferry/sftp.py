"""A folder of a ferry on another machine, reached by SFTP through asyncssh (extra ``sftp``): import it only on demand.

    connect ─► the pinned host key or nobody ─► key or password ─► one connection, kept, for all that is done there
    put     ─► beside its place ─► to disk, where the server can ─► its name

What fails there is a TemporaryFailure, and the next call connects anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from stat import S_ISREG

import asyncssh

from gateway.errors import TemporaryFailure
from gateway.transports.ferry.folders import ASIDE, Stamp, beside

KEEP_ALIVE = 15  # seconds between two signs of life; after three without an answer the connection is given up
NO_SUCH = (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)
LOST = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where a server is, how it proves itself, and how we do; one of ``private_key`` and ``password`` returns a secret.

    ``host_keys``: public keys as in a ``.pub`` file. ``connect``, ``answer``: seconds for logging in, and for whatever
    is done afterwards. ``first_wait``, ``longest_wait``: seconds after a log-in that failed until there is another:
    a server locks out who tries too often.
    """

    host: str
    port: int
    user: str
    host_keys: tuple[str, ...]
    private_key: Callable[[], str] | None = field(default=None, repr=False)
    password: Callable[[], str] | None = field(default=None, repr=False)
    connect: float = 10.0
    answer: float = 60.0
    first_wait: float = 5.0
    longest_wait: float = 60.0


@dataclass(slots=True)
class SftpServer:
    """One server, and the connection to it while there is one."""

    access: Access
    _connection: asyncssh.SSHClientConnection | None = field(default=None, init=False, repr=False)
    _client: asyncssh.SFTPClient | None = field(default=None, init=False, repr=False)
    _connecting: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)
    _failure: TemporaryFailure | None = field(default=None, init=False, repr=False)
    _wait: float = field(default=0.0, init=False, repr=False)
    _not_before: float = field(default=0.0, init=False, repr=False)  # by the loop's clock

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[asyncssh.SFTPClient]:
        """Give what files are reached with, for so long as one thing may take. Raises TemporaryFailure.

        Then the connection is given up: whoever is only cancelled still waits for the server, to close what is open.
        """
        host = self.access.host
        client = await self._connected()
        given_up = asyncio.get_running_loop().call_later(self.access.answer, self._drop, client)
        try:
            yield client
        except LOST as error:
            self._drop(client)
            raise TemporaryFailure("ferry.server_unreachable", host=host, why="no answer") from error
        except asyncssh.SFTPError as error:
            raise TemporaryFailure("ferry.server_refused", host=host, status=error.code) from error
        except (asyncssh.Error, ConnectionError) as error:
            self._drop(client)
            raise TemporaryFailure("ferry.server_unreachable", host=host, why=type(error).__name__) from error
        finally:
            given_up.cancel()

    async def aclose(self) -> None:
        """Close the connection."""
        connection, self._connection, self._client = self._connection, None, None
        if connection is not None:
            connection.close()
            with contextlib.suppress(asyncssh.Error, OSError):
                await asyncio.wait_for(connection.wait_closed(), self.access.connect)

    async def _connected(self) -> asyncssh.SFTPClient:
        async with self._connecting:
            if self._client is None or self._connection is None or self._connection.is_closed():
                self._wait_on()
                try:
                    self._connection, self._client = await self._connect()
                except TemporaryFailure as failure:
                    self._put_off(failure)
                    raise
                self._failure, self._wait = None, 0.0
            return self._client

    def _wait_on(self) -> None:
        """Raise what failed last, until it is time to try again."""
        left = self._not_before - asyncio.get_running_loop().time()
        if self._failure is not None and left > 0:
            raise TemporaryFailure(self._failure.code, retry_after=left, **self._failure.facts)

    def _put_off(self, failure: TemporaryFailure) -> None:
        """Try again after a while, which is longer each time."""
        self._wait = min(max(2 * self._wait, self.access.first_wait), self.access.longest_wait)
        self._failure, self._not_before = failure, asyncio.get_running_loop().time() + self._wait

    async def _connect(self) -> tuple[asyncssh.SSHClientConnection, asyncssh.SFTPClient]:
        access, connection = self.access, None
        try:
            async with asyncio.timeout(access.connect):
                connection = await asyncssh.connect(access.host, access.port, options=self._options())
                client = await connection.start_sftp_client(path_errors="surrogateescape")
        except BaseException as error:
            if connection is not None:
                connection.abort()
            failure = _why_not(error, access)
            if failure is None:
                raise
            raise failure from error
        return connection, client

    def _options(self) -> asyncssh.SSHClientConnectionOptions:
        """Return how to connect: by this row alone, whatever lies in the home of whoever runs the gateway."""
        access = self.access
        private_key = password = None
        if access.private_key is not None:
            private_key = [asyncssh.import_private_key(access.private_key() + "\n")]
        elif access.password is not None:
            password = access.password()
        trusted = [asyncssh.import_public_key(each) for each in access.host_keys]
        return asyncssh.SSHClientConnectionOptions(
            username=access.user, password=password, client_keys=private_key, known_hosts=(trusted, [], []),
            config=None, agent_path=None, x509_trusted_certs=None, login_timeout=access.connect,
            keepalive_interval=KEEP_ALIVE,
        )  # fmt: skip

    def _drop(self, client: asyncssh.SFTPClient) -> None:
        """Give a connection up, unless there is a newer one."""
        if self._client is client and self._connection is not None:
            self._connection.abort()
            self._connection = self._client = None


@dataclass(frozen=True, slots=True)
class SftpFolder:
    """A folder on a server; it is there already."""

    server: SftpServer
    path: str

    async def put(self, name: str, content: bytes) -> None:
        """Write a file beside its place, make it durable, and move it there. Raises TemporaryFailure."""
        partial, place = self._place(beside(name)), self._place(name)
        async with self.server.session() as client:
            try:
                async with client.open(partial, "wb") as file:
                    await file.write(content)
                    with contextlib.suppress(asyncssh.SFTPOpUnsupported):
                        await file.fsync()
                await _move(client, partial, place)
            except asyncssh.SFTPError:
                with contextlib.suppress(asyncssh.SFTPError):
                    await client.remove(partial)
                raise

    async def names(self) -> list[str]:
        """Return the names of the files that lie here, sorted. Raises TemporaryFailure."""
        async with self.server.session() as client:
            found = [each async for each in client.scandir(self.path)]
        return sorted(str(each.filename) for each in found if S_ISREG(each.attrs.permissions or 0))

    async def read(self, name: str, limit: int) -> bytes:
        """Return a file, no more than a byte beyond ``limit``. Raises FileNotFoundError, TemporaryFailure."""
        async with self.server.session() as client:
            try:
                async with client.open(self._place(name), "rb") as file:
                    content: bytes = await file.read(limit + 1)
            except NO_SUCH:
                raise FileNotFoundError(name) from None
        return content

    async def stamp(self, name: str) -> Stamp:
        """Return size and time of the last change of a file. Raises FileNotFoundError, TemporaryFailure."""
        async with self.server.session() as client:
            try:
                found = await client.stat(self._place(name))
            except NO_SUCH:
                raise FileNotFoundError(name) from None
        return found.size or 0, float(found.mtime or 0)

    async def remove(self, name: str) -> None:
        """Remove a file that was taken in. Raises TemporaryFailure."""
        async with self.server.session() as client:
            with contextlib.suppress(*NO_SUCH):
                await client.remove(self._place(name))

    async def set_aside(self, name: str) -> None:
        """Move a damaged file into a folder below. Raises TemporaryFailure."""
        async with self.server.session() as client:
            if not await client.isdir(self._place(ASIDE)):
                await client.mkdir(self._place(ASIDE))
            with contextlib.suppress(*NO_SUCH):
                await _move(client, self._place(name), self._place(f"{ASIDE}/{name}"))

    async def aclose(self) -> None:
        """Close the connection to the server."""
        await self.server.aclose()

    def _place(self, name: str) -> str:
        return f"{self.path.rstrip('/')}/{name}"


async def _move(client: asyncssh.SFTPClient, here: str, there: str) -> None:
    """Give a file another name, in the place of whatever has it."""
    try:
        await client.posix_rename(here, there)
    except asyncssh.SFTPOpUnsupported:  # SFTP itself knows no renaming over a file
        with contextlib.suppress(*NO_SUCH):
            await client.remove(there)
        await client.rename(here, there)


def _why_not(error: BaseException, access: Access) -> TemporaryFailure | None:
    """Say why there is no connection; None for what is no failure of connecting."""
    host = access.host
    if isinstance(error, asyncssh.HostKeyNotVerifiable | asyncssh.KeyExchangeFailed):
        return TemporaryFailure("ferry.server_not_trusted", host=host)
    if isinstance(error, asyncssh.PermissionDenied):
        return TemporaryFailure("ferry.not_let_in", host=host, user=access.user)
    if isinstance(error, asyncssh.KeyImportError | asyncssh.KeyEncryptionError):
        return TemporaryFailure("ferry.key_unusable", host=host)
    if isinstance(error, asyncssh.Error | OSError):
        return TemporaryFailure("ferry.server_unreachable", host=host, why=type(error).__name__)
    return None
