"""Orders, their fills, and lists of them as Binance writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
from engine_container.views.orders import Order
from engine_container.views.trades import OwnFill


def acknowledged(order: Order, time_ms: int) -> dict[str, Any]:
    """ACK."""
    return {
        "symbol": symbol_name(order.symbol),
        "orderId": order.number,
        "orderListId": list_id(order),
        "clientOrderId": order.client_order_id,
        "transactTime": time_ms,
    }


def result(order: Order, time_ms: int) -> dict[str, Any]:
    """RESULT."""
    return acknowledged(order, time_ms) | _state(order) | {"workingTime": working_time(order), **_prevention()} | _conditions(order)


def full(order: Order, time_ms: int, quote: str) -> dict[str, Any]:
    """FULL: with what it traded at once."""
    fills = [
        {
            "price": amount(fill.record.trade.price),
            "qty": amount(fill.record.trade.quantity),
            "commission": amount(fill.fee),
            "commissionAsset": quote,
            "tradeId": fill.record.number,
        }
        for fill in order.fills
        if not fill.is_maker
    ]
    return result(order, time_ms) | {"fills": fills}


def cancelled(order: Order, time_ms: int, cancel_id: str) -> dict[str, Any]:
    """The answer to a cancel, which has a name of its own."""
    return result(order, time_ms) | {"origClientOrderId": order.client_order_id, "clientOrderId": cancel_id}


def queried(order: Order) -> dict[str, Any]:
    """As lists and look-ups show it."""
    return {
        "symbol": symbol_name(order.symbol),
        "orderId": order.number,
        "orderListId": list_id(order),
        "clientOrderId": order.client_order_id,
        **_state(order),
        "stopPrice": amount(order.stop_price or order.activation_price),
        "icebergQty": amount(order.display_quantity),
        "time": order.created_ms,
        "updateTime": order.updated_ms,
        "isWorking": is_working(order),
        "workingTime": working_time(order),
        **_prevention(),
        **({"trailingDelta": order.trail_bps} if order.trail_bps else {}),
    }


def _state(order: Order) -> dict[str, Any]:
    return {
        "price": amount(order.price),
        "origQty": amount(order.quantity or order.filled),
        "executedQty": amount(order.filled),
        "origQuoteOrderQty": amount(order.quote_quantity),
        "cummulativeQuoteQty": amount(order.value),
        "status": status_name(order),
        "timeInForce": time_in_force_name(order),
        "type": type_name(order),
        "side": SIDE_NAMES[order.side],
    }


def _prevention() -> dict[str, str]:
    """The events do not say which one an order has; the default is what most have."""
    return {"selfTradePreventionMode": PREVENTION_DEFAULT}


def _conditions(order: Order) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if order.stop_price or order.activation_price:
        found["stopPrice"] = amount(order.stop_price or order.activation_price)
    if order.display_quantity:
        found["icebergQty"] = amount(order.display_quantity)
    if order.trail_bps:
        found["trailingDelta"] = order.trail_bps
    return found


def own_trade(fill: OwnFill, quote: str, oco: int = -1) -> dict[str, Any]:
    """A row of ``myTrades``."""
    trade = fill.record.trade
    return {
        "symbol": symbol_name(trade.symbol),
        "id": fill.record.number,
        "orderId": fill.order,
        "orderListId": oco,
        "price": amount(trade.price),
        "qty": amount(trade.quantity),
        "quoteQty": amount(fill.value),
        "commission": amount(fill.fee),
        "commissionAsset": quote,
        "time": fill.record.time_ms,
        "isBuyer": fill.side.name == "BUY",
        "isMaker": fill.is_maker,
        "isBestMatch": True,
    }


def order_list(orders: Sequence[Order], name: str = "") -> dict[str, Any]:
    """An OCO."""
    is_done = all(order.is_final for order in orders)
    return {
        "orderListId": list_id(orders[0]),
        "contingencyType": "OCO",
        "listStatusType": "ALL_DONE" if is_done else "EXEC_STARTED",
        "listOrderStatus": "ALL_DONE" if is_done else "EXECUTING",
        "listClientOrderId": name or str(list_id(orders[0])),
        "transactionTime": max(order.updated_ms for order in orders) if is_done else orders[0].created_ms,
        "symbol": symbol_name(orders[0].symbol),
        "orders": [
            {"symbol": symbol_name(order.symbol), "orderId": order.number, "clientOrderId": order.client_order_id} for order in orders
        ],
    }
