"""Parameters and errors that operations of several subjects have."""

from __future__ import annotations

from typing import Final

from mycrypto.http.operation import Parameter

LIMIT: Final = Parameter("limit", "integer", "Rows of the page, 1 to 100 (50)", shape={"minimum": 1, "maximum": 100})
TRADES_LIMIT: Final = Parameter("limit", "integer", "Rows of the page, 1 to 500 (50)", shape={"minimum": 1, "maximum": 500})
CURSOR: Final = Parameter("cursor", "string", "``next_cursor`` of the page before")
CURSOR_RULE: Final = {"cursor": "is a ``next_cursor`` that was given out", "offset": "cannot be combined with a cursor"}
SYMBOL: Final = Parameter("symbol", "string", "In any spelling: BTC/USDT, BTC-USDT, BTC_USDT, BTCUSDT")
MODE: Final = Parameter("mode", "string", "live (the default), or paper for what happened with play money")

ORDER_ERRORS: Final = (
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
    "STOP_PRICE_REACHED",
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
    "COMMAND_FAILED",
)
FOUND_ERRORS: Final = ("VALIDATION_ERROR", "ORDER_003", "ORDER_004", "SERVICE_UNAVAILABLE", "OUTCOME_UNKNOWN", "COMMAND_FAILED")
"""Of what is done with one order that exists."""
BATCH_ERRORS: Final = (
    "VALIDATION_ERROR",
    "BATCH_TOO_LARGE",
    "PAYLOAD_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
    "SERVICE_UNAVAILABLE",
    "OUTCOME_UNKNOWN",
)
