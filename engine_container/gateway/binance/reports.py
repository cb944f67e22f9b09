"""Tells accounts what happens to their orders and balances. What one record of events brings is told together, when all of it is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from engine_container.gateway.binance import report_models
from engine_container.gateway.binance.names import UNFILLED, list_id
from engine_container.gateway.binance.report_models import Happened, happened
from engine_container.gateway.parts import Gateway
from engine_container.views.balances import Balance
from engine_container.views.observer import Observer, OrderChange
from engine_container.views.orders import Order
from engine_container.views.trades import TradeRecord
from mycrypto.contracts.events import EventRecord, TransferApplied
from mycrypto.contracts.trading import OrderStatus

Listener = Callable[[dict[str, Any]], None]
_SILENT: Final = frozenset({OrderChange.FILLED})
"""Told as trades."""


class Reports(Observer):
    """``listeners`` of a user are called with each event."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._listeners: dict[bytes, list[Listener]] = {}
        self._happened: dict[bytes, list[Happened]] = {}
        self._balances: dict[bytes, dict[str, Balance]] = {}
        self._told = 0
        """The newest event that was told: views that are rebuilt say older ones again."""

    def listen(self, user_id: bytes, listener: Listener) -> None:
        self._told = max(self._told, self._gateway.views.watermark)
        self._listeners.setdefault(user_id, []).append(listener)

    def leave(self, user_id: bytes, listener: Listener) -> None:
        own = self._listeners.get(user_id, [])
        if listener in own:
            own.remove(listener)
        if not own:
            self._listeners.pop(user_id, None)

    # what the projection tells

    def order_changed(self, order: Order, change: OrderChange, seq: int, time_ms: int) -> None:
        if order.user_id not in self._listeners or change in _SILENT or seq <= self._told:
            return
        if change is OrderChange.CLOSED:
            if order.status is not OrderStatus.FILLED:
                self._add(happened(report_models.ended_kind(order)[0], order, seq, time_ms, status=report_models.ended_kind(order)[1]))
        elif change is OrderChange.REJECTED:
            if order.code in UNFILLED:
                self._add(happened("NEW", order, seq, time_ms))
                self._add(happened("EXPIRED", order, seq, time_ms, status="EXPIRED"))
        elif change is OrderChange.AMENDED:
            self._add(happened("REPLACED", order, seq, time_ms, status="PARTIALLY_FILLED" if order.filled else "NEW"))
        else:
            self._add(happened("NEW", order, seq, time_ms))

    def traded(self, record: TradeRecord, maker: Order | None, taker: Order | None) -> None:
        if record.number <= self._told:
            return
        for order in (maker, taker):
            if order is not None and order.user_id in self._listeners:
                self._add(happened("TRADE", order, record.number, record.time_ms, order.fills[-1], "PARTIALLY_FILLED"))

    def balance_changed(self, user_id: bytes, asset: str, balance: Balance) -> None:
        if user_id in self._listeners and balance.seq > self._told:
            self._balances.setdefault(user_id, {})[asset] = balance

    def record_applied(self, record: EventRecord) -> None:
        told, self._told = self._told, max(self._told, record.next_seq - 1)
        if not self._listeners:
            return
        for seq, _, event in record.numbered():
            if isinstance(event, TransferApplied) and not event.repeated and seq > told:
                self._tell(event.user_id, report_models.balance_update(event, record.time_ms))
        if not record.last:  # the command goes on: what became of its orders is known with its last part
            return
        changes, self._happened = self._happened, {}
        balances, self._balances = self._balances, {}
        for user_id, own in changes.items():
            self._tell_orders(user_id, own, record.time_ms)
        for user_id, held in balances.items():
            self._tell(user_id, report_models.account_position(held, record.time_ms))

    def _add(self, event: Happened) -> None:
        self._happened.setdefault(event.order.user_id, []).append(event)

    def _tell_orders(self, user_id: bytes, own: list[Happened], time_ms: int) -> None:
        last = {event.order.number: event for event in own if event.kind == "TRADE"}
        lists: dict[int, Order] = {}
        symbols = self._gateway.views.symbols
        for event in own:
            if event is last.get(event.order.number) and event.order.status is OrderStatus.FILLED:
                event.status, event.working = "FILLED", False
            self._tell(user_id, report_models.execution_report(event, symbols.quote(event.order.symbol)))
            if event.order.oco and event.kind != "TRADE":
                lists[list_id(event.order)] = event.order
        for order in lists.values():
            sibling = self._gateway.views.orders.get(order.oco)
            if sibling is not None:
                pair = sorted((order, sibling), key=lambda each: each.number)
                self._tell(user_id, report_models.list_status(pair, time_ms))

    def _tell(self, user_id: bytes, event: dict[str, Any]) -> None:
        for listener in list(self._listeners.get(user_id, ())):
            listener(event)
