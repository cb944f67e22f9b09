"""What a connection listens to: subscribed, taken up again after a break, ended."""

from __future__ import annotations

from typing import Final

from engine_container.gateway.parts import Gateway
from engine_container.gateway.placing import known_symbol
from engine_container.gateway.sockets.connection import Connection, now_ms
from engine_container.gateway.sockets.paper import PAPER, PAPER_ORDERS, PaperStreams
from engine_container.gateway.sockets.protocol import PRIVATE_STREAMS, ClientMessage
from mycrypto.contracts.api import Mode
from mycrypto.errors import ProblemError, invalid

SUBSCRIPTIONS_MAX: Final = 50


class Subscriptions:
    """Of all connections of a gateway."""

    def __init__(self, gateway: Gateway, paper: PaperStreams) -> None:
        self._gateway = gateway
        self._paper = paper

    async def add(self, connection: Connection, stream: str, spelling: str, mode: Mode = "live", request_id: object = None) -> None:
        """Raises VALIDATION_ERROR, UNAUTHORIZED, ORDER_001, RATE_LIMIT_EXCEEDED, SERVICE_UNAVAILABLE."""
        key = self._key(connection, stream, spelling, mode)
        if key in connection.subscriptions:
            raise invalid("stream", "is subscribed already")
        if len(connection.subscriptions) >= SUBSCRIPTIONS_MAX:
            raise ProblemError(
                "RATE_LIMIT_EXCEEDED", f"at most {SUBSCRIPTIONS_MAX} subscriptions of one connection", limit=SUBSCRIPTIONS_MAX
            )
        if key[1] == PAPER:
            await self._paper.join(connection, key)
        connection.subscriptions.add(key)
        connection.push_message({"type": "subscribed", **_told(key, request_id)})
        if key[1] != PAPER:
            self._gateway.hub.subscribe(connection, *key)

    def remove(self, connection: Connection, message: ClientMessage) -> None:
        key = self._held(connection, message)
        connection.subscriptions.discard(key)
        self._leave(connection, key)
        connection.push_message({"type": "unsubscribed", **_told(key, message.id)})

    async def resync(self, connection: Connection, message: ClientMessage) -> None:
        """Send what was missed of a stream that is subscribed, as far as that can be told."""
        stream, symbol = key = self._held(connection, message)
        if key == PAPER_ORDERS:
            await self._paper.resync(connection, message.last_sequence, message.id)
        elif stream == "orderbook":
            self._gateway.hub.resync_book(connection, symbol, message.epoch, message.last_sequence)
        elif stream == "orders":
            self._gateway.hub.resync_orders(connection, message.last_sequence, message.id)
        else:
            raise invalid("stream", "cannot be taken up again; ask for it over HTTP")

    def drop(self, connection: Connection) -> None:
        """The connection is gone."""
        for key in connection.subscriptions:
            self._leave(connection, key)

    def _leave(self, connection: Connection, key: tuple[str, str]) -> None:
        if key[1] == PAPER:
            self._paper.leave(connection, key)
        else:
            self._gateway.hub.unsubscribe(connection, *key)

    def _held(self, connection: Connection, message: ClientMessage) -> tuple[str, str]:
        key = self._key(connection, message.stream or "", message.symbol or "", message.mode)
        if key not in connection.subscriptions:
            raise invalid("stream", "is not subscribed")
        return key

    def _key(self, connection: Connection, stream: str, spelling: str, mode: Mode) -> tuple[str, str]:
        views = self._gateway.require_views()
        if mode == "paper" and stream not in PRIVATE_STREAMS:
            raise invalid("mode", "paper is for the streams orders and balances alone")
        if stream in PRIVATE_STREAMS:
            connection.signed_in()
            return stream, PAPER if mode == "paper" else ""
        if not spelling:
            raise invalid("symbol", "is required")
        return stream, known_symbol(views.symbols, spelling).symbol


def _told(key: tuple[str, str], request_id: object) -> dict[str, object]:
    stream, symbol = key
    what: dict[str, object] = {"stream": stream, "symbol": symbol or None}
    if symbol == PAPER:
        what = {"stream": stream, "symbol": None, "mode": "paper"}
    return {**what, "timestamp": now_ms(), "id": request_id, "success": True}
