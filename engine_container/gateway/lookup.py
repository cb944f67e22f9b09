"""Finds orders wherever they are: in memory, just about to arrive there, or in the history."""

from __future__ import annotations

from typing import Final

from engine_container.gateway.auth import Caller
from engine_container.gateway.parts import Gateway
from engine_container.gateway.placing import trading_id
from engine_container.trade_history.order_rows import OrderFilter
from engine_container.trade_history.pages import Page, Position
from engine_container.views.orders import Order
from mycrypto.errors import ProblemError
from mycrypto.ids import SHARD_PAPER

ARRIVAL_SECONDS_MAX: Final = 1.0
"""How long to wait for the results of what is on the command log."""


def _not_found() -> ProblemError:
    return ProblemError("ORDER_003", "there is no such order")


async def order_by_id(gateway: Gateway, caller: Caller, text: str) -> Order:
    """The order with this id. Raises VALIDATION_ERROR, ORDER_003, FORBIDDEN for another user's order, or SERVICE_UNAVAILABLE."""
    views = gateway.require_views()
    _, parts = trading_id(text, "order_id")
    if parts is not None and parts.shard == SHARD_PAPER:
        raise ProblemError("ORDER_003", "it is a paper order; ask with mode=paper, and cancel it by itself")
    if parts is None or parts.shard != gateway.shard:
        raise _not_found()
    order = views.orders.get(parts.number)
    if order is None and parts.number > views.watermark:
        views = await gateway.complete_views(ARRIVAL_SECONDS_MAX)
        order = views.orders.get(parts.number)
    if order is None and gateway.history is not None and parts.number <= views.watermark:
        order = await gateway.history.order(parts.created_ms, parts.number)
    if order is None or order.created_ms != parts.created_ms:
        raise _not_found()
    if order.user_id != caller.user_id and not caller.sees_all:
        raise ProblemError("FORBIDDEN", "the order is not yours")
    return order


async def order_by_number(gateway: Gateway, number: int, created_ms: int) -> Order | None:
    """An order that the engine named."""
    order = gateway.views.orders.get(number)
    if order is None and gateway.history is not None:
        order = await gateway.history.order(created_ms, number)
    return order


async def order_by_client_id(gateway: Gateway, caller: Caller, client_order_id: str) -> Order:
    """The caller's own order of this name. Raises ORDER_003, or SERVICE_UNAVAILABLE while it may be on its way from the command log."""
    views = gateway.require_views()
    order = views.orders.by_client_id(caller.user_id, client_order_id)
    if order is None:
        views = await gateway.complete_views(ARRIVAL_SECONDS_MAX)
        order = views.orders.by_client_id(caller.user_id, client_order_id)
    if order is None and gateway.history is not None:
        order = await gateway.history.order_by_client_id(caller.user_id, client_order_id)
    if order is None:
        raise _not_found()
    return order


def _in_range(position: Position, page: Page, *, ascending: bool) -> bool:
    if page.after is None:
        return True
    return position > page.after if ascending else position < page.after


async def list_orders(gateway: Gateway, wanted: OrderFilter, page: Page) -> tuple[list[Order], int | None]:
    """One order more than the page's limit, if there are so many, and the total for an offset page."""
    views = gateway.require_views()
    known = list(views.orders.all() if wanted.user_id is None else views.orders.of(wanted.user_id))
    fitting = [order for order in known if wanted.matches(order)]
    total = len(fitting) if page.offset is not None else None
    found = [order for order in fitting if _in_range(Position(wanted.key(order), order.number), page, ascending=wanted.ascending)]
    if gateway.history is not None and views.orders.evicted_seq:
        without = [order.number for order in known]
        found += await gateway.history.orders(wanted, page, without)
        if total is not None:
            total += await gateway.history.count_orders(wanted, without)
    found.sort(key=lambda order: (wanted.key(order), order.number), reverse=not wanted.ascending)
    first = page.offset or 0
    return found[first : first + page.limit + 1], total
