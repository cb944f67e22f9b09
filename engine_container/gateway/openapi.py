"""The OpenAPI 3.1 document of the trading API, made from the models of :mod:`mycrypto.contracts.api` and the table below.

``python -m engine_container.gateway.openapi`` prints it; ``docs/api/openapi.json`` is that, and a test compares them. Another test holds the
table against the routes that the gateway really has.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from engine_container.gateway.pages import OFFSET_MAX
from engine_container.gateway.routes.market import DEPTH_MAX, INTERVALS_MS
from engine_container.gateway.routes.orders import SORTS
from engine_container.views.symbols import SPELLING_LENGTH_MAX
from mycrypto import openapi
from mycrypto.contracts import api
from mycrypto.contracts.trading import OrderType, Side
from mycrypto.health import Health, Readiness
from mycrypto.openapi import BEARER, Operation, Parameter, Service

_LIMIT: Final = Parameter("limit", "integer", "Rows of the page, 1 to 100 (500 for trades)")
_CURSOR: Final = Parameter("cursor", "string", "``next_cursor`` of the page before")
_SYMBOL: Final = Parameter("symbol", "string", "In any spelling: BTC/USDT, BTC-USDT, BTC_USDT, BTCUSDT")

_ORDER_ERRORS: Final = (
    "VALIDATION_ERROR",
    "INVALID_ORDER",
    "INVALID_QUANTITY",
    "ORDER_001",
    "ORDER_002",
    "MIN_NOTIONAL",
    "PRICE_BAND",
    "WALLET_001",
    "MARKET_CLOSED",
    "NO_LIQUIDITY",
    "POST_ONLY_WOULD_TRADE",
    "FOK_NOT_FILLABLE",
    "SELF_TRADE_PREVENTION",
    "OPEN_ORDER_LIMIT",
    "DAILY_VOLUME_LIMIT",
    "IDEMPOTENCY_CONFLICT",
    "PAYLOAD_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
    "SERVICE_UNAVAILABLE",
    "OUTCOME_UNKNOWN",
    "TRADE_001",
)
_FOUND_ERRORS: Final = ("VALIDATION_ERROR", "ORDER_003", "ORDER_004", "SERVICE_UNAVAILABLE", "OUTCOME_UNKNOWN")
_ADMIN_ERRORS: Final = (
    "VALIDATION_ERROR", "AUTH_003", "NOT_FOUND", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "SERVICE_UNAVAILABLE", "OUTCOME_UNKNOWN",
)  # fmt: skip

_FIGURES: Final[dict[str, dict[str, str | int]]] = {
    "BATCH_TOO_LARGE": {"limit": api.BATCH_ITEMS_MAX},
    "WALLET_001": {"asset": "USDT", "available": "100", "required": "40040"},
    "MIN_NOTIONAL": {"required": "10", "notional": "4"},
    "OUTCOME_UNKNOWN": {"client_order_id": "mine-1"},
    "ORDER_004": {"status_now": "FILLED"},
}
"""Members that carry the figures of a case, as an example shows them."""

_SHAPES: Final[dict[str, dict[str, Any]]] = {
    "order_id": {"format": "uuid"},
    "trade_id": {"format": "uuid"},
    "symbol": {"maxLength": SPELLING_LENGTH_MAX, "examples": ["BTCUSDT"]},
    "side": {"enum": [side.name for side in Side]},
    "type": {"enum": [kind.name for kind in OrderType]},
    "interval": {"enum": list(INTERVALS_MS)},
    "sort": {"enum": list(SORTS)},
    "depth": {"minimum": 1, "maximum": DEPTH_MAX},
    "limit": {"minimum": 1},
    "offset": {"minimum": 0, "maximum": OFFSET_MAX},
}
"""More about parameters of these names."""

_LIST_QUERY: Final = (
    _SYMBOL,
    Parameter("status", "string", "One status, several with commas, or ACTIVE for all that are not final"),
    Parameter("side", "string", "BUY or SELL"),
    Parameter("type", "string", "The order's type"),
    Parameter("start_date", "string", "Created at or after this ISO-8601 time"),
    Parameter("end_date", "string", "Created before this ISO-8601 time"),
    Parameter("client_order_id", "string", "The order of this name"),
    Parameter("user_id", "string", "For staff: another user's orders, or * for everybody's"),
    _LIMIT,
    _CURSOR,
    Parameter("offset", "integer", "Instead of a cursor; the page then tells the total"),
    Parameter("sort", "string", "created_at:desc (the default), created_at:asc, price:desc, price:asc"),
)

OPERATIONS: Final = (
    Operation(
        method="post",
        path="/api/v1/orders",
        name="placeOrder",
        summary="Place an order",
        tag="orders",
        answer=api.Placed,
        status=201,
        body=api.PlaceOrderRequest,
        errors=_ORDER_ERRORS,
        private=True,
    ),
    Operation(
        method="get",
        path="/api/v1/orders",
        name="listOrders",
        summary="Own orders",
        tag="orders",
        answer=api.OrderList,
        parameters=_LIST_QUERY,
        errors=("VALIDATION_ERROR", "ORDER_001"),
        private=True,
    ),
    Operation(
        method="delete",
        path="/api/v1/orders",
        name="cancelAllOrders",
        summary="Cancel all own open orders",
        tag="orders",
        answer=api.Cancelled,
        parameters=(_SYMBOL, Parameter("side", "string", "Only this side")),
        errors=("VALIDATION_ERROR", "ORDER_001", "OUTCOME_UNKNOWN"),
        private=True,
    ),
    Operation(
        method="post",
        path="/api/v1/orders/batch",
        name="placeOrders",
        summary="Place up to 50 orders; each is judged for itself",
        tag="orders",
        answer=api.BatchResult,
        body=api.BatchPlaceRequest,
        errors=("VALIDATION_ERROR", "BATCH_TOO_LARGE", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "OUTCOME_UNKNOWN"),
        private=True,
    ),
    Operation(
        method="post",
        path="/api/v1/orders/batch/cancel",
        name="cancelOrders",
        summary="Cancel up to 50 orders by either name",
        tag="orders",
        answer=api.BatchResult,
        body=api.BatchCancelRequest,
        errors=("VALIDATION_ERROR", "BATCH_TOO_LARGE", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "OUTCOME_UNKNOWN"),
        private=True,
    ),
    Operation(
        method="get",
        path="/api/v1/orders/by-client-id/{client_order_id}",
        name="getOrderByClientId",
        summary="An own order by its client_order_id",
        tag="orders",
        answer=api.Order,
        errors=_FOUND_ERRORS,
        private=True,
    ),
    Operation(
        method="delete",
        path="/api/v1/orders/by-client-id/{client_order_id}",
        name="cancelOrderByClientId",
        summary="Cancel by client_order_id",
        tag="orders",
        answer=api.Order,
        errors=_FOUND_ERRORS,
        private=True,
    ),
    Operation(
        method="get",
        path="/api/v1/orders/{order_id}",
        name="getOrder",
        summary="An order with its fills",
        tag="orders",
        answer=api.Order,
        errors=_FOUND_ERRORS,
        private=True,
    ),
    Operation(
        method="patch",
        path="/api/v1/orders/{order_id}",
        name="amendOrder",
        summary="Change what remains open, and the price",
        tag="orders",
        answer=api.Order,
        body=api.AmendOrderRequest,
        errors=(*_FOUND_ERRORS, *_ORDER_ERRORS[2:9], "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"),
        private=True,
    ),
    Operation(
        method="delete",
        path="/api/v1/orders/{order_id}",
        name="cancelOrder",
        summary="Cancel an order",
        tag="orders",
        answer=api.Order,
        errors=_FOUND_ERRORS,
        private=True,
    ),
    Operation(
        method="get",
        path="/api/v1/orderbook/{symbol}",
        name="getOrderBook",
        summary="The order book, added up per price",
        tag="market data",
        answer=api.OrderBook,
        parameters=(Parameter("depth", "integer", "Levels a side, 1 to 1000 (50)"),),
        errors=("VALIDATION_ERROR", "NOT_FOUND"),
    ),
    Operation(
        method="get",
        path="/api/v1/trades",
        name="listTrades",
        summary="Trades of a symbol, newest first",
        tag="market data",
        answer=api.PublicTradeList,
        parameters=(_SYMBOL, _LIMIT, _CURSOR),
        errors=("VALIDATION_ERROR", "ORDER_001"),
    ),
    Operation(
        method="get",
        path="/api/v1/trades/{trade_id}",
        name="getTrade",
        summary="A trade",
        tag="market data",
        answer=api.PublicTrade,
        errors=("VALIDATION_ERROR", "NOT_FOUND"),
    ),
    Operation(
        method="get",
        path="/api/v1/markets",
        name="listMarkets",
        summary="The symbols with their rules and fees",
        tag="market data",
        answer=api.MarketList,
    ),
    Operation(
        method="get", path="/api/v1/markets/tickers", name="listTickers", summary="Every ticker", tag="market data", answer=api.TickerList
    ),
    Operation(
        method="get",
        path="/api/v1/markets/{symbol}/ticker",
        name="getTicker",
        summary="The last 24 hours of a symbol",
        tag="market data",
        answer=api.Ticker,
        errors=("NOT_FOUND",),
    ),
    Operation(
        method="get",
        path="/api/v1/markets/{symbol}/candles",
        name="getCandles",
        summary="Open, high, low, close and volume by time",
        tag="market data",
        answer=api.CandleList,
        parameters=(
            Parameter("interval", "string", "1m, 5m, 15m, 1h, 4h, 1d"),
            Parameter("limit", "integer", "1 to 1000 (100)"),
            Parameter("end_date", "string", "Before this ISO-8601 time"),
        ),
        errors=("VALIDATION_ERROR", "NOT_FOUND", "SERVICE_UNAVAILABLE"),
    ),
    Operation(
        method="get",
        path="/api/v1/markets/{symbol}",
        name="getMarket",
        summary="A symbol with its rules and fees",
        tag="market data",
        answer=api.Market,
        errors=("NOT_FOUND",),
    ),
    Operation(
        method="get",
        path="/api/v1/account/balances",
        name="listBalances",
        summary="Balances as the engine sees them",
        tag="account",
        answer=api.BalanceList,
        private=True,
    ),
    Operation(
        method="get",
        path="/api/v1/account/trades",
        name="listOwnTrades",
        summary="Own fills, newest first",
        tag="account",
        answer=api.FillList,
        parameters=(_SYMBOL, Parameter("order_id", "string", "Of one order"), _LIMIT, _CURSOR),
        errors=("VALIDATION_ERROR", "ORDER_001"),
        private=True,
    ),
    Operation(
        method="get",
        path="/api/v1/account/fees",
        name="listFees",
        summary="The fee rates of the next orders",
        tag="account",
        answer=api.FeeList,
        private=True,
    ),
    Operation(
        method="get",
        path="/api/v1/positions",
        name="listPositions",
        summary="What own trades add up to, with profit and loss",
        tag="account",
        answer=api.PositionList,
        private=True,
    ),
    Operation(
        method="get",
        path="/api/v1/positions/{symbol}",
        name="getPosition",
        summary="The position on one symbol",
        tag="account",
        answer=api.Position,
        errors=("NOT_FOUND",),
        private=True,
    ),
    Operation(
        method="post",
        path="/api/v1/admin/emergency/halt-all",
        name="haltAll",
        summary="Halt every symbol",
        tag="admin",
        answer=api.MarketList,
        body=api.EmergencyRequest,
        errors=_ADMIN_ERRORS,
        private=True,
    ),
    Operation(
        method="post",
        path="/api/v1/admin/emergency/resume-all",
        name="resumeAll",
        summary="Resume what was halted with all",
        tag="admin",
        answer=api.MarketList,
        body=api.EmergencyRequest,
        errors=_ADMIN_ERRORS,
        private=True,
    ),
    Operation(
        method="post",
        path="/api/v1/admin/circuit-breaker/{symbol}",
        name="setBreaker",
        summary="Trip or reset a symbol's circuit breaker",
        tag="admin",
        answer=api.Market,
        body=api.BreakerRequest,
        errors=_ADMIN_ERRORS,
        private=True,
    ),
    Operation(
        method="put",
        path="/api/v1/admin/symbols/{symbol}",
        name="setSymbol",
        summary="List a symbol or change its rules",
        tag="admin",
        answer=api.Market,
        body=api.SetSymbolRequest,
        errors=_ADMIN_ERRORS,
        also=((201, "Listed", api.Market),),
        private=True,
    ),
    Operation(
        method="put",
        path="/api/v1/admin/symbols/{symbol}/status",
        name="setSymbolStatus",
        summary="Halt, resume or delist a symbol",
        tag="admin",
        answer=api.Market,
        body=api.SetStatusRequest,
        errors=_ADMIN_ERRORS,
        private=True,
    ),
    Operation(
        method="get",
        path="/api/v1/admin/users/{user_id}/limits",
        name="getUserLimits",
        summary="A user's limits",
        tag="admin",
        answer=api.UserLimits,
        private=True,
    ),
    Operation(
        method="put",
        path="/api/v1/admin/users/{user_id}/limits",
        name="setUserLimits",
        summary="Change a user's limits",
        tag="admin",
        answer=api.UserLimits,
        body=api.SetLimitsRequest,
        errors=_ADMIN_ERRORS,
        private=True,
    ),
    Operation(method="get", path="/health", name="health", summary="Is the process alive", tag="operations", answer=Health),
    Operation(
        method="get",
        path="/ready",
        name="ready",
        summary="Is everything there that it needs",
        tag="operations",
        answer=Readiness,
        also=((503, "Something is missing; the body names it", Readiness),),
    ),
)

_METRICS: Final[dict[str, Any]] = {
    "operationId": "metrics",
    "summary": "What the process counts, in the text format of Prometheus",
    "tags": ["operations"],
    "responses": {"200": {"description": "Done", "content": {"text/plain": {"schema": {"type": "string"}}}}},
}

SERVICE: Final = Service(
    title="MyCrypto trading API",
    description="Amounts are decimal strings, times ISO-8601 UTC. Every refusal is a problem document with a code of the catalogue.",
    operations=OPERATIONS,
    security={
        "bearer": BEARER,
        "apiKey": {
            "type": "apiKey",
            "in": "header",
            "name": "X-API-Key",
            "description": "With X-API-Timestamp (epoch milliseconds), X-API-Signature (hex HMAC-SHA256 of timestamp + METHOD + path with"
            " query + body) and optionally X-API-Recv-Window.",
        },
    },
    figures=_FIGURES,
    shapes=_SHAPES,
)


def document() -> dict[str, Any]:
    """The whole document."""
    made = openapi.document(SERVICE)
    # items are read one by one, so that a bad one spoils no other; their form is that of a single order
    made["components"]["schemas"]["BatchPlaceRequest"]["properties"]["orders"] |= {
        "items": {"$ref": "#/components/schemas/PlaceOrderRequest"},
        "minItems": 1,
        "maxItems": api.BATCH_ITEMS_MAX,
    }
    made["paths"]["/metrics"] = {"get": _METRICS}
    return made


def text() -> str:
    """The document as it is committed and served."""
    return openapi.text(document())


if __name__ == "__main__":
    sys.stdout.write(text())
