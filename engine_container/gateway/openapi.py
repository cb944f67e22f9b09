"""The OpenAPI 3.1 document of the trading API, made from the models of :mod:`mycrypto.contracts.api` and the table below.

``python -m engine_container.gateway.openapi`` prints it; ``docs/api/openapi.json`` is that, and a test compares them. Another test holds the
table against the routes that the gateway really has.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from engine_container.gateway.pages import OFFSET_MAX
from engine_container.gateway.routes.market import DEPTH_MAX, INTERVALS_MS
from engine_container.gateway.routes.orders import SORTS
from engine_container.views.symbols import SPELLING_LENGTH_MAX
from engine_container.web.call import BODY_BYTES_MAX
from mycrypto.contracts import api
from mycrypto.contracts.trading import OrderType, Side
from mycrypto.errors import CATALOGUE, PROBLEM_MEDIA_TYPE, TYPE_BASE

_LIMIT: Final = ("limit", "integer", "Rows of the page, 1 to 100 (500 for trades)")
_CURSOR: Final = ("cursor", "string", "``next_cursor`` of the page before")
_SYMBOL: Final = ("symbol", "string", "In any spelling: BTC/USDT, BTC-USDT, BTC_USDT, BTCUSDT")

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
_PRIVATE_ERRORS: Final = ("UNAUTHORIZED", "INVALID_TOKEN", "FORBIDDEN", "RATE_LIMIT_EXCEEDED", "SERVICE_UNAVAILABLE")
_ADMIN_ERRORS: Final = (
    "VALIDATION_ERROR", "AUTH_003", "NOT_FOUND", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "SERVICE_UNAVAILABLE", "OUTCOME_UNKNOWN",
)  # fmt: skip

_FIGURES: Final[dict[str, dict[str, str | int]]] = {
    "RATE_LIMIT_EXCEEDED": {"limit": 10, "retry_after": 1},
    "PAYLOAD_TOO_LARGE": {"limit_bytes": BODY_BYTES_MAX},
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

_LIMIT_HEADERS: Final = {
    "X-RateLimit-Limit": "Tokens of the caller's bucket",
    "X-RateLimit-Remaining": "Tokens left",
    "X-RateLimit-Reset": "Seconds until the bucket is full, or has a token again",
}


class Operation(msgspec.Struct, frozen=True):
    """One method of one path. ``query`` is (name, type, description) of each parameter."""

    method: str
    path: str
    name: str
    summary: str
    tag: str
    answer: type[msgspec.Struct]
    status: int = 200
    body: type[msgspec.Struct] | None = None
    query: tuple[tuple[str, str, str], ...] = ()
    errors: tuple[str, ...] = ("VALIDATION_ERROR",)
    private: bool = False
    created: bool = False
    """It may also answer 201, in the same form."""


_LIST_QUERY: Final = (
    _SYMBOL,
    ("status", "string", "One status, several with commas, or ACTIVE for all that are not final"),
    ("side", "string", "BUY or SELL"),
    ("type", "string", "The order's type"),
    ("start_date", "string", "Created at or after this ISO-8601 time"),
    ("end_date", "string", "Created before this ISO-8601 time"),
    ("client_order_id", "string", "The order of this name"),
    ("user_id", "string", "For staff: another user's orders, or * for everybody's"),
    _LIMIT,
    _CURSOR,
    ("offset", "integer", "Instead of a cursor; the page then tells the total"),
    ("sort", "string", "created_at:desc (the default), created_at:asc, price:desc, price:asc"),
)

OPERATIONS: Final = (
    Operation(
        "post",
        "/api/v1/orders",
        "placeOrder",
        "Place an order",
        "orders",
        api.Placed,
        201,
        api.PlaceOrderRequest,
        (),
        _ORDER_ERRORS,
        private=True,
    ),
    Operation(
        "get",
        "/api/v1/orders",
        "listOrders",
        "Own orders",
        "orders",
        api.OrderList,
        query=_LIST_QUERY,
        errors=("VALIDATION_ERROR", "ORDER_001"),
        private=True,
    ),
    Operation(
        "delete",
        "/api/v1/orders",
        "cancelAllOrders",
        "Cancel all own open orders",
        "orders",
        api.Cancelled,
        query=(_SYMBOL, ("side", "string", "Only this side")),
        errors=("VALIDATION_ERROR", "ORDER_001", "OUTCOME_UNKNOWN"),
        private=True,
    ),
    Operation(
        "post",
        "/api/v1/orders/batch",
        "placeOrders",
        "Place up to 50 orders; each is judged for itself",
        "orders",
        api.BatchResult,
        200,
        api.BatchPlaceRequest,
        (),
        ("VALIDATION_ERROR", "BATCH_TOO_LARGE", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "OUTCOME_UNKNOWN"),
        private=True,
    ),
    Operation(
        "post",
        "/api/v1/orders/batch/cancel",
        "cancelOrders",
        "Cancel up to 50 orders by either name",
        "orders",
        api.BatchResult,
        200,
        api.BatchCancelRequest,
        (),
        ("VALIDATION_ERROR", "BATCH_TOO_LARGE", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "OUTCOME_UNKNOWN"),
        private=True,
    ),
    Operation(
        "get",
        "/api/v1/orders/by-client-id/{client_order_id}",
        "getOrderByClientId",
        "An own order by its client_order_id",
        "orders",
        api.Order,
        errors=_FOUND_ERRORS,
        private=True,
    ),
    Operation(
        "delete",
        "/api/v1/orders/by-client-id/{client_order_id}",
        "cancelOrderByClientId",
        "Cancel by client_order_id",
        "orders",
        api.Order,
        errors=_FOUND_ERRORS,
        private=True,
    ),
    Operation(
        "get", "/api/v1/orders/{order_id}", "getOrder", "An order with its fills", "orders", api.Order, errors=_FOUND_ERRORS, private=True
    ),
    Operation(
        "patch",
        "/api/v1/orders/{order_id}",
        "amendOrder",
        "Change what remains open, and the price",
        "orders",
        api.Order,
        200,
        api.AmendOrderRequest,
        (),
        (*_FOUND_ERRORS, *_ORDER_ERRORS[2:9], "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"),
        private=True,
    ),
    Operation(
        "delete", "/api/v1/orders/{order_id}", "cancelOrder", "Cancel an order", "orders", api.Order, errors=_FOUND_ERRORS, private=True
    ),
    Operation(
        "get",
        "/api/v1/orderbook/{symbol}",
        "getOrderBook",
        "The order book, added up per price",
        "market data",
        api.OrderBook,
        query=(("depth", "integer", "Levels a side, 1 to 1000 (50)"),),
        errors=("VALIDATION_ERROR", "NOT_FOUND"),
    ),
    Operation(
        "get",
        "/api/v1/trades",
        "listTrades",
        "Trades of a symbol, newest first",
        "market data",
        api.PublicTradeList,
        query=(_SYMBOL, _LIMIT, _CURSOR),
        errors=("VALIDATION_ERROR", "ORDER_001"),
    ),
    Operation(
        "get", "/api/v1/trades/{trade_id}", "getTrade", "A trade", "market data", api.PublicTrade, errors=("VALIDATION_ERROR", "NOT_FOUND")
    ),
    Operation("get", "/api/v1/markets", "listMarkets", "The symbols with their rules and fees", "market data", api.MarketList),
    Operation("get", "/api/v1/markets/tickers", "listTickers", "Every ticker", "market data", api.TickerList),
    Operation(
        "get",
        "/api/v1/markets/{symbol}/ticker",
        "getTicker",
        "The last 24 hours of a symbol",
        "market data",
        api.Ticker,
        errors=("NOT_FOUND",),
    ),
    Operation(
        "get",
        "/api/v1/markets/{symbol}/candles",
        "getCandles",
        "Open, high, low, close and volume by time",
        "market data",
        api.CandleList,
        query=(
            ("interval", "string", "1m, 5m, 15m, 1h, 4h, 1d"),
            ("limit", "integer", "1 to 1000 (100)"),
            ("end_date", "string", "Before this ISO-8601 time"),
        ),
        errors=("VALIDATION_ERROR", "NOT_FOUND", "SERVICE_UNAVAILABLE"),
    ),
    Operation(
        "get", "/api/v1/markets/{symbol}", "getMarket", "A symbol with its rules and fees", "market data", api.Market, errors=("NOT_FOUND",)
    ),
    Operation(
        "get", "/api/v1/account/balances", "listBalances", "Balances as the engine sees them", "account", api.BalanceList, private=True
    ),
    Operation(
        "get",
        "/api/v1/account/trades",
        "listOwnTrades",
        "Own fills, newest first",
        "account",
        api.FillList,
        query=(_SYMBOL, ("order_id", "string", "Of one order"), _LIMIT, _CURSOR),
        errors=("VALIDATION_ERROR", "ORDER_001"),
        private=True,
    ),
    Operation("get", "/api/v1/account/fees", "listFees", "The fee rates of the next orders", "account", api.FeeList, private=True),
    Operation(
        "get",
        "/api/v1/positions",
        "listPositions",
        "What own trades add up to, with profit and loss",
        "account",
        api.PositionList,
        private=True,
    ),
    Operation(
        "get",
        "/api/v1/positions/{symbol}",
        "getPosition",
        "The position on one symbol",
        "account",
        api.Position,
        errors=("NOT_FOUND",),
        private=True,
    ),
    Operation(
        "post",
        "/api/v1/admin/emergency/halt-all",
        "haltAll",
        "Halt every symbol",
        "admin",
        api.MarketList,
        200,
        api.EmergencyRequest,
        errors=_ADMIN_ERRORS,
        private=True,
    ),
    Operation(
        "post",
        "/api/v1/admin/emergency/resume-all",
        "resumeAll",
        "Resume what was halted with all",
        "admin",
        api.MarketList,
        200,
        api.EmergencyRequest,
        errors=_ADMIN_ERRORS,
        private=True,
    ),
    Operation(
        "post",
        "/api/v1/admin/circuit-breaker/{symbol}",
        "setBreaker",
        "Trip or reset a symbol's circuit breaker",
        "admin",
        api.Market,
        200,
        api.BreakerRequest,
        errors=_ADMIN_ERRORS,
        private=True,
    ),
    Operation(
        "put",
        "/api/v1/admin/symbols/{symbol}",
        "setSymbol",
        "List a symbol or change its rules",
        "admin",
        api.Market,
        200,
        api.SetSymbolRequest,
        errors=_ADMIN_ERRORS,
        created=True,
        private=True,
    ),
    Operation(
        "put",
        "/api/v1/admin/symbols/{symbol}/status",
        "setSymbolStatus",
        "Halt, resume or delist a symbol",
        "admin",
        api.Market,
        200,
        api.SetStatusRequest,
        errors=_ADMIN_ERRORS,
        private=True,
    ),
    Operation("get", "/api/v1/admin/users/{user_id}/limits", "getUserLimits", "A user's limits", "admin", api.UserLimits, private=True),
    Operation(
        "put",
        "/api/v1/admin/users/{user_id}/limits",
        "setUserLimits",
        "Change a user's limits",
        "admin",
        api.UserLimits,
        200,
        api.SetLimitsRequest,
        errors=_ADMIN_ERRORS,
        private=True,
    ),
    Operation("get", "/health", "health", "Is the process alive", "operations", api.Health),
    Operation("get", "/ready", "ready", "Is everything there that it needs", "operations", api.Readiness),
)

_METRICS: Final[dict[str, Any]] = {
    "operationId": "metrics",
    "summary": "What the process counts, in the text format of Prometheus",
    "tags": ["operations"],
    "responses": {"200": {"description": "Done", "content": {"text/plain": {"schema": {"type": "string"}}}}},
}

_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457. Further members carry the figures of the case.",
    "required": ["type", "title", "status", "detail", "instance", "code", "message", "errors", "trace_id"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "enum": sorted(CATALOGUE)},
        "message": {"type": "string", "description": "For the user, in Turkish"},
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"field": {"type": "string"}, "message": {"type": "string"}}},
        },
        "trace_id": {"type": "string"},
    },
}


def document() -> dict[str, Any]:
    """The whole document."""
    kinds = {kind for operation in OPERATIONS for kind in (operation.answer, operation.body) if kind is not None}
    _, schemas = msgspec.json.schema_components(sorted(kinds, key=lambda kind: kind.__name__), ref_template="#/components/schemas/{name}")
    # items are read one by one, so that a bad one spoils no other; their form is that of a single order
    schemas["BatchPlaceRequest"]["properties"]["orders"] |= {
        "items": {"$ref": "#/components/schemas/PlaceOrderRequest"},
        "minItems": 1,
        "maxItems": api.BATCH_ITEMS_MAX,
    }
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    paths["/ready"]["get"]["responses"]["503"] = {**_done(api.Readiness), "description": "Something is missing; the body names it"}
    paths["/metrics"] = {"get": _METRICS}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "MyCrypto trading API",
            "version": "1.0.0",
            "description": "Amounts are decimal strings, times ISO-8601 UTC. Every refusal is a problem document with a code of the catalogue.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Problem": _PROBLEM},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "apiKey": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-API-Key",
                    "description": "With X-API-Timestamp (epoch milliseconds), X-API-Signature (hex HMAC-SHA256 of timestamp + METHOD + path with"
                    " query + body) and optionally X-API-Recv-Window.",
                },
            },
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    codes = (*operation.errors, *(_PRIVATE_ERRORS if operation.private else ()), "INTERNAL_ERROR")
    headers = _LIMIT_HEADERS if operation.private else {}
    made: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": [
            *(
                {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string", **_SHAPES.get(part[1:-1], {})}}
                for part in operation.path.split("/")
                if part.startswith("{")
            ),
            *(
                {"name": name, "in": "query", "description": text, "schema": {"type": kind, **_SHAPES.get(name, {})}}
                for name, kind, text in operation.query
            ),
        ],
        "responses": {
            str(operation.status): _done(operation.answer, headers),
            **({"201": {**_done(operation.answer, headers), "description": "Listed"}} if operation.created else {}),
            **_refusals(operation.path, codes),
        },
    }
    if operation.body is not None:
        schema = {"$ref": f"#/components/schemas/{operation.body.__name__}"}
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if operation.private:
        made["security"] = [{"bearer": []}, {"apiKey": []}]
    return made


def _headers(names: Mapping[str, str]) -> dict[str, Any]:
    return {name: {"description": text, "schema": {"type": "integer"}} for name, text in names.items()}


def _done(answer: type[msgspec.Struct], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "description": "Done",
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{answer.__name__}"}}},
    }
    return {**made, "headers": _headers(headers)} if headers else made


def _refusals(path: str, codes: tuple[str, ...]) -> dict[str, Any]:
    """The problems of an operation by status, an example for each code."""
    by_status: dict[int, dict[str, Any]] = {}
    for code in dict.fromkeys(codes):
        kind = CATALOGUE[code]
        example: dict[str, Any] = {
            "type": TYPE_BASE + code.lower().replace("_", "-"),
            "title": kind.title,
            "status": kind.status,
            "detail": kind.title,
            "instance": path,
            "code": code,
            "message": kind.message,
            "errors": [],
            "trace_id": "01a20969-8b47-7b80-b714-07cb0c733fb3",
            **_FIGURES.get(code, {}),
        }
        by_status.setdefault(kind.status, {})[code] = {"summary": kind.title, "value": example}
    return {
        str(status): {
            "description": ", ".join(examples),
            "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}},
            **_refusal_headers(status),
        }
        for status, examples in sorted(by_status.items())
    }


def _refusal_headers(status: int) -> dict[str, Any]:
    if status == 429:
        return {"headers": _headers({**_LIMIT_HEADERS, "Retry-After": "Seconds to wait"})}
    if status == 503:
        return {"headers": _headers({"Retry-After": "Seconds to wait, where it is known"})}
    return {}


def text() -> str:
    """The document as it is committed and served."""
    return json.dumps(document(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
