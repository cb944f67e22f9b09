"""Public market data: the book, trades, and the platform's clock."""

from __future__ import annotations

import time
from typing import Any, Final

from engine_container.gateway.binance import errors
from engine_container.gateway.binance.asked import Asked, spot
from engine_container.gateway.binance.names import amount
from engine_container.gateway.binance.params import Params
from engine_container.views.books import Book
from engine_container.views.trades import RECENT_PER_SYMBOL, TradeRecord
from mycrypto.contracts.trading import Side
from mycrypto.money import UNITS_PER_ONE

DEPTH_DEFAULT: Final = 100
DEPTH_MAX: Final = 5_000
LIST_DEFAULT: Final = 500
LIST_MAX: Final = 1_000
HOUR_MS: Final = 3_600_000
END: Final = (1 << 43) - 1
NUMBER_END: Final = (1 << 62) - 1
_DEPTH_WEIGHTS: Final = ((100, 5), (500, 25), (1_000, 50))
_DEPTH_WEIGHT_MAX: Final = 250


@spot("get", "/api/v3/ping", "Whether it answers", message="ping")
async def ping(asked: Asked) -> dict[str, Any]:  # noqa: ARG001 - the shape of an answer
    return {}


@spot("get", "/api/v3/time", "The clock", message="time")
async def server_time(asked: Asked) -> dict[str, Any]:  # noqa: ARG001 - the shape of an answer
    return {"serverTime": time.time_ns() // 1_000_000}


def depth_weight(params: Params) -> int:
    limit = params.integer("limit", DEPTH_DEFAULT, 1, DEPTH_MAX)
    return next((weight for levels, weight in _DEPTH_WEIGHTS if limit <= levels), _DEPTH_WEIGHT_MAX)


@spot("get", "/api/v3/depth", "The book", weight=depth_weight, message="depth")
async def depth(asked: Asked) -> dict[str, Any]:
    symbol = asked.symbol().symbol
    limit = asked.params.integer("limit", DEPTH_DEFAULT, 1, DEPTH_MAX)
    return book_model(asked.views.books[symbol], limit)


def book_model(book: Book, limit: int) -> dict[str, Any]:
    return {
        "lastUpdateId": book.last_seq,
        "bids": [(amount(price), amount(quantity)) for price, quantity, _ in book.bids.top(limit)],
        "asks": [(amount(price), amount(quantity)) for price, quantity, _ in book.asks.top(limit)],
    }


@spot("get", "/api/v3/trades", "The newest trades", weight=25, message="trades.recent")
async def trades(asked: Asked) -> list[dict[str, Any]]:
    """The newest, oldest first."""
    symbol = asked.symbol().symbol
    limit = asked.params.integer("limit", LIST_DEFAULT, 1, LIST_MAX)
    return [trade_model(record) for record in await newest(asked, symbol, limit)]


@spot("get", "/api/v3/historicalTrades", "Older trades", weight=25, message="trades.historical")
async def historical_trades(asked: Asked) -> list[dict[str, Any]]:
    symbol = asked.symbol().symbol
    limit = asked.params.integer("limit", LIST_DEFAULT, 1, LIST_MAX)
    first = asked.params.optional_integer("fromId")
    if first is None:
        return [trade_model(record) for record in await newest(asked, symbol, limit)]
    return [trade_model(record) for record in await from_number(asked, symbol, first, limit)]


async def newest(asked: Asked, symbol: str, limit: int) -> list[TradeRecord]:
    """A symbol's newest trades, oldest first."""
    recent = asked.views.trades.recent(symbol, limit)
    history = asked.gateway.history
    if len(recent) < limit and history is not None and asked.views.trades.evicted_number:
        before = (recent[-1].number, recent[-1].time_ms) if recent else (NUMBER_END, END)
        recent = recent + await history.trades_before(symbol, *before, limit - len(recent))
    return recent[::-1]


async def from_number(asked: Asked, symbol: str, first: int, limit: int, from_ms: int = 0, to_ms: int = END) -> list[TradeRecord]:
    """A symbol's trades from this number, and this time, on; oldest first. Those that have left memory come out of the history."""
    recent = asked.views.trades.recent(symbol, RECENT_PER_SYMBOL)[::-1]
    here = [record for record in recent if record.number >= first and from_ms <= record.time_ms < to_ms]
    is_whole = bool(recent) and (recent[0].number <= first or recent[0].time_ms < from_ms)
    history = asked.gateway.history
    if is_whole or history is None or not asked.views.trades.evicted_number:
        return here[:limit]
    through = recent[0].number - 1 if recent else NUMBER_END
    older = await history.trades_from(symbol, first, through, from_ms, to_ms, limit)
    return (older + here)[:limit]


def trade_model(record: TradeRecord) -> dict[str, Any]:
    trade = record.trade
    return {
        "id": record.number,
        "price": amount(trade.price),
        "qty": amount(trade.quantity),
        "quoteQty": amount(trade.price * trade.quantity // UNITS_PER_ONE),
        "time": record.time_ms,
        "isBuyerMaker": trade.taker_side is Side.SELL,
        "isBestMatch": True,
    }


@spot("get", "/api/v3/aggTrades", "Trades put together", weight=4, message="trades.aggregate")
async def agg_trades(asked: Asked) -> list[dict[str, Any]]:
    """Each trade by itself: ours are not put together."""
    params = asked.params
    symbol = asked.symbol().symbol
    limit = params.integer("limit", LIST_DEFAULT, 1, LIST_MAX)
    first, begin, end = (params.optional_integer(name) for name in ("fromId", "startTime", "endTime"))
    if first is not None and (begin is not None or end is not None):
        raise errors.BinanceError(-1128, "Combination of optional parameters invalid.")
    if begin is not None and end is not None and begin > end:
        raise errors.BinanceError(-1128, "Combination of optional parameters invalid.")
    if first is not None:
        found = await from_number(asked, symbol, first, limit)
    elif begin is not None:
        found = await from_number(asked, symbol, 0, limit, milliseconds(begin), END if end is None else milliseconds(end) + 1)
    elif end is not None:
        found = [record for record in await newest(asked, symbol, LIST_MAX) if record.time_ms <= milliseconds(end)][-limit:]
    else:
        found = await newest(asked, symbol, limit)
    return [agg_model(record) for record in found]


def agg_model(record: TradeRecord) -> dict[str, Any]:
    trade = record.trade
    return {
        "a": record.number,
        "p": amount(trade.price),
        "q": amount(trade.quantity),
        "f": record.number,
        "l": record.number,
        "T": record.time_ms,
        "m": trade.taker_side is Side.SELL,
        "M": True,
    }


def milliseconds(stamp: int) -> int:
    """Of a time that may be one in microseconds."""
    return min(stamp // 1_000 if stamp >= 10**14 else stamp, END)
