"""HTTP to one partner: its connections, its limits, its quick retries, and downloads from its hosts."""

from __future__ import annotations

import asyncio
import random
import select
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
import httpx
import tenacity
from httpx_aiohttp import AiohttpTransport
from httpx_aiohttp.transport import AiohttpResponseStream

from gateway.contract import Request, Response
from gateway.errors import (
    AnswerLost,
    NeverReached,
    PermanentFailure,
    TemporaryFailure,
    TransportFailure,
)
from gateway.transports.form import Documents, Form
from gateway.transports.http.addresses import allowed, base, below, for_aiohttp
from gateway.transports.http.failures import READING, lost_while_reading, translate, worth_repeating
from gateway.wire import retry_after

ANSWER_LIMIT = 4 * 1024 * 1024
# Below the 5 seconds after which common servers (uvicorn, Node) drop an idle connection: fewer lost answers.
_KEEP_ALIVE = 4.0
_OWN_HEADERS = {"user-agent": "fengqiao-gateway", "accept": "*/*", "accept-encoding": "identity"}
_TEMPORARY_STATUSES = frozenset({408, 425, 429})

Sink = Callable[[bytes], Awaitable[None] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds: to get a connection (name, TCP, TLS); without a byte of the answer; the same for a download.

    ``connect`` and ``answer`` together bound the whole of a request, ``connect`` and ``fetch`` that of a download.
    """

    connect: float = 5.0
    answer: float = 30.0
    fetch: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often a request that never reached the partner is tried in all, and the bounds of the pause in seconds."""

    tries: int = 3
    pause: tuple[float, float] = (0.2, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a download brought: media type as the server says it (lower case, without parameters), bytes counted."""

    media_type: str
    size: int


class HttpTransport:
    """One partner's connections. Any number of ``send`` may run; at most ``connections`` are on the wire."""

    def __init__(
        self,
        *,
        base_url: str,
        ssl_context: ssl.SSLContext,
        connections: int = 8,
        timeouts: Timeouts | None = None,
        answer_limit: int = ANSWER_LIMIT,
        documents: Documents | None = None,
        retries: Retries | None = None,
    ) -> None:
        self._base = base(base_url)
        self._timeouts = timeouts or Timeouts()
        self._answer_limit = answer_limit
        self._documents = documents
        self._ssl_context = ssl_context
        self._connections = connections
        # Waiting here, not in aiohttp's pool, keeps the wait out of the connect timeout.
        self._turns = asyncio.Semaphore(connections)
        # Without an AsyncClient around it there are no cookies, redirects, proxies or environment to switch off.
        self._transport = AiohttpTransport(verify=ssl_context, client=self._session)
        self._client: aiohttp.ClientSession | None = None
        self._patience = aiohttp.ClientTimeout(
            connect=self._timeouts.connect, sock_connect=self._timeouts.connect, sock_read=self._timeouts.answer
        )
        retries = retries or Retries()
        self._tries_left = retries.tries - 1
        self._pause = retries.pause
        self._again = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(self._tries_left),
            wait=tenacity.wait_random(*self._pause),
            retry=tenacity.retry_if_exception(worth_repeating),
            reraise=True,
        )

    async def send(self, request: Request) -> Response:
        """Return the partner's answer, whatever its status. Raises NeverReached or AnswerLost.

        A body of parts is streamed; what its documents raise comes through, and the request then was not complete.
        """
        try:
            return await self._once(request)
        except NeverReached as failure:
            if not self._tries_left or not worth_repeating(failure):
                raise
        # Only from here on through tenacity: its machinery would cost a sixth of a call that goes well.
        await asyncio.sleep(random.uniform(*self._pause))  # noqa: S311  # jitter
        return await self._again.copy()(self._once, request)  # a copy, for it keeps the state of one call

    async def fetch(self, url: str, *, hosts: frozenset[str], limit: int, sink: Sink) -> Fetched:
        """Stream the document at ``url`` into ``sink``, at most ``limit`` bytes, following no redirect.

        ``hosts`` are ``host`` for the default port of http and https, ``host:port`` for any other. Raises
        TemporaryFailure or PermanentFailure; ``sink`` may have been given a part by then.
        """
        target = allowed(url, hosts)
        request = httpx.Request("GET", target, extensions=self._extensions(self._timeouts.fetch))
        try:
            async with self._turns, self._answer(request, self._timeouts.fetch) as response:
                _require_document(response)
                size = 0
                async for chunk in _limited(response, response.headers, limit):
                    size += len(chunk)
                    if (pending := sink(chunk)) is not None:
                        await pending
        except _TooLarge:
            raise PermanentFailure("transport.fetch_too_large", limit=limit) from None
        except TransportFailure as failure:
            raise TemporaryFailure("transport.fetch_failed", host=target.host) from failure
        media_type = response.headers.get("content-type", "application/octet-stream").partition(";")[0]
        return Fetched(media_type=media_type.strip().lower(), size=size)

    async def aclose(self) -> None:
        """Close every connection; the transport is of no use afterwards."""
        await self._transport.aclose()
        if self._client is not None:
            await self._client.close()

    async def _once(self, request: Request) -> Response:
        async with self._turns:
            if isinstance(request.body, bytes):
                return await self._posted(request, request.body)
            return await self._streamed(request, Form(request.body, self._documents))

    async def _posted(self, request: Request, body: bytes) -> Response:
        """Send bytes by aiohttp itself: httpx's values around it would cost a third of a call that goes well."""
        url = for_aiohttp(self._base, request.path, request.query)
        client = self._session()
        try:
            async with asyncio.timeout(self._timeouts.connect + self._timeouts.answer):
                answer = await client.request(
                    request.method, url, headers=request.headers, data=body or None, allow_redirects=False,
                    auto_decompress=False, compress=False, timeout=self._patience,
                )  # fmt: skip
                try:
                    return await _whole(answer, self._answer_limit)
                finally:
                    answer.close()  # of no effect once it was read to its end
        except _TooLarge:
            raise AnswerLost("transport.answer_too_large", limit=self._answer_limit) from None
        except READING as error:
            raise lost_while_reading(error, url.host or "") from None

    async def _streamed(self, request: Request, form: Form) -> Response:
        try:
            async with self._answer(self._outgoing(request, form), self._timeouts.answer) as response:
                headers = dict(response.headers.items())
                body = b"".join([chunk async for chunk in _limited(response, headers, self._answer_limit)])
        except _TooLarge:
            raise AnswerLost("transport.answer_too_large", limit=self._answer_limit) from None
        except AnswerLost:
            if form.failure is not None:
                raise form.failure from None
            raise
        return Response(status=response.status_code, headers=headers, body=body)

    def _outgoing(self, request: Request, form: Form) -> httpx.Request:
        headers = {**request.headers, "content-type": form.content_type}
        if form.length is not None:
            headers["content-length"] = str(form.length)
        url = below(self._base, request.path, request.query)
        extensions = self._extensions(self._timeouts.answer)
        return httpx.Request(request.method, url, headers=headers, content=form, extensions=extensions)

    def _extensions(self, answer: float) -> dict[str, dict[str, float]]:
        connect = self._timeouts.connect
        # httpx-aiohttp hands "pool" on as the time for name, TCP and TLS together.
        return {"timeout": {"connect": connect, "pool": connect, "read": answer}}

    @asynccontextmanager
    async def _answer(self, request: httpx.Request, seconds: float) -> AsyncIterator[httpx.Response]:
        """Open the answer to ``request`` and close it.

        The connect timeout ends before the one here, so whatever this one ends had a connection.
        """
        response: httpx.Response | None = None
        try:
            async with asyncio.timeout(self._timeouts.connect + seconds):
                try:
                    response = await self._transport.handle_async_request(request)
                    yield response
                finally:
                    if response is not None:
                        await response.aclose()
        except READING as error:
            raise lost_while_reading(error, request.url.host) from None

    def _session(self) -> aiohttp.ClientSession:
        """Return aiohttp's session; it is made at the first request, when there is an event loop."""
        if self._client is None:
            self._client = self._made_session()
        return self._client

    def _made_session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=_Connector(limit=self._connections, ssl=self._ssl_context, keepalive_timeout=_KEEP_ALIVE),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_OWN_HEADERS,
            skip_auto_headers=("Content-Type",),
            middlewares=(translate,),
        )


