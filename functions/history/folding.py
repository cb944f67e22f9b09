"""Folds a batch of events into what it changes: new orders, changed orders, trades, symbols. Pure.

An order that is accepted, filled and closed within a batch is one row written once. Amounts are units of 10^-8, times epoch milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from mycrypto import texts
from mycrypto.contracts import events
from mycrypto.contracts.trading import OrderStatus
from mycrypto.money import notional_units
from mycrypto.projection import Numbered


class OrderChange(msgspec.Struct):
    """What happened to an order in the batch: totals are as last said, value and fee are added to what the row has."""

    number: int
    created_ms: int
    status: OrderStatus = OrderStatus.PENDING_TRIGGER
    filled: int | None = None
    value: int = 0
    fee: int = 0
    quantity: int | None = None
    price: int | None = None
    reason: str | None = None
    triggered_ms: int | None = None
    filled_ms: int | None = None
    cancelled_ms: int | None = None
    updated_ms: int = 0
    last_seq: int = 0

    def touch(self, numbered: Numbered, status: OrderStatus | None = None) -> None:
        """Something happened; a status only moves forward."""
        self.updated_ms, self.last_seq = numbered.time_ms, numbered.seq
        if status is not None and status > self.status:
            self.status = status


class NewOrder(msgspec.Struct):
    """An order that the batch brought, as asked for; ``change`` is what became of it so far."""

    asked: events.OrderAccepted | events.OrderRejected
    change: OrderChange


class Fold:
    """Take events in order, then read ``orders``, ``changes``, ``trades`` and ``symbols``."""

    def __init__(self) -> None:
        self.orders: dict[int, NewOrder] = {}
        self.changes: dict[int, OrderChange] = {}
        self.trades: list[tuple[Numbered, events.Trade]] = []
        self.symbols: dict[str, tuple[Numbered, events.SymbolChanged]] = {}

    def add_all(self, batch: Iterable[Numbered]) -> None:
        for numbered in batch:
            self.add(numbered)

    def add(self, numbered: Numbered) -> None:
        event = numbered.event
        if isinstance(event, events.OrderAccepted):
            self._new(numbered, event, event.status)
        elif isinstance(event, events.OrderRejected):
            change = self._new(numbered, event, OrderStatus.REJECTED)
            change.reason = event.code
        elif isinstance(event, events.Trade):
            self._traded(numbered, event)
        elif isinstance(event, events.OrderClosed):
            self._closed(numbered, event)
        elif isinstance(event, events.OrderTriggered):
            # It goes on as an order of the book; if it does not rest, a fill or a close follows.
            change = self._change(event.order, event.created_ms)
            change.touch(numbered, OrderStatus.OPEN)
            change.triggered_ms = numbered.time_ms
        elif isinstance(event, events.OrderAmended):
            change = self._change(event.order, event.created_ms)
            change.touch(numbered)
            # 0: self-trade prevention took all of it; it closes with this command, and what was asked for stays to be seen
            change.quantity, change.price = event.quantity or change.quantity, event.price
        elif isinstance(event, events.SymbolChanged):
            self.symbols[event.symbol] = (numbered, event)

    def _new(self, numbered: Numbered, asked: events.OrderAccepted | events.OrderRejected, status: OrderStatus) -> OrderChange:
        change = OrderChange(numbered.seq, numbered.time_ms, status)
        change.touch(numbered)
        if texts.fault_of(
            asked.client_order_id
        ):  # nothing that the gateway lets in; a record of another writer must not hold up the history
            asked = msgspec.structs.replace(asked, client_order_id=texts.storable(asked.client_order_id))
        self.orders[numbered.seq] = NewOrder(asked, change)
        return change

    def _change(self, number: int, created_ms: int) -> OrderChange:
        new = self.orders.get(number)
        if new is not None:
            return new.change
        change = self.changes.get(number)
        if change is None:
            change = self.changes[number] = OrderChange(number, created_ms)
        return change

    def _traded(self, numbered: Numbered, trade: events.Trade) -> None:
        self.trades.append((numbered, trade))
        value = notional_units(trade.price, trade.quantity)
        for number, created_ms, filled, fee in (
            (trade.maker_order, trade.maker_created_ms, trade.maker_filled, trade.maker_fee),
            (trade.taker_order, trade.taker_created_ms, trade.taker_filled, trade.taker_fee),
        ):
            change = self._change(number, created_ms)
            change.touch(numbered, OrderStatus.PARTIALLY_FILLED)
            change.filled = filled
            change.value += value
            change.fee += fee

    def _closed(self, numbered: Numbered, closed: events.OrderClosed) -> None:
        change = self._change(closed.order, closed.created_ms)
        change.touch(numbered, closed.status)
        change.filled = closed.filled
        change.reason = closed.reason or None
        if closed.status == OrderStatus.FILLED:
            change.filled_ms = numbered.time_ms
        else:
            change.cancelled_ms = numbered.time_ms
