"""The engine's own small HTTP server: /health, /ready, /metrics, /state. It speaks just enough HTTP for probes and scrapers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from engine_container.metrics import MEDIA_TYPE, REGISTRY

_REQUEST_SECONDS_MAX: Final = 5
_REASONS: Final = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 503: "Service Unavailable"}

Answer = tuple[int, dict[str, object]]
Route = Callable[[], Awaitable[Answer]]


class Web:
    """``routes`` maps paths to what answers them with a status and a JSON document."""

    def __init__(self, routes: dict[str, Route]) -> None:
        self._routes = routes

    async def start(self, host: str, port: int) -> asyncio.Server:
        """Listen."""
        return await asyncio.start_server(self._serve, host, port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_REQUEST_SECONDS_MAX):
                head = await reader.readuntil(b"\r\n\r\n")
            method, path, _ = (head.split(b"\r\n", 1)[0] + b"  ").split(b" ", 2)
            status, kind, body = await self._answer(method.decode("latin-1"), path.decode("latin-1").split("?", 1)[0])
            writer.write(
                f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                "Connection: close\r\n\r\n".encode()
                + (b"" if method == b"HEAD" else body)
            )
            await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            writer.close()

    async def _answer(self, method: str, path: str) -> tuple[int, str, bytes]:
        if method not in {"GET", "HEAD"}:
            return 405, "application/json", b'{"status":"method not allowed"}'
        if path == "/metrics":
            return 200, MEDIA_TYPE, REGISTRY.text().encode()
        route = self._routes.get(path)
        if route is None:
            return 404, "application/json", b'{"status":"not found"}'
        status, document = await route()
        return status, "application/json", msgspec.json.encode(document)
