"""What an account has, did, and may do."""

from __future__ import annotations

from typing import Any, Final

from engine_container.gateway.binance import errors, order_models
from engine_container.gateway.binance.asked import Asked, every_symbol, spot
from engine_container.gateway.binance.exchange_info import filters
from engine_container.gateway.binance.finding import order_named, order_numbered
from engine_container.gateway.binance.limits import ORDERS_1D, ORDERS_10S
from engine_container.gateway.binance.market import END, LIST_DEFAULT, LIST_MAX, NUMBER_END, milliseconds
from engine_container.gateway.binance.names import amount, is_listed, list_id, symbol_name
from engine_container.gateway.binance.params import Params
from engine_container.views.balances import Balance
from engine_container.views.minutes import DAY_MS
from engine_container.views.trades import OwnFill
from mycrypto.contracts.events import SymbolChanged
from mycrypto.money import PPM, UNITS_PER_ONE
from mycrypto.permissions import READING

_NONE: Final = Balance(0, 0, 0, 0)


def open_orders_weight(params: Params) -> int:
    return 6 if "symbol" in params else 80


def my_trades_weight(params: Params) -> int:
    return 5 if "orderId" in params else 20


def assets(asked: Asked) -> list[str]:
    """Everything that is traded here, in the order of listing."""
    return list(dict.fromkeys(asset for symbol in every_symbol(asked.views) for asset in (symbol.base, symbol.quote)))


def rates(asked: Asked, symbol: SymbolChanged) -> tuple[int, int]:
    """The caller's maker and taker rates, in parts per million."""
    own = asked.views.users.get(asked.caller.user_id)
    maker = own.maker_fee_ppm if own is not None and own.maker_fee_ppm >= 0 else symbol.maker_fee_ppm
    taker = own.taker_fee_ppm if own is not None and own.taker_fee_ppm >= 0 else symbol.taker_fee_ppm
    return maker, taker


