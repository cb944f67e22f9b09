"""Applies event records to the views, in order, each event once.

Records may come twice (two engines, a resent record): events at or below the watermark are dropped. A record that begins above the
next number means that events are missing; nothing built on it would be true, so :class:`GapError` is raised.

The events of one command record may be cut into several records. Until the last of them has come the books stay as they were, so that no reader sees
half of a command: a crossed book, or a book without an order that does not rest yet.
"""

from __future__ import annotations

from typing import Final

from engine_container.views.balances import Balance, Balances
from engine_container.views.books import Book
from engine_container.views.held import Held, HeldImage, Place
from engine_container.views.minutes import Minutes
from engine_container.views.observer import Observer, OrderChange
from engine_container.views.orders import Order, Orders, from_accepted, from_rejected
from engine_container.views.symbols import Symbols
from engine_container.views.trades import OwnFill, TradeRecord, Trades
from mycrypto.contracts import events
from mycrypto.contracts.events import EventRecord, Result
from mycrypto.contracts.trading import OrderStatus, OrderType, Side, TimeJump

# constants, because to name a member of an enumeration runs Python code every time (in 3.11)
_OPEN: Final = OrderStatus.OPEN
_TRIGGERED: Final = OrderStatus.TRIGGERED
_PARTIALLY_FILLED: Final = OrderStatus.PARTIALLY_FILLED
_MARKET: Final = OrderType.MARKET
_PLACED: Final = OrderChange.PLACED
_FILLED: Final = OrderChange.FILLED
_CLOSED: Final = OrderChange.CLOSED


class GapError(RuntimeError):
    """Events are missing between the watermark and the record that came."""


