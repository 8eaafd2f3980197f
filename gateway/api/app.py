"""The FastAPI application over one gateway. The partner doors are plain Starlette routes: they are the hot ones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi_offline import FastAPIOffline
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway import __version__
from gateway.api import (
    administration,
    documents,
    doors,
    duplicates,
    health,
    ledgers,
    mailbox,
    reconciliations,
    retention,
    rulings,
    schemas,
    scraping,
)
from gateway.api.described import describe
from gateway.api.problems import answer, problem_response
from gateway.bootstrap import Gateway
from gateway.errors import GatewayError, StoreUnavailable

log = structlog.get_logger("fengqiao.api")

DESCRIPTION = """
枫桥网关：法院调解平台、矛调中心（综治中心）、派出所、司法所与法院办案系统之间的集成网关。

Integration gateway between court mediation platforms, mediation centres, police stations, justice offices and the
court OA. Partner systems speak their own dialect at `/partners/{partner}/…`; systems that speak the common language
use `/v1/messages`. Errors of the `/v1` doors are problem documents (RFC 9457) in Chinese and English.
"""


def create_app(gateway: Gateway) -> FastAPI:
    """Return the application; it starts and stops the gateway with its own life."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await gateway.start()
        try:
            yield
        finally:
            await gateway.stop()

    app = FastAPIOffline(
        title="枫桥网关 Fengqiao Gateway",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        redoc_url=None,
        redirect_slashes=False,  # the address would be built from the sender's Host header
    )
    app.state.gateway = gateway
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    app.router.routes.insert(
        0, doors.canonical_route(gateway)
    )  # first: every route before it is tried for every record
    layers = app.build_middleware_stack
    app.build_middleware_stack = lambda: doors.Doors(layers(), gateway)  # type: ignore[method-assign]  # as outermost
    app.include_router(documents.router)
    app.include_router(mailbox.router)
    app.include_router(schemas.router)
    app.include_router(health.router)
    app.include_router(scraping.router)
    app.include_router(administration.router)
    app.include_router(reconciliations.router)
    app.include_router(retention.router)
    app.include_router(duplicates.router)
    app.include_router(rulings.router)
    app.include_router(ledgers.router)
    app.add_exception_handler(GatewayError, _gateway_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _not_of_the_form)
    for missed in (OperationalError, InterfaceError, PoolTimeout):
        app.add_exception_handler(missed, _store_missed)
    app.add_exception_handler(Exception, _fault)
    return app


async def _gateway_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError)  # noqa: S101  # registered for nothing else
    return answer(request, error)


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = {404: "http.no_such_path", 405: "http.no_such_method"}.get(status, "http.refused")
    return problem_response(request, code, status)


async def _not_of_the_form(request: Request, error: Exception) -> Response:
    """Name the parameters that are wrong, never their values."""
    wrong = error.errors() if isinstance(error, RequestValidationError) else []
    fields = sorted({".".join(str(step) for step in one["loc"]) for one in wrong})
    return problem_response(request, "http.invalid", 422, fields=", ".join(fields)[:300])


async def _store_missed(request: Request, error: Exception) -> Response:
    """Say that the database cannot be asked now. Its own text is nobody's: it may show a row or an address."""
    log.warning("request.store_unavailable", why=type(error).__name__)
    return answer(request, StoreUnavailable())


async def _fault(request: Request, _: Exception) -> Response:
    return problem_response(request, "gateway.fault", 500)
