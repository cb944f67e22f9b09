"""Events of an account, as Binance writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from engine_container.gateway.binance.names import (
    PREVENTION_DEFAULT,
    SIDE_NAMES,
    amount,
    is_working,
    list_id,
    status_name,
    symbol_name,
    time_in_force_name,
    type_name,
    working_time,
)
from engine_container.gateway.binance.outlet import now_ms
from engine_container.views.balances import Balance
from engine_container.views.orders import Order
from engine_container.views.trades import OwnFill
from mycrypto.contracts.events import TransferApplied


class Happened(msgspec.Struct):
    """Something about an order, as it was when it happened. ``kind`` is what Binance calls the execution type."""

    kind: str
    order: Order
    seq: int
    time_ms: int
    filled: int
    value: int
    working: bool
    working_ms: int
    fill: OwnFill | None = None
    status: str = "NEW"


def happened(kind: str, order: Order, seq: int, time_ms: int, fill: OwnFill | None = None, status: str = "NEW") -> Happened:
    return Happened(
        kind, order, seq, time_ms, order.filled, order.value, is_working(order) and not order.is_final, working_time(order), fill, status
    )


def execution_report(event: Happened, quote: str) -> dict[str, Any]:
    order, fill = event.order, event.fill
    ended_by_user = event.kind == "CANCELED"
    traded = fill.record.trade if fill is not None else None
    return {
        "e": "executionReport",
        "E": now_ms(),
        "s": symbol_name(order.symbol),
        "c": f"cancel-{event.seq}" if ended_by_user else order.client_order_id,
        "S": SIDE_NAMES[order.side],
        "o": type_name(order),
        "f": time_in_force_name(order),
        "q": amount(order.quantity),
        "p": amount(order.price),
        "P": amount(order.stop_price or order.activation_price),
        "F": amount(order.display_quantity),
        "g": list_id(order),
        "C": order.client_order_id if ended_by_user else "",
        "x": event.kind,
        "X": event.status,
        "r": "NONE",
        "i": order.number,
        "l": amount(traded.quantity if traded is not None else 0),
        "z": amount(event.filled),
        "L": amount(traded.price if traded is not None else 0),
        "n": amount(fill.fee if fill is not None else 0),
        "N": quote if fill is not None else None,
        "T": event.time_ms,
        "t": fill.record.number if fill is not None else -1,
        "I": event.seq,
        "w": event.working,
        "m": fill is not None and fill.is_maker,
        "M": fill is not None,
        "O": order.created_ms,
        "Z": amount(event.value),
        "Y": amount(fill.value if fill is not None else 0),
        "Q": amount(order.quote_quantity),
        "W": event.working_ms,
        "V": PREVENTION_DEFAULT,
        **({"d": order.trail_bps} if order.trail_bps else {}),
    }


def account_position(balances: Mapping[str, Balance], time_ms: int) -> dict[str, Any]:
    held = [{"a": asset, "f": amount(balance.available), "l": amount(balance.locked)} for asset, balance in balances.items()]
    return {"e": "outboundAccountPosition", "E": now_ms(), "u": time_ms, "B": held}


def balance_update(event: TransferApplied, time_ms: int) -> dict[str, Any]:
    return {"e": "balanceUpdate", "E": now_ms(), "a": event.asset, "d": amount(event.amount), "T": time_ms}


def list_status(orders: Sequence[Order], time_ms: int) -> dict[str, Any]:
    is_done = all(order.is_final for order in orders)
    return {
        "e": "listStatus",
        "E": now_ms(),
        "s": symbol_name(orders[0].symbol),
        "g": list_id(orders[0]),
        "c": "OCO",
        "l": "ALL_DONE" if is_done else "EXEC_STARTED",
        "L": "ALL_DONE" if is_done else "EXECUTING",
        "r": "NONE",
        "C": str(list_id(orders[0])),
        "T": time_ms,
        "O": [{"s": symbol_name(order.symbol), "i": order.number, "c": order.client_order_id} for order in orders],
    }


def ended_kind(order: Order) -> tuple[str, str]:
    """Execution type and status of an order that ended otherwise than by its last fill."""
    status = status_name(order)
    return ("CANCELED" if status == "CANCELED" else "EXPIRED"), status