class _Connector(aiohttp.TCPConnector):
    """Uses no connection again on which something came unasked: it would pass for the answer to the next request."""

    async def _get(self, key: Any, traces: Any) -> Any:
        while (connection := await super()._get(key, traces)) is not None:
            if not _out_of_step(connection):
                return connection
            connection.close()
        return None


def _out_of_step(connection: Any) -> bool:
    """Say whether something has come, read already or not, be it the end."""
    if connection.transport is None or connection.protocol.should_close:
        return True
    raw = connection.transport.get_extra_info("socket")
    waiting = select.poll()  # not select, which knows no descriptor above 1,023
    waiting.register(raw.fileno(), select.POLLIN)
    return bool(waiting.poll(0))


class _TooLarge(Exception):
    """Stops reading at the limit."""


async def _limited(response: httpx.Response, headers: Mapping[str, str], limit: int) -> AsyncIterator[bytes]:
    """Yield the body, decompressed. Raises _TooLarge as soon as more than ``limit`` bytes are announced or come."""
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limit:
        raise _TooLarge
    chunks = response.aiter_bytes()
    if "content-encoding" not in headers and isinstance(response.stream, httpx.AsyncByteStream):
        chunks = aiter(response.stream)  # the same bytes without httpx's decoders: a tenth of a call
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise _TooLarge
        yield chunk


async def _whole(answer: aiohttp.ClientResponse, limit: int) -> Response:
    """Read an answer to its end. Raises _TooLarge, and what reading raises."""
    headers: dict[str, str] = {}
    for name, value in answer.raw_headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    announced = headers.get("content-length", "")
    if "content-encoding" in headers or not announced.isdigit() or int(announced) > limit:
        stream = AiohttpResponseStream(answer)  # httpx has the decoders; we ask for none, and may be answered so
        response = httpx.Response(answer.status, headers=answer.raw_headers, stream=stream)
        body = b"".join([chunk async for chunk in _limited(response, headers, limit)])
    else:
        body = await answer.read()
    return Response(status=answer.status, headers=headers, body=body)


def _require_document(response: httpx.Response) -> None:
    status, host = response.status_code, response.request.url.host
    if status == 200:
        return
    if status in _TEMPORARY_STATUSES or status >= 500:
        wait = retry_after.seconds(response.headers, datetime.now(UTC))
        raise TemporaryFailure("transport.fetch_refused", retry_after=wait, host=host, status=status)
    raise PermanentFailure("transport.fetch_refused", host=host, status=status)
