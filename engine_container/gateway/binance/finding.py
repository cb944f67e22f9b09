"""Finds a caller's orders by Binance's names for them, wherever they are."""

from __future__ import annotations

from typing import Final

from engine_container.gateway.binance import errors
from engine_container.gateway.binance.asked import Asked
from engine_container.gateway.binance.names import is_listed
from engine_container.gateway.lookup import ARRIVAL_SECONDS_MAX, order_by_client_id
from engine_container.views.orders import Order
from mycrypto.errors import ProblemError

AHEAD_MAX: Final = 1_000_000
"""An order number so far above the newest event cannot exist."""


async def order_named(asked: Asked, symbol: str, by_number: str = "orderId", by_name: str = "origClientOrderId") -> Order | None:
    """The caller's order of this symbol that the parameters name; ``None`` where there is none. Raises -1102 where they name none."""
    number, name = asked.params.optional_integer(by_number), asked.params.text(by_name)
    if number is None and name is None:
        raise errors.BinanceError(-1102, f"Param '{by_name}' or '{by_number}' must be sent, but both were empty/null!")
    if number is not None:
        order = await order_numbered(asked, number)
        if order is not None and name is not None and order.client_order_id != name:
            return None
    else:
        try:
            order = await order_by_client_id(asked.gateway, asked.caller, name or "")
        except ProblemError as problem:
            if problem.kind.code != "ORDER_003":
                raise
            order = None
    return order if order is not None and order.symbol == symbol and is_listed(order) else None


async def order_numbered(asked: Asked, number: int) -> Order | None:
    """The caller's order of this number."""
    gateway, user_id = asked.gateway, asked.caller.user_id
    views = asked.views
    order = views.orders.get(number)
    if order is None and views.watermark < number < views.watermark + AHEAD_MAX:
        views = await gateway.complete_views(ARRIVAL_SECONDS_MAX)
        order = views.orders.get(number)
    if order is None and gateway.history is not None and 0 < number <= views.watermark:
        order = await gateway.history.order_by_number(user_id, number)
    return order if order is not None and order.user_id == user_id else None
