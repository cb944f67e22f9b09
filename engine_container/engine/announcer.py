"""Tells gateways the outcome of a command as soon as it is decided, before its events are on the event log.

The command is durable: the engine reads what the command log's replicas have. Its outcome is certain: every engine that reads the same log decides the
same, byte for byte, and the one that publishes next appends what this one announced and could not append (docs/adr/0049). So a gateway may answer. What is
not heard costs time only: it comes over the event log too.
"""

from __future__ import annotations

import asyncio
from hmac import compare_digest
from typing import Final, cast

from aws_lambda_powertools import Logger

from engine_container.engine.replica import EventBatch
from engine_container.logs.announcement_wire import TOKEN_CHARACTERS, frame
from engine_container.metrics import Counter

LISTENERS_MAX: Final = 64
WAITING_BYTES_MAX: Final = 4_000_000
"""A listener that is so far behind is left to the event log."""
GREETING_SECONDS_MAX: Final = 2.0
ANNOUNCED: Final = Counter("engine_announced_records_total")


class Announcer:
    """``epoch`` is 0 while another engine leads, or while it is not known: then nothing is announced."""

    def __init__(self, token: str, log: Logger) -> None:
        self.token = token
        self.epoch = 0
        self.log = log
        self._server: asyncio.Server | None = None
        self.connected: dict[_Listener, None] = {}
        self.listeners: dict[_Listener, None] = {}
        """Those that have said the token, in the order in which they came."""

    async def listen(self, host: str, port: int) -> int:
        """Serve listeners at this port, or, with 0, at any free one; the port. Raises ``OSError`` where it is taken."""
        self._server = await asyncio.get_running_loop().create_server(lambda: _Listener(self), host, port)
        return port or int(self._server.sockets[0].getsockname()[1])

    def lead(self, epoch: int) -> None:
        """Publish under this epoch; 0: this engine does not publish, and its listeners have to look for the one that does."""
        if epoch != self.epoch:
            self.epoch = epoch
            self.close()

    def announce(self, batches: list[EventBatch]) -> None:
        """Event records in the order of their numbers, of commands that are durable."""
        if not self.epoch or not self.listeners:
            return
        ANNOUNCED.add(len(batches))
        data = b"".join([frame(self.epoch, batch.payload) for batch in batches])
        for listener in list(self.listeners):
            listener.tell(data)

    def close(self) -> None:
        """Let every listener go."""
        for listener in list(self.connected):
            listener.leave()

    def end(self) -> None:
        """Let every listener go, and take no more."""
        if self._server is not None:
            self._server.close()
        self.close()


class _Listener(asyncio.Protocol):
    """A gateway's connection."""

    def __init__(self, announcer: Announcer) -> None:
        self._announcer = announcer
        self._transport: asyncio.Transport | None = None
        self._heard = b""
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if len(self._announcer.connected) >= LISTENERS_MAX:
            self._announcer.log.warning("one more listener than may listen is sent away", listeners=LISTENERS_MAX)
            self._transport.abort()
            return
        self._announcer.connected[self] = None
        self._late = asyncio.get_running_loop().call_later(GREETING_SECONDS_MAX, self.leave)

    def data_received(self, data: bytes) -> None:
        self._heard += data[: TOKEN_CHARACTERS + 1 - len(self._heard)]
        if len(self._heard) < TOKEN_CHARACTERS:
            return
        if self in self._announcer.listeners or not compare_digest(self._heard, self._announcer.token.encode()):
            self.leave()
            return
        if self._late is not None:
            self._late.cancel()
        self._announcer.listeners[self] = None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - however it ended
        self._forget()

    def tell(self, data: bytes) -> None:
        if self._transport is None or self._transport.get_write_buffer_size() > WAITING_BYTES_MAX:
            self.leave()
            return
        self._transport.write(data)

    def leave(self) -> None:
        self._forget()
        if self._transport is not None:
            self._transport.abort()

    def _forget(self) -> None:
        self._announcer.connected.pop(self, None)
        self._announcer.listeners.pop(self, None)
        if self._late is not None:
            self._late.cancel()
