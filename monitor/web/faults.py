"""Refusals as JSON: one shape for all, with a stable key instead of words."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from monitor.errors import StoreError, ValueRefusedError

log = structlog.get_logger(__name__)


class Refusal(Exception):
    """A request that is refused: HTTP status, key, and what the key is about."""

    def __init__(
        self, status: int, key: str, *, field: str | None = None, wait_seconds: float | None = None
    ) -> None:
        super().__init__(key)
        self.status = status
        self.key = key
        self.field = field
        self.wait_seconds = wait_seconds


_KEYS = {404: "not_found", 405: "method_not_allowed", 416: "range_not_satisfiable"}


def _answer(
    status: int, key: str, field: str | None = None, wait_seconds: float | None = None
) -> JSONResponse:
    body: dict[str, object] = {"error": key}
    if field is not None:
        body["field"] = field
    if wait_seconds is not None:
        body["wait_seconds"] = round(wait_seconds, 1)
    headers = {} if wait_seconds is None else {"Retry-After": str(max(1, round(wait_seconds)))}
    return JSONResponse(body, status, headers)


def install(app: FastAPI, missing: Callable[[], Response | None]) -> None:
    """Answer every kind of refusal in this shape; a browser that asks for a page gets ``missing`` for 404."""

    @app.exception_handler(Refusal)
    async def refused(request: Request, fault: Refusal) -> JSONResponse:
        return _answer(fault.status, fault.key, fault.field, fault.wait_seconds)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, fault: RequestValidationError) -> JSONResponse:
        # Only where it is wrong, never what was sent: that may be a password.
        where = fault.errors()[0]["loc"] if fault.errors() else ()
        return _answer(422, "bad_request", ".".join(str(part) for part in where[1:]) or None)

    @app.exception_handler(ValueRefusedError)
    async def unfit(request: Request, fault: ValueRefusedError) -> JSONResponse:
        return _answer(422, "bad_request")

    @app.exception_handler(StoreError)
    async def no_store(request: Request, fault: StoreError) -> JSONResponse:
        log.warning("store_unavailable", path=request.url.path, why=str(fault))
        return _answer(503, "store_unavailable", wait_seconds=5.0)

    @app.exception_handler(HTTPException)
    async def http(request: Request, fault: HTTPException) -> Response:
        wants_page = "text/html" in request.headers.get("accept", "")
        page = missing() if fault.status_code == 404 and wants_page else None
        if page is not None:
            return page
        return _answer(fault.status_code, _KEYS.get(fault.status_code, "http_error"))