class Projection:
    """The views of one shard."""

    def __init__(self, observer: Observer | None = None) -> None:
        self.symbols = Symbols()
        self.orders = Orders()
        self.books: dict[str, Book] = {}
        self.trades = Trades()
        self.minutes: dict[str, Minutes] = {}
        self.balances = Balances()
        self.users: dict[bytes, events.UserChanged] = {}
        self.rules_version = 1
        self.doubted_ms = 0
        """The broker's time, where it is too far ahead for the log to believe it; 0: it is believed."""
        self.observer = observer or Observer()
        self.watermark = 0
        """The number of the last event applied."""
        self.time_ms = 0
        """Log time of the last record applied."""
        self._moving: dict[int, int] = {}
        """Orders that may come to rest at the end of this result, with what they will show (0: work it out)."""
        self._goes_on: Place | None = None
        """The result that the last part ended with: the next one may have more of it."""
        self._held: Held | None = None
        """What the books are to show when the last part is there; ``None`` while nothing is missing."""

    def last_price(self, symbol: str) -> int | None:
        """Of the newest trade; ``None`` where there is no such symbol, or nothing was traded yet."""
        minutes = self.minutes.get(symbol)
        return None if minutes is None else minutes.last_price

    def apply(self, record: EventRecord) -> bool:
        """Take in one record; says if anything in it was new."""
        next_seq = record.next_seq
        if next_seq <= self.watermark + 1:
            return False
        if record.first_seq > self.watermark + 1:
            raise GapError(f"shard {record.shard}: events {self.watermark + 1} to {record.first_seq - 1} are missing")
        seq = record.first_seq
        time_ms = record.time_ms
        if not record.last and self._held is None:
            self._held = Held()
        for result in record.results:
            seq = self._apply_result(result, seq, time_ms, (record.command_offset, result.index))
        if record.last:
            self._complete(time_ms)
        elif record.results:
            self._goes_on = (record.command_offset, record.results[-1].index)
        self.time_ms = time_ms
        self.observer.record_applied(record)
        return True

    @property
    def is_whole(self) -> bool:
        """Whether nothing of a command record is missing: it is, between its parts."""
        return self._held is None

    def _apply_result(self, result: Result, first_seq: int, time_ms: int, place: Place) -> int:
        if self._moving and self._goes_on != place and first_seq > self.watermark:
            self._settle_moving(time_ms)  # the part before ended where its last result did
        seq = first_seq
        for event in result.events:
            if seq > self.watermark:
                self._apply_event(event, seq, time_ms)
                self.watermark = seq
            seq += 1
        return seq

    def _complete(self, time_ms: int) -> None:
        """The last part of a command record is applied: what was held back is shown."""
        self._goes_on = None
        if self._moving:
            self._settle_moving(time_ms)
        held, self._held = self._held, None
        if held is None:
            return
        for symbol, side, changes in held.sides():
            book = self.books[symbol]
            book.sides[side].add_all(changes)
            book.last_seq = held.last[symbol]
            book.last_time_ms = time_ms
            for price, _, _ in changes:
                self.observer.level_changed(symbol, side, price, book.last_seq)

    def between_parts(self) -> HeldImage | None:
        """What views that begin here need besides what they show; ``None`` where nothing is missing."""
        return None if self._held is None else HeldImage(self._moving, self._goes_on, self._held.sides(), self._held.last)

    def go_on(self, image: HeldImage) -> None:
        """Be between two parts, as the image says; the books show already what is held back."""
        self._moving, self._goes_on = image.moving, image.goes_on
        for symbol, side, changes in image.sides:
            self.books[symbol].sides[side].add_all([(price, -quantity, -orders) for price, quantity, orders in changes])
        self._held = Held.of_image(image)

    def _apply_event(self, event: events.Event, seq: int, time_ms: int) -> None:
        if type(event) is events.BalanceChanged:
            balance = Balance(event.available, event.locked, seq, time_ms)
            self.balances.put(event.user_id, event.asset, balance)
            self.observer.balance_changed(event.user_id, event.asset, balance)
        elif type(event) is events.OrderAccepted:
            self._accepted(event, seq, time_ms)
        elif type(event) is events.Trade:
            self._traded(event, seq, time_ms)
        elif type(event) is events.OrderClosed:
            self._closed(event, seq, time_ms)
        elif type(event) is events.OrderRejected:
            order = from_rejected(seq, time_ms, event)
            self.orders.put(order)
            self.observer.order_changed(order, OrderChange.REJECTED, seq, time_ms)
        elif type(event) is events.OrderTriggered:
            self._triggered(event, seq, time_ms)
        elif type(event) is events.OrderAmended:
            self._amended(event, seq, time_ms)
        elif type(event) is events.SymbolChanged:
            self.symbols.put(event, time_ms)
            self.books.setdefault(event.symbol, Book(time_ms))
            self.minutes.setdefault(event.symbol, Minutes())
            self.observer.symbol_changed(event, seq, time_ms)
        elif type(event) is events.UserChanged:
            self.users[event.user_id] = event
        elif type(event) is events.RulesChanged:
            self.rules_version = event.version
        elif type(event) is events.TimeJumped:
            self._jumped(event)

    def _jumped(self, event: events.TimeJumped) -> None:
        if event.outcome is TimeJump.HELD:
            self.doubted_ms = event.record_ms
        elif event.outcome is not TimeJump.ACCEPTED or event.record_ms >= self.doubted_ms:
            self.doubted_ms = 0

    def _accepted(self, event: events.OrderAccepted, seq: int, time_ms: int) -> None:
        order = from_accepted(seq, time_ms, event)
        self.orders.put(order)
        if order.status is _OPEN:
            self._moving[seq] = 0
        self.observer.order_changed(order, _PLACED, seq, time_ms)

    def _traded(self, event: events.Trade, seq: int, time_ms: int) -> None:
        record = TradeRecord(seq, time_ms, event)
        self.trades.add(record)
        self.minutes[event.symbol].add(event, time_ms, seq)
        value = event.price * event.quantity // 100_000_000
        maker = self.orders.get(event.maker_order)
        if maker is not None:
            shown = self._moving.pop(maker.number, None)
            if shown is not None:
                self._rest(maker, shown, time_ms)  # it came to rest earlier in this very result
            self._show(maker, event.maker_shown, seq, time_ms)
            _fill(maker, OwnFill(record, is_maker=True), event.maker_filled, value, seq)
        taker = self.orders.get(event.taker_order)
        if taker is not None:
            if taker.resting:  # in an auction both sides rest
                left = taker.shown - event.quantity
                self._show(taker, left or min(taker.display_quantity, taker.quantity - event.taker_filled), seq, time_ms)
            _fill(taker, OwnFill(record, is_maker=False), event.taker_filled, value, seq)
        self.observer.traded(record, maker, taker)
        for order in (maker, taker):
            if order is not None:
                self.observer.order_changed(order, _FILLED, seq, time_ms)

    def _closed(self, event: events.OrderClosed, seq: int, time_ms: int) -> None:
        order = self.orders.get(event.order)
        if order is None:
            return
        self._unrest(order, seq, time_ms)
        self._moving.pop(order.number, None)
        order.status = event.status
        order.reason = event.reason
        order.filled = event.filled
        order.updated_ms = order.closed_ms = time_ms
        order.updated_seq = seq
        self.orders.finish(order)
        self.observer.order_changed(order, _CLOSED, seq, time_ms)

    def _triggered(self, event: events.OrderTriggered, seq: int, time_ms: int) -> None:
        order = self.orders.get(event.order)
        if order is None:
            return
        order.status = _TRIGGERED
        order.triggered_ms = order.updated_ms = time_ms
        order.updated_seq = seq
        self._moving[order.number] = 0
        self.observer.order_changed(order, OrderChange.TRIGGERED, seq, time_ms)

    def _amended(self, event: events.OrderAmended, seq: int, time_ms: int) -> None:
        order = self.orders.get(event.order)
        if order is None:
            return
        if event.quantity:  # 0: self-trade prevention took all of it; it closes with this result, and what was asked for stays to be seen
            order.quantity = event.quantity
        order.updated_ms = time_ms
        order.updated_seq = seq
        if event.price == order.price and order.resting and event.shown:
            self._show(order, event.shown, seq, time_ms)
        else:
            self._unrest(order, seq, time_ms)
            order.price = event.price
            if order.status is not OrderStatus.PENDING_TRIGGER:
                self._moving[order.number] = event.shown
        self.observer.order_changed(order, OrderChange.AMENDED, seq, time_ms)

    def _settle_moving(self, time_ms: int) -> None:
        """What took part in a result and was not closed rests now."""
        for number, shown in self._moving.items():
            order = self.orders.get(number)
            if order is not None:
                self._rest(order, shown, time_ms)
        self._moving.clear()

    def _rest(self, order: Order, shown: int, time_ms: int) -> None:
        if order.status is _TRIGGERED:
            order.status = _PARTIALLY_FILLED if order.filled else _OPEN
        if order.price and order.type is not _MARKET:
            remaining = order.quantity - order.filled
            shown = shown or (min(order.display_quantity, remaining) if order.display_quantity else remaining)
            order.resting = True
            order.shown = shown
            self._change_level(order.symbol, order.side, order.price, shown, 1, self.watermark, time_ms)

    def _show(self, order: Order, shown: int, seq: int, time_ms: int) -> None:
        if order.resting and shown != order.shown:
            self._change_level(order.symbol, order.side, order.price, shown - order.shown, 0, seq, time_ms)
            order.shown = shown

    def _unrest(self, order: Order, seq: int, time_ms: int) -> None:
        if order.resting:
            order.resting = False
            self._change_level(order.symbol, order.side, order.price, -order.shown, -1, seq, time_ms)
            order.shown = 0

    def _change_level(self, symbol: str, side: Side, price: int, quantity: int, orders: int, seq: int, time_ms: int) -> None:
        if self._held is not None:
            self._held.add(symbol, side, price, quantity, orders, seq)
            return
        book = self.books[symbol]
        book.sides[side].add(price, quantity, orders)
        book.last_seq = seq
        book.last_time_ms = time_ms
        self.observer.level_changed(symbol, side, price, seq)


def _fill(order: Order, fill: OwnFill, filled: int, value: int, seq: int) -> None:
    order.filled = filled
    order.value += value
    order.fee += fill.fee
    order.fills.append(fill)
    order.status = _PARTIALLY_FILLED
    order.updated_ms = fill.record.time_ms
    order.updated_seq = seq
