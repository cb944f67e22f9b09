"""The names, texts and limits that requests and answers of the trading API share."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from mycrypto.contracts.commands import CANCEL_AFTER_MS_MAX, CANCEL_AFTER_MS_MIN
from mycrypto.faults import AMOUNT_WORDS, MUST_BE

SideName = Literal["BUY", "SELL"]
OrderTypeName = Literal["LIMIT", "MARKET", "STOP", "STOP_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT", "TRAILING_STOP"]
TimeInForceName = Literal["GTC", "IOC", "FOK", "DAY", "GTD"]
OrderStatusName = Literal["PENDING_TRIGGER", "TRIGGERED", "OPEN", "PARTIALLY_FILLED", "FILLED", "CANCELLED", "REJECTED", "EXPIRED"]
CandleIntervalName = Literal["1m", "5m", "15m", "30m", "1h", "4h", "12h", "1d", "1w"]
SelfTradePreventionName = Literal["ACCOUNT", "CANCEL_TAKER", "CANCEL_MAKER", "CANCEL_BOTH", "DECREMENT"]
SymbolStatusName = Literal["ACTIVE", "HALTED", "MAINTENANCE", "DELISTED", "AUCTION"]
Mode = Literal["live", "paper"]

CLIENT_ORDER_ID_PATTERN = r"^[\x21-\x7e]{1,100}\Z"
AmountText = Annotated[str, Meta(max_length=64, examples=["0.25"], extra={MUST_BE: AMOUNT_WORDS})]
SymbolText = Annotated[str, Meta(min_length=1, max_length=32, examples=["BTC/USDT"])]
ClientOrderId = Annotated[
    str,
    Meta(
        pattern=CLIENT_ORDER_ID_PATTERN,
        description="Unique per user for 24 hours; printable ASCII, no spaces",
        extra={MUST_BE: "1 to 100 printable ASCII characters without spaces"},
    ),
]
TrailBps = Annotated[int, Meta(ge=1, le=9_999)]
IsoTime = Annotated[str, Meta(max_length=40, description="ISO-8601 with offset; for GTD", extra_json_schema={"format": "date-time"})]
ReasonText = Annotated[str, Meta(max_length=500)]
BATCH_ITEMS_MAX = 50
CANCEL_AFTER_SECONDS_MIN = CANCEL_AFTER_MS_MIN // 1_000
CANCEL_AFTER_SECONDS_MAX = CANCEL_AFTER_MS_MAX // 1_000
CancelAfterSeconds = Annotated[
    int,
    Meta(
        ge=0,
        le=CANCEL_AFTER_SECONDS_MAX,
        description=f"0 switches it off, else {CANCEL_AFTER_SECONDS_MIN} to {CANCEL_AFTER_SECONDS_MAX}",
        extra_json_schema={"not": {"minimum": 1, "maximum": CANCEL_AFTER_SECONDS_MIN - 1}},
    ),
]
LISTED_MAX = 1_000
"""What one answer lists of trades, or of cancelled orders, at most: one order may meet a hundred thousand others."""
