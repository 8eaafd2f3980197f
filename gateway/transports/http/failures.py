"""Give the HTTP client's failures their meaning: did the partner never see the request, or may it have acted?

    no connection came about: refused, no such name, TLS, timeout      ─► NeverReached   repeated here, within seconds
    anything later: reset, answer timeout, incomplete, too large       ─► AnswerLost     never repeated here
    a complete answer of any status                                    ─► Response       the adapter's to judge

A kept-alive connection that the partner closes just as a request goes out counts as later: the partner may have read
the request. aiohttp would by itself send PUT and DELETE again then; the translation, which runs inside it as a
middleware, prevents that. It also sees aiohttp's own errors: the mapping of httpx-aiohttp would present a connection
lost after sending as a connect timeout. Nothing is raised "from" them: their texts hold the URL, whose query may hold
a token or a name.
"""

from __future__ import annotations

import errno

import aiohttp
import httpx

from gateway.errors import AnswerLost, NeverReached

# What reading an answer's body may raise.
READING = (TimeoutError, httpx.TransportError, httpx.DecodingError, aiohttp.ClientError)


async def translate(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Give aiohttp's failures their meaning, up to the answer's headers. Only the first two kinds precede sending."""
    host = request.url.host
    try:
        return await handler(request)
    except aiohttp.ConnectionTimeoutError:
        raise NeverReached("transport.connect_timeout", host=host) from None
    except aiohttp.ClientConnectorError as error:
        raise NeverReached(_never_reached(error), host=host, port=error.port) from None
    except aiohttp.ServerTimeoutError:
        raise AnswerLost("transport.answer_timeout", host=host) from None
    except aiohttp.ClientResponseError:
        raise AnswerLost("transport.answer_unreadable", host=host) from None
    except (aiohttp.ClientError, OSError) as error:
        raise AnswerLost("transport.connection_lost", host=host, why=type(error).__name__) from None


def _never_reached(error: aiohttp.ClientConnectorError) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "transport.certificate_refused"
    if isinstance(error, aiohttp.ClientSSLError):
        return "transport.tls_failed"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "transport.name_unknown"
    return "transport.refused" if error.os_error.errno == errno.ECONNREFUSED else "transport.unreachable"


def worth_repeating(failure: BaseException) -> bool:
    """Tell whether seconds may help: not after a wrong certificate, nor when a timeout has used them up."""
    return isinstance(failure, NeverReached) and failure.code not in {
        "transport.certificate_refused",
        "transport.connect_timeout",
    }


def lost_while_reading(error: Exception, host: str) -> AnswerLost:
    """Return what one of READING means."""
    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return AnswerLost("transport.answer_timeout", host=host)
    return AnswerLost("transport.answer_incomplete", host=host, why=type(error).__name__)
