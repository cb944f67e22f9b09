"""Messages about orders whose end or trigger came without their owner's doing, and about orders that a halt cancelled. Made from the event log alone,
as the public topics are. The notifications function makes notices of them all, and mails of some.

``message_id`` is derived from the engine's event: a message that is asked for twice has one id and takes effect once. The publisher does not know
addresses: the notifications function finds the user's address, and sends nothing to a user without one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

import msgspec

from engine_container.publisher.envelopes import PER_EVENT
from engine_container.views.observer import Observer, OrderChange
from engine_container.views.orders import Order
from engine_container.views.projection import Projection
from mycrypto.contracts.events import EventRecord
from mycrypto.contracts.trading import OrderStatus
from mycrypto.ids import trading_uuid
from mycrypto.mail import MailKind
from mycrypto.money import UNITS_PER_ONE, format_amount

LIRA: Final = "TRY"
FILLED_ABOVE: Final = 1_000 * UNITS_PER_ONE
"""Orders of a greater value, in TRY, are worth a mail when they are filled."""
FILLED_MAILS_MAX: Final = 10
"""About filled orders, to a user in an hour: a program that trades does not want to read of every order."""
NOTICES_MAX: Final = 20
"""About other ends of orders, to a user in an hour: the list of orders has them all."""
HOUR_MS: Final = 3_600_000
OWN_DOING: Final = frozenset({"USER", "REPLACED", "OCO"})
"""Reasons of a cancel that its owner asked for."""
_PLACE: Final = PER_EVENT - 1
"""Envelopes of an event have the places before it."""


class OrderMail(msgspec.Struct, frozen=True):
    """A message for the queue of mails."""

    message_id: UUID
    kind: MailKind
    time_ms: int
    details: dict[str, str]


class Hourly:
    """At most so many to a user in an hour of the log."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._told: dict[bytes, tuple[int, int]] = {}
        """By user: the hour, counted since 1970, and how many were told in it."""

    def take(self, user_id: bytes, time_ms: int) -> bool:
        """Whether there is room for one more, which is then counted."""
        hour = time_ms // HOUR_MS
        told_hour, count = self._told.get(user_id, (hour, 0))
        if told_hour != hour:
            self._told = {user: told for user, told in self._told.items() if told[0] == hour}
            count = 0
        if count >= self._most:
            return False
        self._told[user_id] = (hour, count + 1)
        return True


class MailMaker(Observer):
    """Collects mails while records are applied; :meth:`take` hands them over."""

    def __init__(self, shard: int, views: Callable[[], Projection]) -> None:
        self._shard = shard
        self._views = views
        self._mails: list[OrderMail] = []
        self._halted: dict[tuple[bytes, str], tuple[int, int, int]] = {}
        """By user and symbol: event and time of the first order that the halt cancelled, and how many it cancelled."""
        self._mails_left = Hourly(FILLED_MAILS_MAX)
        self._notices_left = Hourly(NOTICES_MAX)

    def take(self) -> list[OrderMail]:
        """The mails of the records applied since the last call."""
        mails, self._mails = self._mails, []
        return mails

    def order_changed(self, order: Order, change: OrderChange, seq: int, time_ms: int) -> None:
        if change is OrderChange.TRIGGERED:
            if order.created_ms < time_ms:
                self._note(MailKind.ORDER_TRIGGERED, order, seq, time_ms)
        elif change is not OrderChange.CLOSED:
            return
        elif order.status is OrderStatus.FILLED:
            self._filled(order, seq, time_ms)
        elif order.reason == "HALT":
            first_seq, first_ms, count = self._halted.get((order.user_id, order.symbol), (seq, time_ms, 0))
            self._halted[order.user_id, order.symbol] = (first_seq, first_ms, count + 1)
        elif order.status is OrderStatus.EXPIRED:
            self._note(MailKind.ORDER_EXPIRED, order, seq, time_ms, filled_quantity=format_amount(order.filled))
        elif order.reason not in OWN_DOING and _waited(order):
            self._note(MailKind.ORDER_CANCELLED, order, seq, time_ms, filled_quantity=format_amount(order.filled), reason=order.reason)

    def record_applied(self, record: EventRecord) -> None:
        """A halt's cancels are told of by one command record, in one part or many."""
        if not record.last:
            return
        halted, self._halted = self._halted, {}
        for (user_id, symbol), (seq, time_ms, count) in halted.items():
            self._add(MailKind.MARKET_HALTED, user_id, seq, time_ms, symbol=symbol, orders=str(count))

    def _filled(self, order: Order, seq: int, time_ms: int) -> None:
        """A mail, and a notice with it, for an order worth one; a notice alone for another one that did not trade at once."""
        lira = self._lira(order.symbol.rpartition("/")[2], order.value)
        if lira > FILLED_ABOVE and self._mails_left.take(order.user_id, time_ms):
            kind = MailKind.ORDER_FILLED
        elif _waited(order) and self._notices_left.take(order.user_id, time_ms):
            kind = MailKind.ORDER_DONE
        else:
            return
        details = {
            "quantity": format_amount(order.filled),
            "price": format_amount(order.value * UNITS_PER_ONE // order.filled),
        }
        self._add(kind, order.user_id, seq, time_ms, **self._named(order), **details)

    def _note(self, kind: MailKind, order: Order, seq: int, time_ms: int, **details: str) -> None:
        if self._notices_left.take(order.user_id, time_ms):
            self._add(kind, order.user_id, seq, time_ms, **self._named(order), type=order.type.name, **details)

    def _named(self, order: Order) -> dict[str, str]:
        order_id = trading_uuid(order.created_ms, order.number, self._shard)
        return {"order_id": str(order_id), "symbol": order.symbol, "side": order.side.name}

    def _lira(self, quote: str, value: int) -> int:
        """What a value is in TRY, at the last price; 0 before the first trade of its currency for TRY."""
        if quote == LIRA:
            return value
        return value * (self._views().last_price(f"{quote}/{LIRA}") or 0) // UNITS_PER_ONE

    def _add(self, kind: MailKind, user_id: bytes, seq: int, time_ms: int, **details: str) -> None:
        message_id = trading_uuid(time_ms, seq * PER_EVENT + _PLACE, self._shard)
        self._mails.append(OrderMail(message_id, kind, time_ms, {"user_id": str(UUID(bytes=user_id)), **details}))


def _waited(order: Order) -> bool:
    """Whether its owner had been answered before this happened to it."""
    return order.created_ms < order.closed_ms or (bool(order.fills) and order.fills[-1].is_maker)
