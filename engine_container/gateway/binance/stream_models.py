"""Events of the market streams, as Binance writes them."""

from __future__ import annotations

from typing import Any

from engine_container.gateway.binance.candles import AVERAGE_MINUTES, average
from engine_container.gateway.binance.names import amount, symbol_name
from engine_container.gateway.binance.outlet import now_ms
from engine_container.gateway.binance.tickers import best, day_model, window_model
from engine_container.views.books import Book
from engine_container.views.minutes import Minute
from engine_container.views.projection import Projection
from engine_container.views.trades import TradeRecord
from mycrypto.contracts.trading import Side


def trade(record: TradeRecord) -> dict[str, Any]:
    return {
        "e": "trade",
        "E": now_ms(),
        "s": symbol_name(record.trade.symbol),
        "t": record.number,
        "p": amount(record.trade.price),
        "q": amount(record.trade.quantity),
        "T": record.time_ms,
        "m": record.trade.taker_side is Side.SELL,
        "M": True,
    }


def agg_trade(record: TradeRecord) -> dict[str, Any]:
    told = trade(record) | {"e": "aggTrade", "a": record.number, "f": record.number, "l": record.number}
    del told["t"]
    return told


def kline(symbol: str, interval: str, candle: Minute, next_ms: int, *, closed: bool) -> dict[str, Any]:
    shown = {
        "t": candle.start_ms,
        "T": next_ms - 1,
        "s": symbol_name(symbol),
        "i": interval,
        "f": candle.first_number or -1,
        "L": candle.last_number or -1,
        "o": amount(candle.open),
        "c": amount(candle.close),
        "h": amount(candle.high),
        "l": amount(candle.low),
        "v": amount(candle.volume),
        "n": candle.trades,
        "x": closed,
        "q": amount(candle.value),
        "V": amount(candle.taker_volume),
        "Q": amount(candle.taker_value),
        "B": "0",
    }
    return {"e": "kline", "E": now_ms(), "s": symbol_name(symbol), "k": shown}


def depth_update(symbol: str, first: int, last: int, bids: list[tuple[str, str]], asks: list[tuple[str, str]]) -> dict[str, Any]:
    return {"e": "depthUpdate", "E": now_ms(), "s": symbol_name(symbol), "U": first, "u": last, "b": bids, "a": asks}


def book_ticker(symbol: str, book: Book) -> dict[str, Any]:
    prices = best(book)
    return {
        "u": book.last_seq,
        "s": symbol_name(symbol),
        "b": prices["bidPrice"],
        "B": prices["bidQty"],
        "a": prices["askPrice"],
        "A": prices["askQty"],
    }


def ticker(views: Projection, symbol: str) -> dict[str, Any]:
    now = now_ms()
    day = day_model(views, symbol, now)
    return {
        **_window("24hrTicker", symbol, day, now),
        "x": day["prevClosePrice"],
        "Q": day["lastQty"],
        "b": day["bidPrice"],
        "B": day["bidQty"],
        "a": day["askPrice"],
        "A": day["askQty"],
    }


def _window(event: str, symbol: str, model: dict[str, Any], now: int) -> dict[str, Any]:
    return {
        "e": event,
        "E": now,
        "s": symbol_name(symbol),
        "p": model["priceChange"],
        "P": model["priceChangePercent"],
        "w": model["weightedAvgPrice"],
        "o": model["openPrice"],
        "h": model["highPrice"],
        "l": model["lowPrice"],
        "c": model["lastPrice"],
        "v": model["volume"],
        "q": model["quoteVolume"],
        "O": model["openTime"],
        "C": model["closeTime"],
        "F": model["firstId"],
        "L": model["lastId"],
        "n": model["count"],
    }


def window_ticker(views: Projection, symbol: str, name: str, length_ms: int) -> dict[str, Any]:
    """``name`` is 1h, 4h or 1d."""
    now = now_ms()
    known = views.minutes[symbol]
    total: Minute | None = None
    for minute in known.since(now - length_ms):
        if total is None:
            total = Minute(minute.start_ms, minute.open)
        total.include(minute)
    return _window(f"{name}Ticker", symbol, window_model(symbol, total, known.last_price or 0, now - length_ms, now), now)


def mini_ticker(views: Projection, symbol: str) -> dict[str, Any]:
    now = now_ms()
    day = day_model(views, symbol, now, full=False)
    return {
        "e": "24hrMiniTicker",
        "E": now,
        "s": symbol_name(symbol),
        "c": day["lastPrice"],
        "o": day["openPrice"],
        "h": day["highPrice"],
        "l": day["lowPrice"],
        "v": day["volume"],
        "q": day["quoteVolume"],
    }


def average_price(views: Projection, symbol: str) -> dict[str, Any]:
    now = now_ms()
    price, last_ms = average(views, symbol, now)
    return {"e": "avgPrice", "E": now, "s": symbol_name(symbol), "i": f"{AVERAGE_MINUTES}m", "w": price, "T": last_ms}
