"""Candles: every interval of Binance's, with the empty ones between trades, and what is derived from them."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from typing import Any, Final

from engine_container.gateway.binance import errors
from engine_container.gateway.binance.asked import Asked, spot
from engine_container.gateway.binance.market import milliseconds
from engine_container.gateway.binance.names import amount
from engine_container.gateway.candles import minutes_of, price_before
from engine_container.gateway.parts import Gateway
from engine_container.views.minutes import DAY_MS, MINUTE_MS, MONDAY_MS, Minute
from engine_container.views.projection import Projection
from mycrypto.money import UNITS_PER_ONE

HOUR_MS: Final = 60 * MINUTE_MS
LIMIT_DEFAULT: Final = 500
LIMIT_MAX: Final = 1_000
AVERAGE_MINUTES: Final = 5
INTERVALS: Final = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": HOUR_MS,
    "2h": 2 * HOUR_MS,
    "4h": 4 * HOUR_MS,
    "6h": 6 * HOUR_MS,
    "8h": 8 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "1d": DAY_MS,
    "3d": 3 * DAY_MS,
    "1w": 7 * DAY_MS,
    "1M": 0,
}
"""Lengths; a month has none of its own."""
_ZONE: Final = re.compile(r"(?P<sign>[+-]?)(?P<hours>[0-9]{1,2})(?::(?P<minutes>[0-9]{2}))?")
_ZONE_MINUTES: Final = (-12 * 60, 14 * 60)


class Interval:
    """The places where candles of one name begin, in a time zone that is so many milliseconds ahead."""

    def __init__(self, name: str, ahead_ms: int = 0) -> None:
        if name not in INTERVALS:
            raise errors.BinanceError(-1120, "Invalid interval.")
        self.name = name
        self._length = INTERVALS[name]
        self._shift = ahead_ms - (MONDAY_MS if name == "1w" else 0)
        self._ahead = ahead_ms

    def begin(self, time_ms: int) -> int:
        """Of the candle that this moment is in."""
        if self._length:
            return time_ms - (time_ms + self._shift) % self._length
        local = datetime.fromtimestamp((time_ms + self._ahead) // 1_000, UTC)
        return int(datetime(local.year, local.month, 1, tzinfo=UTC).timestamp()) * 1_000 - self._ahead

    def after(self, begin_ms: int) -> int:
        """The beginning of the next candle."""
        if self._length:
            return begin_ms + self._length
        return self.begin(begin_ms + 32 * DAY_MS)

    def before(self, begin_ms: int, count: int) -> int:
        """The beginning of the candle that is so many before this one."""
        if self._length:
            return begin_ms - count * self._length
        for _ in range(count):
            begin_ms = self.begin(begin_ms - 1)
        return begin_ms


def parse_zone(text: str | None) -> int:
    """How far a time zone is ahead, in milliseconds."""
    if text is None:
        return 0
    match = _ZONE.fullmatch(text)
    minutes = 0 if match is None else int(match["hours"]) * 60 + int(match["minutes"] or 0)
    if match is not None and match["sign"] == "-":
        minutes = -minutes
    if match is None or not _ZONE_MINUTES[0] <= minutes <= _ZONE_MINUTES[1]:
        raise errors.invalid("timeZone")
    return minutes * MINUTE_MS


@spot("get", "/api/v3/klines", "Candles", weight=2, message="klines")
async def klines(asked: Asked) -> list[list[Any]]:
    params = asked.params
    symbol = asked.symbol().symbol
    interval = Interval(params.needed("interval"), parse_zone(params.text("timeZone")))
    limit = params.integer("limit", LIMIT_DEFAULT, 1, LIMIT_MAX)
    start, end = params.optional_integer("startTime"), params.optional_integer("endTime")
    now = time.time_ns() // 1_000_000
    last_ms = now if end is None else min(milliseconds(end), now)
    if start is not None:
        begin = interval.begin(milliseconds(start))
        first = begin if begin >= milliseconds(start) else interval.after(begin)
    else:
        first = interval.before(interval.begin(last_ms), limit - 1)
    candles = await filled(asked.gateway, symbol, interval, max(first, 0), last_ms, limit)
    scale = 1_000 if asked.microseconds else 1
    return [row(candle, end_ms, scale) for candle, end_ms in candles]


@spot("get", "/api/v3/uiKlines", "Candles to draw", weight=2, message="uiKlines")
async def ui_klines(asked: Asked) -> list[list[Any]]:
    return await klines(asked)


async def filled(gateway: Gateway, symbol: str, interval: Interval, first_ms: int, last_ms: int, limit: int) -> list[tuple[Minute, int]]:
    """Candles that begin from ``first_ms`` to ``last_ms``, each with the beginning of the next one. There are none before the first trade; later
    ones without trades say the last price.
    """
    places: list[int] = []
    begin = interval.begin(first_ms)
    while begin <= last_ms and len(places) < limit:
        places.append(begin)
        begin = interval.after(begin)
    if not places:
        return []
    end = begin
    minutes = await minutes_of(gateway, symbol, places[0], end)
    close = await price_before(gateway, symbol, places[0])
    found: list[tuple[Minute, int]] = []
    at = 0
    for place, following in zip(places, [*places[1:], end], strict=True):
        candle: Minute | None = None
        while at < len(minutes) and minutes[at].start_ms < following:
            if candle is None:
                candle = Minute(place, minutes[at].open)
            candle.include(minutes[at])
            at += 1
        if candle is None and close is not None:
            candle = Minute(place, close)
        if candle is not None:
            close = candle.close
            found.append((candle, following))
    return found


def row(candle: Minute, next_ms: int, scale: int = 1) -> list[Any]:
    """The twelve fields."""
    return [
        candle.start_ms * scale,
        amount(candle.open),
        amount(candle.high),
        amount(candle.low),
        amount(candle.close),
        amount(candle.volume),
        next_ms * scale - 1,
        amount(candle.value),
        candle.trades,
        amount(candle.taker_volume),
        amount(candle.taker_value),
        "0",
    ]


@spot("get", "/api/v3/avgPrice", "The average price of five minutes", weight=2, message="avgPrice")
async def average_price(asked: Asked) -> dict[str, Any]:
    """Of five minutes, weighted by what was traded; the last price where nothing was."""
    symbol = asked.symbol().symbol
    price, last_ms = average(asked.views, symbol, time.time_ns() // 1_000_000)
    return {"mins": AVERAGE_MINUTES, "price": price, "closeTime": last_ms}


def average(views: Projection, symbol: str, now_ms: int) -> tuple[str, int]:
    """The price, and when the last trade was."""
    known = views.minutes[symbol]
    recent = list(known.since(now_ms - now_ms % MINUTE_MS - (AVERAGE_MINUTES - 1) * MINUTE_MS))
    volume, value = sum(minute.volume for minute in recent), sum(minute.value for minute in recent)
    return amount(value * UNITS_PER_ONE // volume if volume else known.last_price or 0), known.last_time_ms
