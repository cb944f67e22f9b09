"""What a connection listens to: subscribed, taken up again after a break, ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine_container.gateway.candles import INTERVALS_MS
from engine_container.gateway.parts import Gateway
from engine_container.gateway.placing import known_symbol
from engine_container.gateway.sockets.candles import CandleChannel
from engine_container.gateway.sockets.connection import Connection, now_ms
from engine_container.gateway.sockets.hub import WHOLE_BOOK
from engine_container.gateway.sockets.notices import NoticeStream
from engine_container.gateway.sockets.paper import PAPER, PAPER_ORDERS, PaperStreams
from engine_container.gateway.sockets.protocol import PAPER_STREAMS, PRIVATE_STREAMS, BookForm, ClientMessage, Topic
from engine_container.views.minutes import Minute, begin_of
from mycrypto.errors import ProblemError, invalid

SUBSCRIPTIONS_MAX: Final = 50
NOTICES: Final = "notices"


class Subscriptions:
    """Of all connections of a gateway."""

    def __init__(self, gateway: Gateway, paper: PaperStreams, notices: NoticeStream) -> None:
        self._gateway = gateway
        self._paper = paper
        self._notices = notices

    async def add(self, connection: Connection, message: ClientMessage) -> None:
        """Raises VALIDATION_ERROR, UNAUTHORIZED, ORDER_001, RATE_LIMIT_EXCEEDED, SERVICE_UNAVAILABLE."""
        topic = self._topic(connection, message)
        form = BookForm(message.depth, message.interval_ms)
        if topic.stream != "orderbook" and form != WHOLE_BOOK:
            raise invalid("depth" if message.depth != WHOLE_BOOK.depth else "interval_ms", "goes with orderbook only")
        if message.snapshot and topic.stream not in {"orders", "trades"}:
            raise invalid("snapshot", "goes with orders and trades only")
        if topic in connection.subscriptions:
            raise invalid("stream", "is subscribed already")
        if len(connection.subscriptions) >= SUBSCRIPTIONS_MAX:
            raise ProblemError(
                "RATE_LIMIT_EXCEEDED", f"at most {SUBSCRIPTIONS_MAX} subscriptions of one connection", limit=SUBSCRIPTIONS_MAX
            )
        opening = await self._prepare(connection, topic, message)
        connection.subscriptions[topic] = form
        connection.push_message({"type": "subscribed", **_told(topic, form, message.id)})
        if topic.symbol != PAPER and topic.stream != NOTICES:
            self._gateway.hub.subscribe(connection, topic, form, snapshot=message.snapshot)
        elif opening:
            connection.push(opening)

    async def _prepare(self, connection: Connection, topic: Topic, message: ClientMessage) -> str:
        """What has to be waited for before a subscription holds, and what it begins with where that is known by then."""
        if topic.symbol == PAPER:
            await self._paper.join(connection, topic)
            return await self._paper.snapshot(connection.signed_in().user_id) if message.snapshot else ""
        if topic.stream == NOTICES:
            await self._notices.join(connection)
        if topic.stream == "candles":
            channels = self._gateway.hub.candles.setdefault(topic.symbol, {})
            if topic not in channels:
                channels.setdefault(topic, await self._candle(topic))
        return ""

    async def _candle(self, topic: Topic) -> CandleChannel:
        """With what was traded in the present candle so far. Raises SERVICE_UNAVAILABLE."""
        gateway, length_ms = self._gateway, INTERVALS_MS[topic.interval]
        begin_ms = begin_of(now_ms(), length_ms)
        known = gateway.views.minutes[topic.symbol]
        older: Sequence[Minute] = []
        if gateway.history is not None and known.trimmed and known.first_ms is not None and begin_ms < known.first_ms:
            older = await gateway.history.minutes(topic.symbol, begin_ms, known.first_ms)
        views = gateway.require_views()  # nothing is waited for from here on
        known = views.minutes[topic.symbol]
        since = known.since(begin_ms if known.first_ms is None else max(begin_ms, known.first_ms))
        return CandleChannel(topic, length_ms, [*older, *since], views.watermark, now_ms())

    def remove(self, connection: Connection, message: ClientMessage) -> None:
        topic = self._held(connection, message)
        form = connection.subscriptions.pop(topic)
        self._leave(connection, topic, form)
        connection.push_message({"type": "unsubscribed", **_told(topic, form, message.id)})

    async def resync(self, connection: Connection, message: ClientMessage) -> None:
        """Send what was missed of a stream that is subscribed, as far as that can be told."""
        topic = self._held(connection, message)
        if topic == PAPER_ORDERS:
            await self._paper.resync(connection, message.last_sequence, message.id)
        elif topic.stream == "orderbook":
            form = connection.subscriptions[topic]
            self._gateway.hub.resync_book(connection, topic.symbol, form, message.epoch, message.last_sequence)
        elif topic.stream == "orders":
            self._gateway.hub.resync_orders(connection, message.last_sequence, message.id)
        else:
            raise invalid("stream", "cannot be taken up again; ask for it over HTTP")

    def drop(self, connection: Connection) -> None:
        """The connection is gone."""
        for topic, form in connection.subscriptions.items():
            self._leave(connection, topic, form)

    def _leave(self, connection: Connection, topic: Topic, form: BookForm) -> None:
        if topic.symbol == PAPER:
            self._paper.leave(connection, topic)
        elif topic.stream == NOTICES:
            self._notices.leave(connection)
        else:
            self._gateway.hub.unsubscribe(connection, topic, form)

    def _held(self, connection: Connection, message: ClientMessage) -> Topic:
        topic = self._topic(connection, message)
        if topic not in connection.subscriptions:
            raise invalid("stream", "is not subscribed")
        return topic

    def _topic(self, connection: Connection, message: ClientMessage) -> Topic:
        views = self._gateway.require_views()
        stream, spelling = message.stream or "", message.symbol or ""
        if message.mode == "paper" and stream not in PAPER_STREAMS:
            raise invalid("mode", "paper is for the streams orders and balances alone")
        if message.interval is not None and stream != "candles":
            raise invalid("interval", "goes with candles only")
        if stream in PRIVATE_STREAMS:
            connection.signed_in()
            return Topic(stream, PAPER if message.mode == "paper" else "")
        if stream == "tickers":
            return Topic(stream)
        if not spelling:
            raise invalid("symbol", "is required")
        if stream == "candles" and message.interval is None:
            raise invalid("interval", "is required")
        return Topic(stream, known_symbol(views.symbols, spelling).symbol, message.interval or "")


def _told(topic: Topic, form: BookForm, request_id: object) -> dict[str, object]:
    what: dict[str, object] = {"stream": topic.stream, "symbol": topic.symbol or None}
    if topic.symbol == PAPER:
        what = {"stream": topic.stream, "symbol": None, "mode": "paper"}
    elif topic.stream == "orderbook":
        what |= form._asdict()
    elif topic.interval:
        what["interval"] = topic.interval
    return {**what, "timestamp": now_ms(), "id": request_id, "success": True}
