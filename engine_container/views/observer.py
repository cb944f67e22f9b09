"""What a projection tells its observers (sockets, the publisher) of changes as they happen."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine_container.views.balances import Balance
    from engine_container.views.orders import Order
    from engine_container.views.trades import TradeRecord
    from mycrypto.contracts.events import EventRecord, SymbolChanged
    from mycrypto.contracts.trading import Side


class OrderChange(Enum):
    PLACED = "placed"
    REJECTED = "rejected"
    FILLED = "filled"
    """In part or whole; a whole fill is followed by CLOSED."""
    TRIGGERED = "triggered"
    AMENDED = "amended"
    CLOSED = "closed"


class Observer:
    """Does nothing; override what is of interest. Called within the projection: be quick, do no I/O."""

    def order_changed(self, order: Order, change: OrderChange, seq: int, time_ms: int) -> None:
        """``order`` is as it stands after the change."""

    def traded(self, record: TradeRecord, maker: Order | None, taker: Order | None) -> None:
        """A fill; the orders are those known here (both, unless the view began after them)."""

    def balance_changed(self, user_id: bytes, asset: str, balance: Balance) -> None:
        """New absolute values."""

    def level_changed(self, symbol: str, side: Side, price: int, seq: int) -> None:
        """What the book shows at this price is different now."""

    def symbol_changed(self, event: SymbolChanged, seq: int, time_ms: int) -> None:
        """Listed, or its rules or status changed."""

    def record_applied(self, record: EventRecord) -> None:
        """All changes of a record have been told."""


class Observers(Observer):
    """Tells several, in their order."""

    def __init__(self, *observers: Observer) -> None:
        self._observers = list(observers)

    def add(self, observer: Observer) -> None:
        """One more, the last."""
        self._observers.append(observer)

    def order_changed(self, order: Order, change: OrderChange, seq: int, time_ms: int) -> None:
        for each in self._observers:
            each.order_changed(order, change, seq, time_ms)

    def traded(self, record: TradeRecord, maker: Order | None, taker: Order | None) -> None:
        for each in self._observers:
            each.traded(record, maker, taker)

    def balance_changed(self, user_id: bytes, asset: str, balance: Balance) -> None:
        for each in self._observers:
            each.balance_changed(user_id, asset, balance)

    def level_changed(self, symbol: str, side: Side, price: int, seq: int) -> None:
        for each in self._observers:
            each.level_changed(symbol, side, price, seq)

    def symbol_changed(self, event: SymbolChanged, seq: int, time_ms: int) -> None:
        for each in self._observers:
            each.symbol_changed(event, seq, time_ms)

    def record_applied(self, record: EventRecord) -> None:
        for each in self._observers:
            each.record_applied(record)
