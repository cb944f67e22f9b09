"""Binance's words for ours, and ours for Binance's: symbols, sides, types, statuses, amounts. The one place that knows both."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from engine_container.views.orders import Order
from mycrypto.contracts.trading import OrderStatus, OrderType, SelfTradePrevention, Side, SymbolStatus, TimeInForce
from mycrypto.money import UNITS_PER_ONE

CLIENT_ORDER_ID: Final = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
SIDES: Final = dict(Side.__members__)
SIDE_NAMES: Final = {side: side.name for side in Side}

ORDER_TYPES: Final = (
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
)
_TYPE_NAMES: Final = {
    OrderType.LIMIT: "LIMIT",
    OrderType.MARKET: "MARKET",
    OrderType.STOP: "STOP_LOSS",
    OrderType.STOP_LIMIT: "STOP_LOSS_LIMIT",
    OrderType.TAKE_PROFIT: "TAKE_PROFIT",
    OrderType.TAKE_PROFIT_LIMIT: "TAKE_PROFIT_LIMIT",
    OrderType.TRAILING_STOP: "STOP_LOSS",
}
OUR_TYPES: Final = {
    "LIMIT": "LIMIT",
    "LIMIT_MAKER": "LIMIT",
    "MARKET": "MARKET",
    "STOP_LOSS": "STOP",
    "STOP_LOSS_LIMIT": "STOP_LIMIT",
    "TAKE_PROFIT": "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT": "TAKE_PROFIT_LIMIT",
}
TIMES_IN_FORCE: Final = ("GTC", "IOC", "FOK")

PREVENTIONS: Final = {
    "EXPIRE_TAKER": "CANCEL_TAKER",
    "EXPIRE_MAKER": "CANCEL_MAKER",
    "EXPIRE_BOTH": "CANCEL_BOTH",
    "DECREMENT": "DECREMENT",
    "NONE": "ALLOW",
}
"""NONE is for market makers alone, as ALLOW is."""
PREVENTION_NAMES: Final = {SelfTradePrevention[ours]: theirs for theirs, ours in PREVENTIONS.items()}
PREVENTION_DEFAULT: Final = "EXPIRE_TAKER"

SYMBOL_STATUSES: Final = {
    SymbolStatus.ACTIVE: "TRADING",
    SymbolStatus.HALTED: "HALT",
    SymbolStatus.MAINTENANCE: "BREAK",
    SymbolStatus.AUCTION: "BREAK",
}
"""A delisted symbol is not shown at all."""

_WAITING: Final = frozenset({OrderStatus.OPEN, OrderStatus.TRIGGERED, OrderStatus.PENDING_TRIGGER})
_BY_USER: Final = frozenset({"USER", "REPLACED", "CANCEL_ALL_AFTER"})
UNFILLED: Final = frozenset({"FOK_NOT_FILLABLE", "NO_LIQUIDITY"})
"""Refusals that Binance tells as an order that has expired."""


@lru_cache(maxsize=16_384)
def amount(units: int) -> str:
    """Eight decimals always: clients compare with "0.00000000"."""
    sign = "-" if units < 0 else ""
    whole, fraction = divmod(abs(units), UNITS_PER_ONE)
    return f"{sign}{whole}.{fraction:08d}"


@lru_cache(maxsize=4_096)
def symbol_name(symbol: str) -> str:
    """``BTC/TRY`` as Binance spells it."""
    return symbol.replace("/", "")


def type_name(order: Order) -> str:
    return "LIMIT_MAKER" if order.post_only else _TYPE_NAMES[order.type]


def status_name(order: Order) -> str:
    """What became of it, in Binance's words."""
    if order.status in _WAITING:
        return "NEW"
    if order.status is OrderStatus.CANCELLED:
        if order.reason in _BY_USER:
            return "CANCELED"
        return "EXPIRED_IN_MATCH" if order.reason == "SELF_TRADE_PREVENTION" else "EXPIRED"
    if order.status is OrderStatus.REJECTED:
        return "EXPIRED"
    return order.status.name


def time_in_force_name(order: Order) -> str:
    if order.type is OrderType.MARKET:
        return "GTC"
    return order.time_in_force.name if order.time_in_force in {TimeInForce.IOC, TimeInForce.FOK} else "GTC"


def is_listed(order: Order) -> bool:
    """Whether lists show it: an order that was refused was never one, unless it only found nothing to trade with."""
    return order.status is not OrderStatus.REJECTED or order.code in UNFILLED


def is_working(order: Order) -> bool:
    return order.status is not OrderStatus.PENDING_TRIGGER


def working_time(order: Order) -> int:
    """Since when it can trade; -1 while it waits for its price."""
    if not is_working(order):
        return -1
    return order.triggered_ms or order.created_ms


def list_id(order: Order) -> int:
    """The number of its OCO, which is that of the pair's first order; -1 where there is none."""
    return min(order.number, order.oco) if order.oco else -1
