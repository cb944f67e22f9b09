"""Tickers: what was traded in a window up to now, or on a day, and the best prices."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from engine_container.gateway.binance import errors
from engine_container.gateway.binance.asked import Asked, every_symbol, listed, spot
from engine_container.gateway.binance.candles import parse_zone
from engine_container.gateway.binance.names import amount, symbol_name
from engine_container.gateway.binance.params import Params
from engine_container.gateway.candles import minutes_of, price_before
from engine_container.views.books import Book, BookSide
from engine_container.views.minutes import DAY_MS, MINUTE_MS, Minute
from engine_container.views.projection import Projection
from mycrypto.contracts.events import SymbolChanged
from mycrypto.money import UNITS_PER_ONE

SYMBOLS_MAX: Final = 100
_WINDOW: Final = re.compile(r"(?P<number>[1-9][0-9]?)(?P<unit>[mhd])")
_UNITS: Final = {"m": (MINUTE_MS, 59), "h": (60 * MINUTE_MS, 23), "d": (DAY_MS, 7)}


def _is_one(params: Params) -> bool:
    return "symbol" in params


def day_weight(params: Params) -> int:
    if _is_one(params):
        return 2
    count = len(params.names("symbols") or ())
    return 80 if count == 0 or count > SYMBOLS_MAX else (2 if count <= 20 else 40)


def price_weight(params: Params) -> int:
    return 2 if _is_one(params) else 4


def window_weight(params: Params) -> int:
    return min(4 * max(1, len(params.names("symbols") or ())), 200)


def _symbols(asked: Asked, *, required: bool = False) -> tuple[list[SymbolChanged], bool]:
    """The symbols asked for, and whether the answer is a list."""
    params = asked.params
    names = params.names("symbols")
    if names is not None and "symbol" in params:
        raise errors.BinanceError(-1128, "Combination of optional parameters invalid.")
    if names is not None:
        if required and len(names) > SYMBOLS_MAX:
            raise errors.BinanceError(-1101, "Too many parameters sent for this endpoint.")
        return [listed(asked.views, name) for name in names], True
    if "symbol" in params:
        return [asked.symbol()], False
    if required:
        raise errors.missing("symbol")
    return every_symbol(asked.views), True


def _each(symbols: tuple[list[SymbolChanged], bool], model: Callable[[str], Any]) -> Any:
    """One model, or a list of them."""
    found = [model(symbol.symbol) for symbol in symbols[0]]
    return found if symbols[1] else found[0]


@spot("get", "/api/v3/ticker/24hr", "The last 24 hours", weight=day_weight, message="ticker.24hr")
async def day(asked: Asked) -> Any:
    """The last 24 hours."""
    full, now = _is_full(asked.params), time.time_ns() // 1_000_000
    return _each(_symbols(asked), lambda symbol: day_model(asked.views, symbol, now, full=full))


def _is_full(params: Params) -> bool:
    kind = params.text("type")
    if kind not in {None, "FULL", "MINI"}:
        raise errors.invalid("type")
    return kind != "MINI"


def day_model(views: Projection, symbol: str, now: int, *, full: bool = True) -> dict[str, Any]:
    known = views.minutes[symbol]
    traded = known.day(now)
    model = window_model(symbol, traded, known.last_price or 0, now - DAY_MS, now, full=full)
    if not full:
        return model
    before = [minute for minute in known.since(0) if traded is not None and minute.start_ms < traded.start_ms]
    quantity = traded.last_quantity if traded is not None else 0
    more = {
        "prevClosePrice": amount(before[-1].close if before else (traded.open if traded else known.last_price or 0)),
        "lastQty": amount(quantity),
        **best(views.books[symbol]),
    }
    return model | more


def window_model(symbol: str, traded: Minute | None, last: int, open_ms: int, close_ms: int, *, full: bool = True) -> dict[str, Any]:
    """``last`` is the price where nothing was traded."""
    shown = traded or Minute(open_ms, last)
    change = shown.close - shown.open
    weighted = shown.value * UNITS_PER_ONE // shown.volume if shown.volume else 0
    model: dict[str, Any] = {"symbol": symbol_name(symbol)}
    if full:
        model |= {
            "priceChange": amount(change),
            "priceChangePercent": thousandths(change, shown.open),
            "weightedAvgPrice": amount(weighted),
        }
    return model | {
        "openPrice": amount(shown.open),
        "highPrice": amount(shown.high),
        "lowPrice": amount(shown.low),
        "lastPrice": amount(shown.close),
        "volume": amount(shown.volume),
        "quoteVolume": amount(shown.value),
        "openTime": open_ms,
        "closeTime": close_ms,
        "firstId": shown.first_number or -1,
        "lastId": shown.last_number or -1,
        "count": shown.trades,
    }


def thousandths(change: int, base: int) -> str:
    """``change`` in per cent of ``base``, with three decimals."""
    parts = abs(change) * 100_000 // base if base else 0
    return f"{'-' if change < 0 and parts else ''}{parts // 1_000}.{parts % 1_000:03d}"


def best(book: Book) -> dict[str, str]:
    return _best("bid", book.bids) | _best("ask", book.asks)


def _best(name: str, side: BookSide) -> dict[str, str]:
    price = side.best()
    return {
        f"{name}Price": amount(0 if price is None else price),
        f"{name}Qty": amount(0 if price is None else side.levels[price].quantity),
    }


@spot("get", "/api/v3/ticker/price", "The last price", weight=price_weight, message="ticker.price")
async def price(asked: Asked) -> Any:
    def model(symbol: str) -> dict[str, str]:
        return {"symbol": symbol_name(symbol), "price": amount(asked.views.minutes[symbol].last_price or 0)}

    return _each(_symbols(asked), model)


@spot("get", "/api/v3/ticker/bookTicker", "The best prices", weight=price_weight, message="ticker.book")
async def book_ticker(asked: Asked) -> Any:
    return _each(_symbols(asked), lambda symbol: {"symbol": symbol_name(symbol), **best(asked.views.books[symbol])})


@spot("get", "/api/v3/ticker", "A window up to now", weight=window_weight, message="ticker")
async def window(asked: Asked) -> Any:
    """A window of minutes, hours or days up to now."""
    text = asked.params.text("windowSize") or "1d"
    match = _WINDOW.fullmatch(text)
    if match is None or int(match["number"]) > _UNITS[match["unit"]][1]:
        raise errors.invalid("windowSize")
    now = time.time_ns() // 1_000_000
    length = int(match["number"]) * _UNITS[match["unit"]][0]
    return await _windows(asked, now - now % MINUTE_MS - length + MINUTE_MS, now, now)


@spot("get", "/api/v3/ticker/tradingDay", "The day so far", weight=window_weight, message="ticker.tradingDay")
async def trading_day(asked: Asked) -> Any:
    """The day so far, of a time zone."""
    now = time.time_ns() // 1_000_000
    zone = parse_zone(asked.params.text("timeZone"))
    begin = now - (now + zone) % DAY_MS
    return await _windows(asked, begin, begin + DAY_MS - 1, now)


async def _windows(asked: Asked, begin: int, end: int, now: int) -> Any:
    symbols, is_list = _symbols(asked, required=True)
    full = _is_full(asked.params)
    found: list[dict[str, Any]] = []
    for symbol in symbols:
        minutes = await minutes_of(asked.gateway, symbol.symbol, begin, now + 1)
        last = await price_before(asked.gateway, symbol.symbol, begin)
        found.append(window_model(symbol.symbol, _together(minutes), last or 0, begin, end, full=full))
    return found if is_list else found[0]


def _together(minutes: Sequence[Minute]) -> Minute | None:
    total: Minute | None = None
    for minute in minutes:
        if total is None:
            total = Minute(minute.start_ms, minute.open)
        total.include(minute)
    return total
