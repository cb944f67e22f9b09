"""What commands about orders have in common: whose they are, and how an order and a failure are shown."""

from __future__ import annotations

from typing import Final

from engine_container.gateway.auth import Caller
from engine_container.gateway.parts import Gateway
from engine_container.metrics import Counter
from engine_container.views.orders import Order
from engine_container.views.rendering import order_model
from mycrypto.contracts import api
from mycrypto.errors import ProblemError

PLACED: Final = Counter("orders_placed_total")
REFUSED: Final = Counter("orders_rejected_total")
CANCELLED: Final = Counter("orders_cancelled_total")


def model(gateway: Gateway, order: Order, *, with_fills: bool = False) -> api.Order:
    return order_model(order, gateway.views.symbols.quote(order.symbol), gateway.shard, with_fills=with_fills)


def check_changeable(caller: Caller, order: Order) -> None:
    check_own(caller, order)
    if order.is_final:
        raise ended(order)


def check_own(caller: Caller, order: Order) -> None:
    """Raises FORBIDDEN for another user's order: staff may see it but not change it."""
    if order.user_id != caller.user_id:
        raise ProblemError("FORBIDDEN", "the order is not yours")


def ended(order: Order) -> ProblemError:
    """The order is final: nothing can be done with it any more."""
    return ProblemError("ORDER_004", f"the order is {order.status.name}", status_now=order.status.name)


def failed_item(path: str, trace_id: str, index: int, problem: ProblemError) -> api.BatchItem:
    return api.BatchItem(index, problem.kind.status, error=problem.body(instance=path, trace_id=trace_id))