def rate(ppm: int) -> str:
    """As a fraction with eight decimals."""
    return amount(ppm * UNITS_PER_ONE // PPM)


@spot("get", "/api/v3/account", "The account and its balances", permission=READING, weight=20, message="account.status")
async def account(asked: Asked) -> dict[str, Any]:
    caller = asked.caller
    own = asked.views.balances.of(caller.user_id)
    without_zeros = asked.params.flag("omitZeroBalances", default=False)
    names = list(dict.fromkeys([*assets(asked), *sorted(own)]))
    balances = [(name, own.get(name, _NONE)) for name in names]
    symbols = every_symbol(asked.views)
    maker, taker = rates(asked, symbols[0]) if symbols else (0, 0)
    return {
        "makerCommission": maker * 10_000 // PPM,
        "takerCommission": taker * 10_000 // PPM,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {"maker": rate(maker), "taker": rate(taker), "buyer": rate(0), "seller": rate(0)},
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": max((balance.time_ms for balance in own.values()), default=0),
        "accountType": "SPOT",
        "balances": [
            {"asset": name, "free": amount(balance.available), "locked": amount(balance.locked)}
            for name, balance in balances
            if not without_zeros or balance.available or balance.locked
        ],
        "permissions": ["SPOT"],
        "uid": uid(caller.user_id),
    }


def uid(user_id: bytes) -> int:
    """A number that clients can read exactly: part of the user's id."""
    return int.from_bytes(user_id[-6:], "big")


@spot("get", "/api/v3/account/commission", "Rates of a symbol", permission=READING, weight=20, message="account.commission")
async def commission(asked: Asked) -> dict[str, Any]:
    return commissions(asked, asked.symbol(), "standardCommission", "specialCommission", "taxCommission") | {
        "symbol": symbol_name(asked.symbol().symbol)
    }


def commissions(asked: Asked, symbol: SymbolChanged, *names: str) -> dict[str, Any]:
    """The first name's are ours; there are no others."""
    maker, taker = rates(asked, symbol)
    nothing = {"maker": rate(0), "taker": rate(0), "buyer": rate(0), "seller": rate(0)}
    return {
        names[0]: nothing | {"maker": rate(maker), "taker": rate(taker)},
        **dict.fromkeys(names[1:], nothing),
        "discount": {"enabledForAccount": False, "enabledForSymbol": False, "discountAsset": "", "discount": rate(0)},
    }


@spot("get", "/api/v3/order", "An order", permission=READING, weight=4, message="order.status")
async def get_order(asked: Asked) -> dict[str, Any]:
    order = await order_named(asked, asked.symbol().symbol)
    if order is None:
        raise errors.no_such_order()
    return order_models.queried(order)


@spot("get", "/api/v3/openOrders", "Open orders", permission=READING, weight=open_orders_weight, message="openOrders.status")
async def open_orders(asked: Asked) -> list[dict[str, Any]]:
    symbol = asked.optional_symbol()
    return [
        order_models.queried(order)
        for order in asked.views.orders.of(asked.caller.user_id)
        if not order.is_final and (symbol is None or order.symbol == symbol.symbol)
    ]


@spot("get", "/api/v3/allOrders", "Orders of a symbol", permission=READING, weight=20, message="allOrders")
async def all_orders(asked: Asked) -> list[dict[str, Any]]:
    """Of a symbol, oldest first: from an order on, of a period, or the newest."""
    params = asked.params
    symbol = asked.symbol().symbol
    limit = params.integer("limit", LIST_DEFAULT, 1, LIST_MAX)
    first = params.optional_integer("orderId")
    period = period_of(params)
    user_id = asked.caller.user_id
    here = [order for order in asked.views.orders.of(user_id) if order.symbol == symbol]
    found = [order for order in here if order.number >= (first or 0) and period[0] <= order.created_ms < period[1]]
    newest = first is None and period == (0, END)
    history = asked.gateway.history
    if history is not None and asked.views.orders.evicted_seq:
        known = {order.number for order in here}
        older = await history.orders_from(user_id, symbol, first or 0, period, limit + len(known), newest=newest)
        found += [order for order in older if order.number not in known]
        found.sort(key=lambda order: order.number)
    shown = [order_models.queried(order) for order in found if is_listed(order)]
    return shown[-limit:] if newest else shown[:limit]


def period_of(params: Params) -> tuple[int, int]:
    """``startTime`` to ``endTime``, the end exclusive; at most a day where both are given."""
    begin, end = params.optional_integer("startTime"), params.optional_integer("endTime")
    from_ms, to_ms = milliseconds(begin or 0), END if end is None else milliseconds(end) + 1
    if begin is not None and end is not None:
        if from_ms >= to_ms:
            raise errors.BinanceError(-1128, "Combination of optional parameters invalid.")
        if to_ms - 1 - from_ms > DAY_MS:
            raise errors.BinanceError(-1127, "More than 24 hours between startTime and endTime.")
    return from_ms, to_ms


@spot("get", "/api/v3/myTrades", "Own trades", permission=READING, weight=my_trades_weight, message="myTrades")
async def my_trades(asked: Asked) -> list[dict[str, Any]]:
    """Own fills of a symbol, oldest first: of an order, from a trade on, of a period, or the newest."""
    params = asked.params
    symbol = asked.symbol()
    limit = params.integer("limit", LIST_DEFAULT, 1, LIST_MAX)
    number, first = params.optional_integer("orderId"), params.optional_integer("fromId")
    period = period_of(params)
    if first is not None and period != (0, END):
        raise errors.BinanceError(-1128, "Combination of optional parameters invalid.")
    if number is not None:
        order = await order_numbered(asked, number)
        if order is None or order.symbol != symbol.symbol:
            return []
        found = sorted(order.fills, key=lambda fill: fill.record.number)
        oco = list_id(order)
        found = [fill for fill in found if fill.record.number >= (first or 0) and period[0] <= fill.record.time_ms < period[1]]
        return [order_models.own_trade(fill, symbol.quote, oco) for fill in found[:limit]]
    fills = await _fills(asked, symbol.symbol, first, period, limit)
    return [order_models.own_trade(fill, symbol.quote) for fill in fills]


async def _fills(asked: Asked, symbol: str, first: int | None, period: tuple[int, int], limit: int) -> list[OwnFill]:
    user_id = asked.caller.user_id
    here = [fill for fill in asked.views.trades.own(user_id) if fill.record.trade.symbol == symbol][::-1]
    found = [fill for fill in here if fill.record.number >= (first or 0) and period[0] <= fill.record.time_ms < period[1]]
    newest = first is None and period == (0, END)
    history = asked.gateway.history
    if history is None or not asked.views.trades.evicted_number or (newest and len(found) >= limit):
        return found[-limit:] if newest else found[:limit]
    if newest:
        before = (here[0].record.time_ms, here[0].record.number) if here else (END, NUMBER_END)
        older = (await history.own_fills(user_id, symbol, before, limit))[::-1]
        return (older + found)[-limit:]
    through = here[0].record.number - 1 if here else NUMBER_END
    older = await history.own_fills_from(user_id, symbol, first or 0, through, period, limit)
    return (older + found)[:limit]


async def _nothing(asked: Asked) -> list[Any]:
    """A list that is always empty here."""
    asked.symbol()
    return []


@spot("get", "/api/v3/myPreventedMatches", "Prevented trades with oneself", permission=READING, weight=20, message="myPreventedMatches")
async def prevented_matches(asked: Asked) -> list[Any]:
    return await _nothing(asked)


@spot("get", "/api/v3/myAllocations", "Allocations of order routing", permission=READING, weight=20, message="myAllocations")
async def allocations(asked: Asked) -> list[Any]:
    return await _nothing(asked)


@spot("get", "/api/v3/order/amendments", "Amendments of an order", permission=READING, weight=4, message="order.amendments")
async def amendments(asked: Asked) -> list[Any]:
    return await _nothing(asked)


@spot("get", "/api/v3/myFilters", "Own filters", permission=READING, weight=40, message="myFilters")
async def my_filters(asked: Asked) -> dict[str, Any]:
    symbol = asked.symbol()
    own = asked.views.users.get(asked.caller.user_id)
    per_symbol = {} if own is None or own.open_orders_per_symbol_max < 0 else {"per_symbol_max": own.open_orders_per_symbol_max}
    return {"exchangeFilters": [], "symbolFilters": filters(symbol, **per_symbol), "assetFilters": []}


@spot("get", "/api/v3/rateLimit/order", "New orders that were counted", permission=READING, weight=40, message="account.rateLimits.orders")
async def order_counts(asked: Asked) -> list[dict[str, Any]]:
    """How many new orders the windows have seen."""
    subject = asked.caller.user_id.hex()
    return [window.described() | {"count": asked.limits.used(subject, window)} for window in (ORDERS_10S, ORDERS_1D)]
