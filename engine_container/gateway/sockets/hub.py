"""Takes the changes of the views to the sockets that listen. Called from within the projection, so it only encodes and queues."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from engine_container.gateway.sockets.books import BookChannel
from engine_container.gateway.sockets.candles import CandleChannel
from engine_container.gateway.sockets.connection import Connection, now_ms, text_of
from engine_container.gateway.sockets.order_messages import (
    RESYNC_ORDERS_MAX,
    balance_update,
    order_update,
    orders_snapshot,
    push_resynced,
)
from engine_container.gateway.sockets.protocol import BookForm, Topic
from engine_container.views.balances import Balance
from engine_container.views.observer import Observer, OrderChange
from engine_container.views.orders import Order
from engine_container.views.projection import Projection
from engine_container.views.rendering import iso, order_model, public_trade_model, ticker_model
from engine_container.views.trades import TradeRecord
from mycrypto.contracts import api
from mycrypto.contracts.events import EventRecord, SymbolChanged
from mycrypto.contracts.trading import OrderStatus, Side
from mycrypto.ids import new_uuid

_ACTIONS: Final = {
    OrderChange.PLACED: "created",
    OrderChange.REJECTED: "rejected",
    OrderChange.FILLED: "partially_filled",
    OrderChange.TRIGGERED: "triggered",
    OrderChange.AMENDED: "amended",
}
FILLS_TOLD_MAX: Final = 20
"""Of one order in one record of events, fill by fill; after them what the record made of the order is told once."""
TRADES_TOLD_MAX: Final = 1_000
"""In one message."""
TRADES_OF_SNAPSHOT: Final = 50
WHOLE_BOOK: Final = BookForm()

_CLOSED: Final = {OrderStatus.FILLED: "filled", OrderStatus.CANCELLED: "cancelled", OrderStatus.EXPIRED: "expired"}


class Hub(Observer):
    """Who listens to what. ``live`` says whether the views are complete; while they are being built nothing is told."""

    def __init__(self, shard: int) -> None:
        self._shard = shard
        self._views: Callable[[], Projection] = Projection
        self._live: Callable[[], bool] = lambda: False
        self._shown: Projection | None = None
        self._epoch = str(new_uuid())
        self._books: dict[str, dict[BookForm, BookChannel]] = {}
        self._dirty: dict[str, dict[tuple[Side, int], None]] = {}
        self._trade_readers: dict[str, set[Connection]] = {}
        self._trades: dict[str, list[TradeRecord]] = {}
        self._ticker_readers: dict[str, set[Connection]] = {}
        self._readers_of_all_tickers: set[Connection] = set()
        self._tickers_told: dict[str, str] = {}
        self.candles: dict[str, dict[Topic, CandleChannel]] = {}
        """By symbol. Those who ask for a candle bring its channel, since its beginning may be in the history."""
        self._order_readers: dict[bytes, set[Connection]] = {}
        self._fills: dict[int, int] = {}
        """How many fills of each order the record that is being applied has brought."""
        self._untold: dict[int, tuple[Order, int, int]] = {}
        """Orders whose last fills in this record have not been told yet, with event and time."""
        self._balance_readers: dict[bytes, set[Connection]] = {}

    def attach(self, views: Callable[[], Projection], live: Callable[[], bool]) -> None:
        """Where the views are found now, and whether they are complete."""
        self._views = views
        self._live = live

    def subscribe(self, reader: Connection, topic: Topic, form: BookForm = WHOLE_BOOK, *, snapshot: bool = False) -> None:
        """Add a listener; it gets what is true now first. Of orders and trades it hears only what is new, unless it asks for a ``snapshot``."""
        stream, symbol, _ = topic
        views = self._views()
        self._shown = self._shown or views
        caller = reader.caller
        if stream == "orderbook":
            self._book(symbol, form).join(reader, views.books[symbol])
        elif stream == "trades":
            self._trade_readers.setdefault(symbol, set()).add(reader)
            if snapshot:
                reader.push(self._trades_snapshot(symbol))
        elif stream == "candles":
            self.candles[symbol][topic].join(reader)
        elif stream == "tickers":
            self._readers_of_all_tickers.add(reader)
            reader.push(self._tickers_text([each.symbol for each in views.symbols.all()]))
        elif stream == "ticker":
            self._ticker_readers.setdefault(symbol, set()).add(reader)
            reader.push(self._ticker_text(symbol))
        elif stream == "orders" and caller is not None:
            self._order_readers.setdefault(caller.user_id, set()).add(reader)
            if snapshot:
                live = [order for order in views.orders.of(caller.user_id) if not order.is_final]
                reader.push(orders_snapshot([self._model(order) for order in live], views.watermark))
        elif stream == "balances" and caller is not None:
            self._balance_readers.setdefault(caller.user_id, set()).add(reader)
            for asset, balance in views.balances.of(caller.user_id).items():
                reader.push(balance_update(asset, balance))

    def unsubscribe(self, reader: Connection, topic: Topic, form: BookForm = WHOLE_BOOK) -> None:
        """Remove a listener; does nothing if it does not listen."""
        stream, symbol, _ = topic
        if stream == "orderbook":
            if (book := self._books.get(symbol, {}).get(form)) is not None:
                book.readers.discard(reader)
            return
        if stream == "candles":
            if (candle := self.candles.get(symbol, {}).get(topic)) is not None:
                candle.readers.discard(reader)
                if not candle.readers:
                    del self.candles[symbol][topic]
            return
        if stream == "tickers":
            self._readers_of_all_tickers.discard(reader)
            return
        table: dict[str, dict[Any, set[Connection]]] = {
            "trades": self._trade_readers,
            "ticker": self._ticker_readers,
            "orders": self._order_readers,
            "balances": self._balance_readers,
        }
        key: str | bytes = symbol if stream in {"trades", "ticker"} else (reader.caller.user_id if reader.caller else b"")
        readers = table[stream].get(key)
        if readers is not None:
            readers.discard(reader)
            if not readers:
                del table[stream][key]

    def resync_book(self, reader: Connection, symbol: str, form: BookForm, epoch: str, last_sequence: int) -> None:
        self._book(symbol, form).resync(reader, self._views().books[symbol], epoch, last_sequence)

    def resync_orders(self, reader: Connection, last_sequence: int, request_id: object = None) -> None:
        """The present state of every order that changed after an event, then ``resynced``, which says if that was all: what finished too
        long ago is in the history only, and what does not fit into the queue is left out, the oldest first.
        """
        if reader.caller is None:
            return
        views = self._views()
        changed = [order for order in views.orders.of(reader.caller.user_id) if order.updated_seq > last_sequence]
        told = sorted(changed, key=lambda order: order.updated_seq)[-RESYNC_ORDERS_MAX:]
        for order in told:
            reader.push(self._order_text(order, "resync", order.updated_seq, order.updated_ms))
        complete = len(told) == len(changed) and last_sequence >= views.orders.evicted_seq
        push_resynced(reader, views.watermark, len(told), complete=complete, request_id=request_id)

    def _book(self, symbol: str, form: BookForm) -> BookChannel:
        channels = self._books.setdefault(symbol, {})
        channel = channels.get(form)
        if channel is None:
            channel = channels[form] = BookChannel(symbol, self._epoch, form)
        return channel

    # what the projection tells

    def level_changed(self, symbol: str, side: Side, price: int, seq: int) -> None:  # noqa: ARG002 - the observer's shape
        self._dirty.setdefault(symbol, {})[side, price] = None

    def traded(self, record: TradeRecord, maker: Order | None, taker: Order | None) -> None:  # noqa: ARG002 - the observer's shape
        if record.trade.symbol not in self._trade_readers and not self.candles.get(record.trade.symbol):
            return
        if self._shown is None or record.number > self._shown.watermark:  # else rebuilt views repeat it
            self._trades.setdefault(record.trade.symbol, []).append(record)

    def order_changed(self, order: Order, change: OrderChange, seq: int, time_ms: int) -> None:
        readers = self._order_readers.get(order.user_id)
        if readers and self._is_shown() and not (change is OrderChange.FILLED and order.is_whole):  # the close that follows says it
            if change is OrderChange.FILLED:
                fills = self._fills[order.number] = self._fills.get(order.number, 0) + 1
                if fills > FILLS_TOLD_MAX:
                    self._untold[order.number] = (order, seq, time_ms)
                    return
            elif self._untold:
                self._untold.pop(order.number, None)
            action = _CLOSED[order.status] if change is OrderChange.CLOSED else _ACTIONS[change]
            self._tell_order(readers, order, action, seq, time_ms)

    def _tell_order(self, readers: set[Connection], order: Order, action: str, seq: int, time_ms: int) -> None:
        text = self._order_text(order, action, seq, time_ms)
        for reader in readers:
            reader.push(text)

    def _tell_untold(self) -> None:
        self._fills.clear()
        untold, self._untold = self._untold, {}
        for order, seq, time_ms in untold.values():
            self._tell_order(self._order_readers.get(order.user_id, set()), order, _ACTIONS[OrderChange.FILLED], seq, time_ms)

    def balance_changed(self, user_id: bytes, asset: str, balance: Balance) -> None:
        readers = self._balance_readers.get(user_id)
        if readers and self._is_shown():
            text = balance_update(asset, balance)
            for reader in readers:
                reader.push(text)

    def symbol_changed(self, event: SymbolChanged, seq: int, time_ms: int) -> None:
        """Told to everybody who listens to the symbol, and to everybody who listens to own orders: a halt concerns them whatever they hold."""
        if not self._live():
            return
        readers = self._readers_of_all_tickers.union(*(book.readers for book in self._books.get(event.symbol, {}).values()))
        readers.update(*(candle.readers for candle in self.candles.get(event.symbol, {}).values()))
        readers.update(self._trade_readers.get(event.symbol, ()), self._ticker_readers.get(event.symbol, ()), *self._order_readers.values())
        resume = iso(event.resume_ms) if event.resume_ms else None
        data = {"status": event.status.name, "reason": event.reason or None, "estimated_resume": resume}
        text = text_of({"type": "symbol_status", "symbol": event.symbol, "timestamp": time_ms, "sequence": seq, "data": data})
        for reader in readers:
            reader.push(text)

    def record_applied(self, record: EventRecord) -> None:  # noqa: ARG002 - the observer's shape
        if self._fills:
            self._tell_untold()
        dirty, self._dirty = self._dirty, {}
        if not self._is_shown():
            self.look()
            return
        views = self._views()
        for symbol, levels in dirty.items():
            for channel in self._books.get(symbol, {}).values():
                channel.changed(views.books[symbol], levels)

    def _is_shown(self) -> bool:
        """Whether the readers see the views that are complete now; those who come first see them anyway."""
        return self._live() and self._shown in (None, self._views())

    def look(self) -> None:
        """Rebuilt views are shown as soon as they are complete: every reader goes on where the old views ended."""
        shown, views = self._shown, self._views()
        if shown is None or shown is views or not self._live():
            return
        self._shown = views
        self._epoch = str(new_uuid())
        for symbol, channels in self._books.items():
            for channel in channels.values():
                channel.restart(views.books[symbol], self._epoch)
        for reader in set().union(*self._order_readers.values()):
            self.resync_orders(reader, shown.watermark)
        for user_id, readers in self._balance_readers.items():
            texts = [balance_update(*held) for held in views.balances.of(user_id).items() if held[1].seq > shown.watermark]
            for reader in readers:
                for text in texts:
                    reader.push(text)

    # what time tells

    def flush_books(self, time_ms: int) -> None:
        """Call twenty times a second: the changes of books that are not told at once."""
        if not self._is_shown():
            return
        views = self._views()
        for symbol, channels in self._books.items():
            for channel in channels.values():
                channel.flush(views.books[symbol], time_ms)

    def flush_trades(self) -> None:
        """Call ten times a second: all trades since then as one message per symbol, or some where there are very many; and what they made of
        candles.
        """
        self.look()
        if not self._live():
            return  # they are told when the views are complete
        trades, self._trades = self._trades, {}
        for symbol, candles in self.candles.items():
            for candle in candles.values():
                candle.traded(trades.get(symbol, ()))
                candle.beat(now_ms())
        for symbol, records in trades.items():
            readers = self._trade_readers.get(symbol)
            if not readers:
                continue
            for start in range(0, len(records), TRADES_TOLD_MAX):
                text = self._trades_text(symbol, records[start : start + TRADES_TOLD_MAX])
                for reader in readers:
                    reader.push(text)

    def _trades_snapshot(self, symbol: str) -> str:
        records = self._views().trades.recent(symbol, TRADES_OF_SNAPSHOT)
        rows = [public_trade_model(record, self._shard) for record in reversed(records)]
        sequence = records[0].number if records else 0
        return text_of(
            {"type": "trades_snapshot", "stream": "trades", "symbol": symbol, "timestamp": now_ms(), "sequence": sequence, "data": rows}
        )

    def _trades_text(self, symbol: str, records: list[TradeRecord]) -> str:
        rows = [public_trade_model(record, self._shard) for record in records]
        last = records[-1]
        return text_of(
            {"type": "trades", "stream": "trades", "symbol": symbol, "timestamp": last.time_ms, "sequence": last.number, "data": rows}
        )

    def flush_tickers(self) -> None:
        """Call once a second: tickers that changed."""
        if not self._live():
            return
        views = self._views()
        followed = [each.symbol for each in views.symbols.all()] if self._readers_of_all_tickers else list(self._ticker_readers)
        changed = []
        for symbol in followed:
            mark = f"{views.books[symbol].last_seq}:{views.minutes[symbol].last_time_ms}"
            if self._tickers_told.get(symbol) != mark:
                self._tickers_told[symbol] = mark
                changed.append(symbol)
        for symbol in changed:
            if readers := self._ticker_readers.get(symbol):
                text = self._ticker_text(symbol)
                for reader in readers:
                    reader.push(text)
        if changed and self._readers_of_all_tickers:
            text = self._tickers_text(changed)
            for reader in self._readers_of_all_tickers:
                reader.push(text)

    def _ticker(self, symbol: str, time_ms: int) -> api.Ticker:
        views = self._views()
        return ticker_model(symbol, views.minutes[symbol], views.books[symbol], time_ms)

    def _ticker_text(self, symbol: str) -> str:
        now = now_ms()
        return text_of({"type": "ticker", "stream": "ticker", "symbol": symbol, "timestamp": now, "data": self._ticker(symbol, now)})

    def _tickers_text(self, symbols: Iterable[str]) -> str:
        now = now_ms()
        return text_of({"type": "tickers", "stream": "tickers", "timestamp": now, "data": [self._ticker(each, now) for each in symbols]})

    def _model(self, order: Order) -> api.Order:
        return order_model(order, order.symbol.rpartition("/")[2], self._shard)

    def _order_text(self, order: Order, action: str, seq: int, time_ms: int) -> str:
        return order_update(self._model(order), action, seq, time_ms)
