"""The AsyncAPI 3.0 document of the sockets. ``python -m engine_container.gateway.asyncapi`` prints it; ``docs/api/asyncapi.json`` is that."""

from __future__ import annotations

import json
import sys
from functools import cache
from typing import Any, Final, get_args

import msgspec

from engine_container.gateway.sockets import connection as wire
from engine_container.gateway.sockets.hub import TRADES_OF_SNAPSHOT
from engine_container.gateway.sockets.protocol import DEPTH_MAX, ClientMessage, StreamName
from mycrypto.contracts import api
from mycrypto.http.openapi import components

_ANSWERS: Final = (api.Placed, api.BatchResult, api.Cancelled, api.CancelAllAfter, api.Replaced, api.PlacedOco)
"""To order entry, beside single orders."""
_TIME: Final = {"type": "integer", "description": "Epoch milliseconds"}
_TEXT: Final = {"type": "string"}
_SEQUENCE: Final = {"type": "integer", "description": "Grows; of a book by one with each update"}
_LEVELS: Final = {
    "type": "array",
    "items": {"type": "array", "prefixItems": [_TEXT, _TEXT], "minItems": 2, "maxItems": 2},
    "description": "[price, quantity], best first",
}
_CHANGE: Final = {
    "type": "object",
    "properties": {
        "side": {"enum": ["BUY", "SELL"]},
        "price": _TEXT,
        "quantity": {"type": "string", "description": '"0": the level is gone'},
        "action": {"enum": ["add", "update", "remove"]},
    },
}
_BOOK: Final[dict[str, Any]] = {
    "sequence": _SEQUENCE,
    "epoch": {"type": "string", "description": "Sequences of different epochs have nothing to do with each other"},
    "last_update_id": {"type": "integer", "description": "Number of the engine's event"},
    "checksum": {"type": "integer", "description": "CRC-32 of price:quantity of the best ten bids, then asks, joined by |"},
}

CLOSE_CODES: Final = {
    1002: "something that is no frame of a WebSocket",
    1007: "a text that is not UTF-8",
    1009: "a message of more than 64 KB",
    1011: "a ping was not answered within 30 seconds",
    wire.CLOSE_RESTART: wire.RESTARTING,
    wire.CLOSE_TRY_AGAIN: "not ready, or too many connections; try again later",
    wire.CLOSE_UNAUTHORIZED: "no token or key, a bad one, or one that has expired or was revoked",
    wire.CLOSE_NOT_FOUND: "there is no such channel or symbol, or a parameter of the query is not valid",
    wire.CLOSE_IDLE: "nothing was said for five minutes",
    wire.CLOSE_TOO_MANY: "too many connections of one user, or too many messages",
    wire.CLOSE_TOO_SLOW: "the reader is too slow; connect again and take a new snapshot",
}


def _ref(kind: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}


_ID: Final = {"type": ["string", "integer", "null"], "description": "That of the message which this answers"}


def _object(**members: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(members), "properties": members}


def _message(name: str, summary: str, properties: dict[str, Any], data: object = None) -> dict[str, Any]:
    members: dict[str, Any] = {"type": {"const": name}, "timestamp": _TIME, **properties}
    if data is not None:
        members["data"] = data
    return {"name": name, "summary": summary, "payload": {"type": "object", "required": ["type", "timestamp"], "properties": members}}


