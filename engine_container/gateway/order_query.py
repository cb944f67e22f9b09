"""Lists of orders as they are asked for: the query as a filter, the page as its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar
from uuid import UUID

from engine_container.gateway.auth import Caller
from engine_container.gateway.placing import known_symbol, parse_end, parse_time
from engine_container.trade_history.order_rows import OrderFilter
from engine_container.trade_history.pages import Page, Position, cursor_text
from engine_container.views.orders import Order
from engine_container.views.symbols import Symbols
from mycrypto.contracts import api
from mycrypto.contracts.trading import OPEN_STATUSES, OrderStatus, OrderType, Side
from mycrypto.errors import ProblemError, invalid

V = TypeVar("V")

_MODES: Final[dict[str, api.Mode]] = {"live": "live", "paper": "paper"}

SORTS: Final = {
    "created_at:desc": (False, False),
    "created_at:asc": (False, True),
    "price:desc": (True, False),
    "price:asc": (True, True),
}
_NAMES: Final = "|".join((*OrderStatus.__members__, "ACTIVE"))
STATUSES: Final = f"^({_NAMES})(,({_NAMES}))*$"
"""The form of the parameter ``status``."""


def order_filter(symbols: Symbols, caller: Caller, query: Mapping[str, str]) -> OrderFilter:
    """What the query narrows a list to. Raises VALIDATION_ERROR, ORDER_001, or FORBIDDEN for another user's orders."""
    user_id: bytes | None = caller.user_id
    if "user_id" in query:
        user_id = _staff_filter(caller, query["user_id"])
    by_price, ascending = _choice("sort", query.get("sort", "created_at:desc"), SORTS)
    symbol = query.get("symbol")
    return OrderFilter(
        user_id=user_id,
        symbol=None if symbol is None else known_symbol(symbols, symbol).symbol,
        statuses=_statuses(query.get("status")),
        side=parse_side(query.get("side")),
        type=None if query.get("type") is None else _choice("type", query["type"], OrderType.__members__),
        client_order_id=query.get("client_order_id"),
        from_ms=parse_time("start_date", query["start_date"]) if "start_date" in query else None,
        to_ms=parse_end("end_date", query["end_date"]) if "end_date" in query else None,
        by_price=by_price,
        ascending=ascending,
    )


def order_list(
    orders: Sequence[Order], total: int | None, wanted: OrderFilter, page: Page, show: Callable[[Order], api.Order]
) -> api.OrderList:
    """The answer, of one order more than the page's limit if there are so many."""
    shown, has_next = orders[: page.limit], len(orders) > page.limit
    cursor = cursor_text(Position(wanted.key(shown[-1]), shown[-1].number)) if has_next else None
    offset = {} if page.offset is None or total is None else {"offset": page.offset, "total": total}
    return api.OrderList([show(order) for order in shown], api.Pagination(page.limit, has_next, cursor, **offset))


def _choice(field: str, text: str, choices: Mapping[str, V]) -> V:
    if text not in choices:
        raise invalid(field, "must be one of " + ", ".join(choices))
    return choices[text]


def parse_side(text: str | None) -> Side | None:
    return None if text is None else _choice("side", text, Side.__members__)


def parse_mode(text: str) -> api.Mode:
    return _choice("mode", text, _MODES)


def check_one_name(order_id: str | None, client_order_id: str | None) -> None:
    """An order is named by one of its two names."""
    if (order_id is None) is (client_order_id is None):
        raise invalid("order_id", "or client_order_id is required, and only one of them")


def _statuses(text: str | None) -> frozenset[OrderStatus]:
    """One status, several with commas, or ``ACTIVE`` for all that are not final."""
    if text is None:
        return frozenset()
    found: set[OrderStatus] = set()
    for name in text.split(","):
        found |= OPEN_STATUSES if name == "ACTIVE" else {_choice("status", name, OrderStatus.__members__)}
    return frozenset(found)


def _staff_filter(caller: Caller, text: str) -> bytes | None:
    """Whose orders staff wants to see: one user's, or everybody's for ``*``."""
    try:
        user_id = None if text == "*" else UUID(text).bytes
    except ValueError:
        raise invalid("user_id", "must be a UUID") from None
    if user_id != caller.user_id and not caller.sees_all:
        raise ProblemError("FORBIDDEN", "the orders are not yours")
    return user_id
