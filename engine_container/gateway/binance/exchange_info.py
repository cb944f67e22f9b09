"""``exchangeInfo``: the symbols with their rules, as Binance writes them."""

from __future__ import annotations

import time
from typing import Any, Final

from engine_container.core.vocabulary import OPEN_ORDERS_MAX, OPEN_ORDERS_PER_SYMBOL_MAX
from engine_container.gateway.binance import errors
from engine_container.gateway.binance.asked import Asked, every_symbol, listed, spot
from engine_container.gateway.binance.limits import WINDOWS
from engine_container.gateway.binance.names import ORDER_TYPES, PREVENTIONS, SYMBOL_STATUSES, amount, symbol_name
from mycrypto.contracts.events import SymbolChanged
from mycrypto.money import AMOUNT_UNITS_MAX, BPS, SCALE

ICEBERG_PARTS_MAX: Final = 100
ALGO_ORDERS_MAX: Final = 20
ORDER_LISTS_MAX: Final = 10
TRAILING_MIN: Final = 1
TRAILING_MAX: Final = 9_999
_MULTIPLIER_DECIMALS: Final = 4


@spot("get", "/api/v3/exchangeInfo", "The symbols with their rules", weight=20, message="exchangeInfo")
async def exchange_info(asked: Asked) -> dict[str, Any]:
    params = asked.params
    names = params.names("symbols")
    name = params.text("symbol")
    if sum(each is not None for each in (names, name, params.text("permissions"))) > 1:
        raise errors.BinanceError(-1128, "Combination of optional parameters invalid.")
    status = params.text("symbolStatus")
    if names is not None:
        found = [listed(asked.views, each) for each in names]
    elif name is not None:
        found = [listed(asked.views, name)]
    else:
        found = every_symbol(asked.views)
        if params.text("permissions") is not None and "SPOT" not in params.needed("permissions"):
            found = []
    return {
        "timezone": "UTC",
        "serverTime": time.time_ns() // 1_000_000,
        "rateLimits": [window.described() for window in WINDOWS],
        "exchangeFilters": [{"filterType": "EXCHANGE_MAX_NUM_ORDERS", "maxNumOrders": OPEN_ORDERS_MAX}],
        "symbols": [symbol_model(symbol) for symbol in found if status in {None, SYMBOL_STATUSES[symbol.status]}],
    }


def symbol_model(symbol: SymbolChanged) -> dict[str, Any]:
    return {
        "symbol": symbol_name(symbol.symbol),
        "status": SYMBOL_STATUSES[symbol.status],
        "baseAsset": symbol.base,
        "baseAssetPrecision": SCALE,
        "quoteAsset": symbol.quote,
        "quotePrecision": SCALE,
        "quoteAssetPrecision": SCALE,
        "baseCommissionPrecision": SCALE,
        "quoteCommissionPrecision": SCALE,
        "orderTypes": list(ORDER_TYPES),
        "icebergAllowed": True,
        "ocoAllowed": True,
        "otoAllowed": False,
        "opoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": True,
        "cancelReplaceAllowed": True,
        "amendAllowed": True,
        "pegInstructionsAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": filters(symbol),
        "permissions": ["SPOT"],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "EXPIRE_TAKER",
        "allowedSelfTradePreventionModes": list(PREVENTIONS),
    }


def filters(symbol: SymbolChanged, per_symbol_max: int = OPEN_ORDERS_PER_SYMBOL_MAX) -> list[dict[str, Any]]:
    """PRICE_FILTER comes first: some clients ask for the first one."""
    lots = {"minQty": amount(symbol.quantity_min), "maxQty": amount(symbol.quantity_max), "stepSize": amount(symbol.lot)}
    price_max = AMOUNT_UNITS_MAX // symbol.tick * symbol.tick
    found: list[dict[str, Any]] = [
        {"filterType": "PRICE_FILTER", "minPrice": amount(symbol.tick), "maxPrice": amount(price_max), "tickSize": amount(symbol.tick)},
        {"filterType": "LOT_SIZE", **lots},
        {"filterType": "ICEBERG_PARTS", "limit": ICEBERG_PARTS_MAX},
        {"filterType": "MARKET_LOT_SIZE", **lots},
        {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": TRAILING_MIN,
            "maxTrailingAboveDelta": TRAILING_MAX,
            "minTrailingBelowDelta": TRAILING_MIN,
            "maxTrailingBelowDelta": TRAILING_MAX,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": amount(symbol.notional_min),
            "applyMinToMarket": True,
            "maxNotional": amount(AMOUNT_UNITS_MAX),
            "applyMaxToMarket": False,
            "avgPriceMins": 0,
        },
    ]
    if symbol.band_bps:
        up, down = _multiplier(BPS + symbol.band_bps), _multiplier(max(0, BPS - symbol.band_bps))
        found.append(
            {
                "filterType": "PERCENT_PRICE_BY_SIDE",
                "bidMultiplierUp": up,
                "bidMultiplierDown": down,
                "askMultiplierUp": up,
                "askMultiplierDown": down,
                "avgPriceMins": 0,
            }
        )
    return [
        *found,
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": per_symbol_max},
        {"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": ORDER_LISTS_MAX},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": ALGO_ORDERS_MAX},
    ]


def _multiplier(bps: int) -> str:
    return f"{bps // BPS}.{bps % BPS:0{_MULTIPLIER_DECIMALS}d}"
