"""Public market data: trades, books, tickers, candles and the listed symbols."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from mycrypto.contracts.api.orders import Pagination
from mycrypto.contracts.api.vocabulary import CandleIntervalName, SideName, SymbolStatusName


class PublicTrade(msgspec.Struct, frozen=True):
    """A trade without its parties. ``side`` is the taker's."""

    id: str
    symbol: str
    price: str
    quantity: str
    value: str
    side: SideName
    is_buyer_maker: bool
    executed_at: str


class PublicTradeList(msgspec.Struct, frozen=True):
    data: list[PublicTrade]
    pagination: Pagination


class OrderBook(msgspec.Struct, frozen=True):
    """Levels are [price, quantity, orders], best first. ``last_update_id`` is the event that changed the book last."""

    symbol: str
    last_update_id: int
    bids: list[tuple[str, str, int]]
    asks: list[tuple[str, str, int]]
    timestamp: str


class Ticker(msgspec.Struct, frozen=True):
    """The last 24 hours. Prices are null while nothing was traded or rests; ``price_change_percent`` has two decimals."""

    symbol: str
    last_price: str | None
    bid_price: str | None
    bid_quantity: str | None
    ask_price: str | None
    ask_quantity: str | None
    spread: str | None
    open_24h: str | None
    high_24h: str | None
    low_24h: str | None
    price_change_24h: str | None
    price_change_percent_24h: str | None
    volume_24h: str
    quote_volume_24h: str
    trades_24h: int
    timestamp: str


class TickerList(msgspec.Struct, frozen=True):
    data: list[Ticker]


class Candle(msgspec.Struct, frozen=True):
    """``opened_at`` is the beginning of the interval; an interval without trades is absent."""

    opened_at: str
    open: str
    high: str
    low: str
    close: str
    volume: str
    quote_volume: str
    trades: int


class CandleList(msgspec.Struct, frozen=True):
    """Oldest first; the last one may still be growing. ``has_more``: there are older ones."""

    symbol: str
    interval: CandleIntervalName
    data: list[Candle]
    has_more: bool


class Sparkline(msgspec.Struct, frozen=True):
    """Closing prices of equal parts of the last 24 hours, oldest first; a part without trades is absent."""

    symbol: str
    closes: list[str]


class SparklineList(msgspec.Struct, frozen=True):
    data: list[Sparkline]


class TradingHours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Minutes of the UTC day."""

    opens_minute: Annotated[int, Meta(ge=0, le=1_439)]
    closes_minute: Annotated[int, Meta(ge=0, le=1_439)]


class Market(msgspec.Struct, frozen=True):
    """A listed symbol with its rules. Fees are parts per million, band and breaker basis points; null switches a rule off."""

    symbol: str
    base_asset: str
    quote_asset: str
    status: SymbolStatusName
    status_reason: str | None
    estimated_resume: str | None
    tick_size: str
    lot_size: str
    quantity_min: str
    quantity_max: str
    notional_min: str | None
    price_band_bps: int | None
    breaker_bps: int | None
    breaker_halt_ms: int | None
    maker_fee_ppm: int
    taker_fee_ppm: int
    trading_hours: TradingHours | None
    updated_at: str


class MarketList(msgspec.Struct, frozen=True):
    data: list[Market]
