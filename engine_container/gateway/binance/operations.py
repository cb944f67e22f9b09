"""Every operation of the facade: method and path, who may, what it weighs, and its name in the WebSocket API."""

from __future__ import annotations

from typing import Final

from engine_container.gateway.binance import account, candles, exchange_info, lists, market, placing, sapi, tickers
from engine_container.gateway.binance.asked import Operation, Security
from engine_container.gateway.binance.params import Params


def _test_weight(params: Params) -> int:
    return 20 if params.flag("computeCommissionRates", default=False) else 1


_PUBLIC: Final = (
    Operation("GET", "/api/v3/ping", market.ping, message="ping"),
    Operation("GET", "/api/v3/time", market.server_time, message="time"),
    Operation("GET", "/api/v3/exchangeInfo", exchange_info.exchange_info, weight=20, message="exchangeInfo"),
    Operation("GET", "/api/v3/depth", market.depth, weight=market.depth_weight, message="depth"),
    Operation("GET", "/api/v3/trades", market.trades, weight=25, message="trades.recent"),
    Operation("GET", "/api/v3/historicalTrades", market.historical_trades, Security.KEY, 25, message="trades.historical"),
    Operation("GET", "/api/v3/aggTrades", market.agg_trades, weight=4, message="trades.aggregate"),
    Operation("GET", "/api/v3/avgPrice", candles.average_price, weight=2, message="avgPrice"),
    Operation("GET", "/api/v3/klines", candles.klines, weight=2, message="klines"),
    Operation("GET", "/api/v3/uiKlines", candles.klines, weight=2, message="uiKlines"),
    Operation("GET", "/api/v3/ticker/24hr", tickers.day, weight=tickers.day_weight, message="ticker.24hr"),
    Operation("GET", "/api/v3/ticker/price", tickers.price, weight=tickers.price_weight, message="ticker.price"),
    Operation("GET", "/api/v3/ticker/bookTicker", tickers.book_ticker, weight=tickers.price_weight, message="ticker.book"),
    Operation("GET", "/api/v3/ticker/tradingDay", tickers.trading_day, weight=tickers.window_weight, message="ticker.tradingDay"),
    Operation("GET", "/api/v3/ticker", tickers.window, weight=tickers.window_weight, message="ticker"),
)
_TRADE: Final = (
    Operation("POST", "/api/v3/order", placing.place, Security.TRADE, orders=1, message="order.place"),
    Operation("POST", "/api/v3/order/test", placing.test, Security.TRADE, _test_weight, message="order.test"),
    Operation("DELETE", "/api/v3/order", placing.cancel, Security.TRADE, message="order.cancel"),
    Operation("DELETE", "/api/v3/openOrders", placing.cancel_all, Security.TRADE, message="openOrders.cancelAll"),
    Operation("POST", "/api/v3/order/cancelReplace", placing.cancel_replace, Security.TRADE, orders=1, message="order.cancelReplace"),
    Operation("PUT", "/api/v3/order/amend/keepPriority", placing.amend, Security.TRADE, 4, message="order.amend.keepPriority"),
    Operation("POST", "/api/v3/orderList/oco", lists.place_list, Security.TRADE, orders=2, message="orderList.place.oco"),
    Operation("POST", "/api/v3/order/oco", lists.place_old, Security.TRADE, orders=2, message="orderList.place"),
    Operation("DELETE", "/api/v3/orderList", lists.cancel_list, Security.TRADE, message="orderList.cancel"),
)
_ACCOUNT: Final = (
    Operation("GET", "/api/v3/order", account.get_order, Security.USER, 4, message="order.status"),
    Operation("GET", "/api/v3/openOrders", account.open_orders, Security.USER, account.open_orders_weight, message="openOrders.status"),
    Operation("GET", "/api/v3/allOrders", account.all_orders, Security.USER, 20, message="allOrders"),
    Operation("GET", "/api/v3/orderList", lists.get_list, Security.USER, 4, message="orderList.status"),
    Operation("GET", "/api/v3/allOrderList", lists.all_lists, Security.USER, 20, message="allOrderLists"),
    Operation("GET", "/api/v3/openOrderList", lists.open_lists, Security.USER, 6, message="openOrderLists.status"),
    Operation("GET", "/api/v3/account", account.account, Security.USER, 20, message="account.status"),
    Operation("GET", "/api/v3/myTrades", account.my_trades, Security.USER, account.my_trades_weight, message="myTrades"),
    Operation("GET", "/api/v3/account/commission", account.commission, Security.USER, 20, message="account.commission"),
    Operation("GET", "/api/v3/myFilters", account.my_filters, Security.USER, 40, message="myFilters"),
    Operation("GET", "/api/v3/rateLimit/order", account.order_counts, Security.USER, 40, message="account.rateLimits.orders"),
    Operation("GET", "/api/v3/myPreventedMatches", account.nothing, Security.USER, 20, message="myPreventedMatches"),
    Operation("GET", "/api/v3/myAllocations", account.nothing, Security.USER, 20, message="myAllocations"),
    Operation("GET", "/api/v3/order/amendments", account.nothing, Security.USER, 4, message="order.amendments"),
)
_BESIDE: Final = (
    Operation("GET", "/sapi/v1/system/status", sapi.system_status),
    Operation("GET", "/sapi/v1/capital/config/getall", sapi.coins, Security.USER, 10),
    Operation("GET", "/sapi/v1/asset/tradeFee", sapi.trade_fee, Security.USER),
    *(
        Operation("GET", path, sapi.empty)
        for path in (
            "/sapi/v1/margin/allPairs",
            "/sapi/v1/margin/isolated/allPairs",
            "/sapi/v1/margin/allAssets",
            "/sapi/v1/spot/delist-schedule",
        )
    ),
    *(
        Operation("GET", path, sapi.no_symbols)
        for path in ("/sapi/v1/equity/market/exchangeInfo", "/fapi/v1/exchangeInfo", "/dapi/v1/exchangeInfo")
    ),
)

OPERATIONS: Final = (*_PUBLIC, *_TRADE, *_ACCOUNT, *_BESIDE)
BY_PATH: Final = {(operation.path, operation.method): operation for operation in OPERATIONS}
PATHS: Final = frozenset(operation.path for operation in OPERATIONS)
BY_MESSAGE: Final = {operation.message: operation for operation in OPERATIONS if operation.message}