def messages() -> dict[str, dict[str, Any]]:
    """What the server says, by ``type``."""
    symbol: dict[str, Any] = {"symbol": _TEXT}
    stream: dict[str, Any] = {"stream": {"enum": list(get_args(StreamName))}}
    of_symbol = stream | symbol
    mode = {"mode": {"const": "paper", "description": "Of paper trading only"}}
    interval = {"interval": {"enum": list(get_args(api.CandleIntervalName))}}
    form = {"depth": {"type": "integer", "description": "Of a book"}, "interval_ms": {"type": "integer", "description": "Of a book"}}
    subscription = stream | mode | interval | form | {"symbol": {"type": ["string", "null"]}, "id": _ID, "success": {"type": "boolean"}}
    return {
        "connected": _message("connected", "The first message of every connection", {}, _object(connection_id=_TEXT)),
        "subscribed": _message("subscribed", "A subscription holds", subscription),
        "unsubscribed": _message("unsubscribed", "A subscription ended", subscription),
        "snapshot": _message(
            "snapshot",
            f"The book as it is: the best levels of each side, as many as the subscription's depth says ({DEPTH_MAX}), which the updates keep up with",
            of_symbol | _BOOK,
            {"type": "object", "properties": {"bids": _LEVELS, "asks": _LEVELS}},
        ),
        "orderbook_update": _message(
            "orderbook_update",
            "What changed in the book since the message before; at once, or no more often than the subscription's interval_ms says",
            of_symbol | _BOOK,
            {"type": "object", "properties": {"changes": {"type": "array", "items": _CHANGE}}},
        ),
        "trades": _message(
            "trades",
            "Trades, at most ten messages a second",
            of_symbol | {"sequence": _SEQUENCE},
            {"type": "array", "items": _ref(api.PublicTrade)},
        ),
        "trades_snapshot": _message(
            "trades_snapshot",
            f"The last {TRADES_OF_SNAPSHOT} trades, oldest first, for who subscribed with snapshot",
            of_symbol | {"sequence": _SEQUENCE},
            {"type": "array", "items": _ref(api.PublicTrade)},
        ),
        "ticker": _message("ticker", "The last 24 hours, once a second if it changed", of_symbol, _ref(api.Ticker)),
        "tickers": _message(
            "tickers",
            "The last 24 hours of every symbol at first, then once a second of those that changed",
            stream,
            {"type": "array", "items": _ref(api.Ticker)},
        ),
        "candle": _message(
            "candle",
            "The present candle of a symbol and an interval, at most ten times a second while trades change it, and once more when it has ended",
            of_symbol | interval | {"sequence": _SEQUENCE, "ended": {"type": "boolean"}},
            _ref(api.Candle),
        ),
        "symbol_status": _message(
            "symbol_status",
            "A symbol was halted or resumed, or its rules changed; told on every stream of the symbol and on orders",
            symbol | {"sequence": _SEQUENCE},
            {
                "type": "object",
                "properties": {
                    "status": {"enum": list(get_args(api.SymbolStatusName))},
                    "reason": {"type": ["string", "null"]},
                    "estimated_resume": {"type": ["string", "null"], "description": "ISO-8601"},
                },
            },
        ),
        "order_update": _message(
            "order_update",
            "One of your orders changed",
            of_symbol
            | mode
            | {
                "sequence": _SEQUENCE,
                "action": {
                    "enum": ["created", "rejected", "partially_filled", "triggered", "amended", "filled", "cancelled", "expired", "resync"]
                },
            },
            _ref(api.Order),
        ),
        "orders_snapshot": _message(
            "orders_snapshot",
            "Your open orders, oldest first, for who subscribed with snapshot",
            stream | mode | {"sequence": _SEQUENCE},
            {"type": "array", "items": _ref(api.Order)},
        ),
        "resynced": _message(
            "resynced",
            "The answer to resync of orders, after their present states; not complete: ask for older changes with GET /api/v1/orders",
            stream | {"id": _ID, "sequence": _SEQUENCE} | mode,
            _object(orders={"type": "integer"}, complete={"type": "boolean"}),
        ),
        "balance_update": _message(
            "balance_update", "One of your balances changed", stream | mode | {"sequence": _SEQUENCE}, _ref(api.Balance)
        ),
        "notice": _message(
            "notice",
            "Something of yours was noted; listen to notices first and then ask for the list over HTTP, so that none is missed",
            stream,
            _ref(api.Notice),
        ),
        "authenticated": _message(
            "authenticated",
            "The connection bears your name until expires_at",
            {"id": _ID},
            _object(expires_at=_TIME, cancel_on_disconnect={"type": "boolean"}),
        ),
        "token_expiring": _message("token_expiring", "Send a new token within a minute", {}, _object(expires_at=_TIME)),
        "result": _message(
            "result",
            "The answer to place, place_batch, place_oco, replace, cancel, cancel_all or cancel_all_after, as HTTP would have given it",
            {"id": _ID, "status": {"type": "integer"}},
            {"anyOf": [_ref(api.Order), *(_ref(answer) for answer in _ANSWERS)]},
        ),
        "pong": _message("pong", "The answer to ping", {"id": _ID}),
        "error": _message(
            "error", "A message could not be carried out", {"id": _ID, "error": {"type": "object", "description": "A problem document"}}
        ),
    }


def document() -> dict[str, Any]:
    """The whole document."""
    kinds = [ClientMessage, api.PublicTrade, api.Ticker, api.Candle, api.Order, api.Balance, api.Notice, *_ANSWERS]
    schemas = components(kinds)
    said = messages()
    everything = {name: {"$ref": f"#/components/messages/{name}"} for name in (*said, "ClientMessage")}
    addresses = {
        "orderbook": ("/ws/orderbook/{symbol}", "The book of one symbol"),
        "trades": ("/ws/trades/{symbol}", "The trades of one symbol"),
        "orders": (
            "/ws/orders",
            "Own orders; the token in the query parameter token or the header Authorization, or a handshake signed with an API key; mode=paper in the query: own paper orders",
        ),
        "all": (
            "/ws",
            "All streams by subscription, and order entry; cancel_on_disconnect=true in the query cancels open live orders when it ends",
        ),
    }
    codes = "; ".join(f"{code}: {text}" for code, text in CLOSE_CODES.items())
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "MyCrypto sockets",
            "version": "1.0.0",
            "description": f"JSON text messages. The server pings every 30 seconds. Close codes: {codes}.",
        },
        "channels": {
            name: {
                "address": address,
                "description": text,
                "messages": everything,
                **({"parameters": {"symbol": {"description": "In any spelling"}}} if "{symbol}" in address else {}),
            }
            for name, (address, text) in addresses.items()
        },
        "operations": {
            f"{verb}{name.title()}": {
                "action": action,
                "channel": {"$ref": f"#/channels/{name}"},
                "messages": [{"$ref": f"#/channels/{name}/messages/{message}"} for message in chosen],
            }
            for name in addresses
            for verb, action, chosen in (("hear", "send", tuple(said)), ("say", "receive", ("ClientMessage",)))
        },
        "components": {
            "messages": {
                **said,
                "ClientMessage": {"name": "ClientMessage", "summary": "What a client says", "payload": _ref(ClientMessage)},
            },
            "schemas": schemas,
        },
    }


@cache
def text() -> str:
    """The document as it is committed and served."""
    return json.dumps(document(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
