"""The server's end of one socket: what is on its way to the client, and when the connection ends."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import msgspec
from starlette.types import Receive, Scope, Send

from engine_container.gateway.sockets.connection import received_text
from engine_container.web.fast_path.websocket_protocol import SEND_AT_ONCE, WHEN_STOPPED

QUEUE_MAX: Final = 20_000
CLOSE_POLICY: Final = 1008
CLOSE_RESTART: Final = 1012
FAREWELL_SECONDS_MAX: Final = 1.0
MESSAGES_PER_SECOND_MAX: Final = 50
LIFE_SECONDS_MAX: Final = 24 * 3_600.0
encode: Final = msgspec.json.Encoder().encode


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Outlet:
    """Messages leave in the order in which they were pushed. Nothing here waits for the reader; one that takes nothing is closed."""

    __slots__ = ("_at_once", "_ended", "_has_left", "_queue", "_send", "_wake", "_writing", "opened_ms")

    def __init__(self, scope: Scope, send: Send) -> None:
        extensions = scope.get("extensions", {})
        self._send = send
        self._at_once: Callable[[str | bytes], bool] | None = extensions.get(SEND_AT_ONCE)
        self._queue: deque[str | bytes] = deque()
        self._wake = asyncio.Event()
        self._ended: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self._writing = False
        self._has_left = False
        """The client, by itself."""
        self.opened_ms = now_ms()
        if (when_stopped := extensions.get(WHEN_STOPPED)) is not None:
            when_stopped(self._stop)

    def _stop(self, reason: str = "the gateway is restarting; connect again") -> None:
        self.push(encode({"e": "serverShutdown", "E": now_ms()}))
        self.close(CLOSE_RESTART, reason)

    def push(self, text: str | bytes) -> None:
        """Send a text, or its UTF-8."""
        if self._ended.done():
            return
        if not self._queue and not self._writing and self._at_once is not None and self._at_once(text):
            return
        if len(self._queue) >= QUEUE_MAX:
            self._queue.clear()
            self.close(CLOSE_POLICY, "the reader is too slow")
            return
        self._queue.append(text)
        self._wake.set()

    def close(self, code: int, reason: str) -> None:
        """Behind what is queued."""
        if not self._ended.done():
            self._ended.set_result((code, reason))
            self._wake.set()

    async def serve(self, receive: Receive, heard: Callable[[str], Any]) -> None:
        """Until either side ends it. ``heard`` takes each message and must not wait."""
        writer = asyncio.create_task(self._write())
        reader = asyncio.create_task(self._read(receive, heard))
        try:
            waited: set[asyncio.Future[Any]] = {writer, reader, self._ended}
            done, _ = await asyncio.wait(waited, timeout=LIFE_SECONDS_MAX, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                self._stop("a connection lasts a day; connect again")
            if self._ended.done() and not self._has_left:
                code, reason = self._ended.result()
                await asyncio.wait({writer}, timeout=FAREWELL_SECONDS_MAX)
                with suppress(TimeoutError, OSError):
                    async with asyncio.timeout(FAREWELL_SECONDS_MAX):
                        await self._send({"type": "websocket.close", "code": code, "reason": reason})
        finally:
            self.close(CLOSE_POLICY, "")
            for task in (writer, reader):
                task.cancel()
            await asyncio.gather(writer, reader, return_exceptions=True)

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._writing = True  # what is pushed meanwhile has to stand behind it
            while self._queue:
                text = self._queue.popleft()
                await self._send({"type": "websocket.send", "text": text if isinstance(text, str) else text.decode()})
            self._writing = False
            if self._ended.done():
                return

    async def _read(self, receive: Receive, heard: Callable[[str], Any]) -> None:
        second, count = 0, 0
        while (text := await received_text(receive)) is not None:
            now = int(time.monotonic())
            second, count = now, count + 1 if now == second else 1
            if count > MESSAGES_PER_SECOND_MAX:
                self.close(CLOSE_POLICY, "Too many requests")
                return
            heard(text)
        self._has_left = True
