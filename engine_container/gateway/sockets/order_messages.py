"""What a socket says of own orders and balances, live or paper: a paper order's messages name the mode, so that no program takes play for earnest."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import UNSET, UnsetType

from engine_container.gateway.sockets.connection import Connection, now_ms, text_of
from engine_container.views.balances import Balance
from engine_container.views.rendering import balance_model
from mycrypto.contracts import api

RESYNC_ORDERS_MAX: Final = 1_000

_Named = Literal["paper"] | UnsetType
"""The mode as orders themselves have it: nothing of a live one."""


def order_update(order: api.Order, action: str, sequence: int, time_ms: int) -> str:
    """An order as it is after a change; ``sequence`` grows with each change of a user's orders of that mode."""
    return text_of(
        {
            "type": "order_update",
            "stream": "orders",
            **_mode(order.mode),
            "action": action,
            "symbol": order.symbol,
            "timestamp": time_ms,
            "sequence": sequence,
            "data": order,
        }
    )


def orders_snapshot(orders: list[api.Order], sequence: int, *, mode: _Named = UNSET) -> str:
    """All open orders as they are, for a reader that begins; updates with a greater sequence follow."""
    return text_of(
        {"type": "orders_snapshot", "stream": "orders", **_mode(mode), "timestamp": now_ms(), "sequence": sequence, "data": orders}
    )


def balance_update(asset: str, balance: Balance, *, mode: _Named = UNSET) -> str:
    """A balance as it is after a change; of paper balances there are no numbers, the last one told counts."""
    numbered = {"sequence": balance.seq} if mode is UNSET else {}
    return text_of(
        {
            "type": "balance_update",
            "stream": "balances",
            **_mode(mode),
            "timestamp": balance.time_ms,
            **numbered,
            "data": balance_model(asset, balance),
        }
    )


def push_resynced(
    reader: Connection, sequence: int, orders: int, *, complete: bool, request_id: object = None, mode: _Named = UNSET
) -> None:
    """The end of an answer to ``resync``: how many orders were told, and whether those were all that changed."""
    data = {"orders": orders, "complete": complete}
    message = {"type": "resynced", "stream": "orders", **_mode(mode), "timestamp": now_ms(), "sequence": sequence, "data": data}
    reader.push_message(message if request_id is None else message | {"id": request_id})


def _mode(named: _Named) -> dict[str, object]:
    return {} if named is UNSET else {"mode": named}
