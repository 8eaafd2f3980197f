"""Answers of the plain doors when something is wrong: problem documents (RFC 9457) in Chinese and English."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway import contract, texts
from gateway.errors import Fact, GatewayError, seconds_to_wait
from gateway.wire.canonical_dialect import problem, status_of


def answer(request: Request, error: GatewayError) -> Response:
    """Return the problem document of an error."""
    language = texts.preferred(request.headers.get("accept-language"))
    return plain(problem(error.code, status_of(error), language, error.facts, wait=seconds_to_wait(error)))


def problem_response(request: Request, code: str, status: int, **facts: Fact) -> Response:
    """Return the problem document of a code of the catalogue."""
    language = texts.preferred(request.headers.get("accept-language"))
    return plain(problem(code, status, language, facts))


def plain(response: contract.Response) -> Response:
    """Return a contract response as the server's."""
    return Response(response.body, status_code=response.status, headers=dict(response.headers))
