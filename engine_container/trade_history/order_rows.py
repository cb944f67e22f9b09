"""Orders as rows of a table: what a list is narrowed to, its pages, and the row as the view object of a live order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from psycopg.rows import TupleRow

from engine_container.trade_history.pages import Page
from engine_container.views.orders import Order
from mycrypto.contracts.trading import OrderStatus, OrderType, Side, TimeInForce
from mycrypto.money import from_numeric, to_numeric
from mycrypto.projection import milliseconds, moment


class OrderFilter(msgspec.Struct, frozen=True):
    """What a list of orders is narrowed to; ``None`` does not narrow. Times are epoch milliseconds, from inclusive, to exclusive."""

    user_id: bytes | None = None
    symbol: str | None = None
    statuses: frozenset[OrderStatus] = frozenset()
    side: Side | None = None
    type: OrderType | None = None
    client_order_id: str | None = None
    from_ms: int | None = None
    to_ms: int | None = None
    by_price: bool = False
    ascending: bool = False

    def matches(self, order: Order) -> bool:
        return (
            (self.symbol is None or order.symbol == self.symbol)
            and (not self.statuses or order.status in self.statuses)
            and (self.side is None or order.side is self.side)
            and (self.type is None or order.type is self.type)
            and (self.client_order_id is None or order.client_order_id == self.client_order_id)
            and (self.from_ms is None or order.created_ms >= self.from_ms)
            and (self.to_ms is None or order.created_ms < self.to_ms)
            and (self.user_id is None or order.user_id == self.user_id)
        )

    def key(self, order: Order) -> int:
        return order.price if self.by_price else order.created_ms


class Narrowed:
    """Conditions and their parameters."""

    def __init__(self) -> None:
        self._conditions: list[str] = []
        self.parameters: list[Any] = []

    def add(self, condition: str, *values: object) -> None:
        self._conditions.append(condition)
        self.parameters += values

    @property
    def where(self) -> str:
        return f"WHERE {' AND '.join(self._conditions)}" if self._conditions else ""


def narrow(wanted: OrderFilter) -> Narrowed:
    """The conditions of a filter, on the columns that tables of orders have in common."""
    found = Narrowed()
    if wanted.user_id is not None:
        found.add("user_id = %s", UUID(bytes=wanted.user_id))
    if wanted.symbol is not None:
        found.add("symbol = %s", wanted.symbol)
    if wanted.statuses:
        found.add("status = ANY(%s::order_status[])", [status.name for status in wanted.statuses])
    if wanted.side is not None:
        found.add("side = %s::order_side", wanted.side.name)
    if wanted.type is not None:
        found.add("order_type = %s::order_type", wanted.type.name)
    if wanted.client_order_id is not None:
        found.add("client_order_id = %s", wanted.client_order_id)
    if wanted.from_ms is not None:
        found.add("created_at >= %s", moment(wanted.from_ms))
    if wanted.to_ms is not None:
        found.add("created_at < %s", moment(wanted.to_ms))
    return found


def page_of_orders(narrowed: Narrowed, wanted: OrderFilter, page: Page) -> tuple[str, list[Any]]:
    """What follows ``FROM`` and its table: one row more than the page's limit, if there are so many, from the offset's begin on."""
    column = "coalesce(price, 0)" if wanted.by_price else "created_at"
    direction = "ASC" if wanted.ascending else "DESC"
    if page.after is not None:
        key = to_numeric(page.after.key) if wanted.by_price else moment(page.after.key)
        narrowed.add(f"({column}, number) {'>' if wanted.ascending else '<'} (%s, %s)", key, page.after.number)
    text = f"{narrowed.where} ORDER BY {column} {direction}, number {direction} LIMIT %s"
    return text, [*narrowed.parameters, (page.offset or 0) + page.limit + 1]


def _units(value: Decimal | None) -> int:
    return 0 if value is None else from_numeric(value)


def order_of_row(row: TupleRow) -> Order:
    """A row of the columns number, created_at, user_id, client_order_id, ... as the history names them."""
    (number, created_at, user_id, client_order_id, symbol, side, kind, time_in_force, quantity, price, quote_quantity, *rest) = row
    (post_only, stop_price, display_quantity, trail_bps, activation_price, expires_at, status, updated_at, last_seq, *more) = rest
    (filled, value, fee, triggered_at, filled_at, cancelled_at, reason, *kept) = more  # what only the history keeps
    details, oco, replaces, replaces_created_at = kept or (None, None, None, None)
    final = OrderStatus[status]
    closed_at = filled_at or cancelled_at or (updated_at if final >= OrderStatus.FILLED else None)
    return Order(
        number=int(number),
        created_ms=milliseconds(created_at),
        user_id=user_id.bytes,
        client_order_id=client_order_id or "",
        symbol=symbol,
        side=Side[side],
        type=OrderType[kind],
        time_in_force=TimeInForce[time_in_force],
        quantity=_units(quantity),
        price=_units(price),
        quote_quantity=_units(quote_quantity),
        post_only=post_only,
        stop_price=_units(stop_price),
        display_quantity=_units(display_quantity),
        trail_bps=trail_bps or 0,
        activation_price=_units(activation_price),
        expires_ms=milliseconds(expires_at),
        status=final,
        oco=int(oco or 0),
        replaces=int(replaces or 0),
        replaces_created_ms=milliseconds(replaces_created_at),
        updated_ms=milliseconds(updated_at),
        updated_seq=int(last_seq),
        filled=_units(filled),
        value=_units(value),
        fee=_units(fee),
        triggered_ms=milliseconds(triggered_at),
        closed_ms=milliseconds(closed_at),
        reason=reason or "",
        code=reason or "" if final is OrderStatus.REJECTED else "",
        details=details,
        fills=[],
    )
