"""Health, readiness and metrics of a process that serves nothing else: the engine and the publisher."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from engine_container.metrics import MEDIA_TYPE, REGISTRY

CALLS_MAX: Final = 32
"""At once; who probes more often is answered 503."""
IDLE_SECONDS_MAX: Final = 5
STOP_SECONDS_MAX: Final = 1

Answer = tuple[int, object]
Probe = Callable[[], Awaitable[Answer]]


def application(probes: Mapping[str, Probe]) -> ASGIApp:
    """``probes`` maps paths to what answers them with a status and a document; ``/metrics`` comes by itself."""

    async def metrics(request: Request) -> Response:  # noqa: ARG001 - the shape of an endpoint
        return Response(REGISTRY.text(), headers={"content-type": MEDIA_TYPE})

    routes = [Route(path, _endpoint(probe)) for path, probe in probes.items()]
    return Starlette(routes=[*routes, Route("/metrics", metrics)], exception_handlers={HTTPException: _refused})


def _endpoint(probe: Probe) -> Callable[[Request], Awaitable[Response]]:
    async def ask(request: Request) -> Response:  # noqa: ARG001 - the shape of an endpoint
        status, document = await probe()
        return _json(status, document)

    return ask


async def _refused(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the shape of a handler
    """A path or a method that is not there."""
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    return _json(status, {"status": "not found" if status == 404 else "method not allowed"}, headers)


def _json(status: int, document: object, headers: Mapping[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(document), status, headers, "application/json")


class _Server(uvicorn.Server):
    """One whose process has signal handlers of its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def listening(app: ASGIApp, host: str, port: int) -> AsyncIterator[None]:
    """Serve the application in the running loop for the time of the block. Raises ``OSError`` where the port is taken."""
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        limit_concurrency=CALLS_MAX,
        timeout_keep_alive=IDLE_SECONDS_MAX,
        timeout_graceful_shutdown=STOP_SECONDS_MAX,
    )
    server = _Server(config)
    bound = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    serving = asyncio.create_task(server.serve([bound]))
    try:
        yield  # who comes before the server runs waits in the socket's queue
    finally:
        server.should_exit = True
        await serving
