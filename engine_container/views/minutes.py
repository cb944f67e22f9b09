"""Traded prices and volumes by the minute: what the 24 hour ticker and the candles are made of."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from mycrypto.contracts.events import Trade
from mycrypto.contracts.trading import Side
from mycrypto.money import notional_units

MINUTE_MS: Final = 60_000
DAY_MS: Final = 24 * 60 * MINUTE_MS
WEEK_MS: Final = 7 * DAY_MS
MONDAY_MS: Final = 4 * DAY_MS
"""The first Monday; 1970 began on a Thursday."""
MINUTES_KEPT: Final = 24 * 60 + 1


class Minute:
    """Open, high, low and close in price units; volume in base units, value in quote units. ``taker_volume`` and ``taker_value`` are what takers
    bought of them; trades are named by their numbers, 0 where there is none.
    """

    __slots__ = (
        "close",
        "first_number",
        "high",
        "last_number",
        "last_quantity",
        "low",
        "open",
        "start_ms",
        "taker_value",
        "taker_volume",
        "trades",
        "value",
        "volume",
    )

    def __init__(self, start_ms: int, price: int) -> None:
        self.start_ms = start_ms
        self.open = self.high = self.low = self.close = price
        self.volume = 0
        self.value = 0
        self.trades = 0
        self.taker_volume = 0
        self.taker_value = 0
        self.first_number = 0
        self.last_number = 0
        self.last_quantity = 0

    def add(self, price: int, quantity: int, value: int, number: int, *, taker_buys: bool) -> None:
        if price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price
        self.volume += quantity
        self.value += value
        self.trades += 1
        if taker_buys:
            self.taker_volume += quantity
            self.taker_value += value
        if not self.first_number:
            self.first_number = number
        self.last_number = number
        self.last_quantity = quantity

    def include(self, later: Minute) -> None:
        """Add what was traded in a later minute (or, for an empty one, in the same)."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.value += later.value
        self.trades += later.trades
        self.taker_volume += later.taker_volume
        self.taker_value += later.taker_value
        self.first_number = self.first_number or later.first_number
        self.last_number = later.last_number or self.last_number
        self.last_quantity = later.last_quantity or self.last_quantity


MinuteRow = tuple[int, int, int, int, int, int, int, int, int, int, int, int, int]


class MinutesImage(msgspec.Struct, frozen=True, array_like=True):
    """What :class:`Minutes` knows. A row: start_ms, open, high, low, close, volume, value, trades, taker_volume, taker_value, first_number,
    last_number, last_quantity.
    """

    rows: list[MinuteRow]
    last_price: int | None
    last_time_ms: int
    trimmed: bool


class Minutes:
    """The last 24 hours of one symbol, minute by minute; minutes without trades are absent."""

    def __init__(self) -> None:
        self._minutes: deque[Minute] = deque()
        self.last_price: int | None = None
        self.last_time_ms = 0
        self.trimmed = False
        """Older minutes were known here and are only in the history now."""

    def image(self) -> MinutesImage:
        rows = [
            (
                *(m.start_ms, m.open, m.high, m.low, m.close, m.volume, m.value, m.trades),
                *(m.taker_volume, m.taker_value, m.first_number, m.last_number, m.last_quantity),
            )
            for m in self._minutes
        ]
        return MinutesImage(rows, self.last_price, self.last_time_ms, self.trimmed)

    @staticmethod
    def of_image(image: MinutesImage) -> Minutes:
        found = Minutes()
        for start_ms, opened, high, low, close, volume, value, trades, *taken, first_number, last_number, last_quantity in image.rows:
            minute = Minute(start_ms, opened)
            minute.high, minute.low, minute.close = high, low, close
            minute.volume, minute.value, minute.trades = volume, value, trades
            minute.taker_volume, minute.taker_value = taken
            minute.first_number, minute.last_number, minute.last_quantity = first_number, last_number, last_quantity
            found._minutes.append(minute)
        found.last_price, found.last_time_ms, found.trimmed = image.last_price, image.last_time_ms, image.trimmed
        return found

    def add(self, trade: Trade, time_ms: int, number: int) -> None:
        start_ms = time_ms - time_ms % MINUTE_MS
        minutes = self._minutes
        if not minutes or minutes[-1].start_ms != start_ms:
            minutes.append(Minute(start_ms, trade.price))
            while minutes[0].start_ms <= start_ms - MINUTES_KEPT * MINUTE_MS:
                minutes.popleft()
                self.trimmed = True
        value = notional_units(trade.price, trade.quantity)
        minutes[-1].add(trade.price, trade.quantity, value, number, taker_buys=trade.taker_side is Side.BUY)
        self.last_price = trade.price
        self.last_time_ms = time_ms

    def last_before(self, time_ms: int) -> Minute | None:
        """The last traded minute that begins before this moment."""
        return next((minute for minute in reversed(self._minutes) if minute.start_ms < time_ms), None)

    def since(self, start_ms: int) -> Iterator[Minute]:
        """Minutes that begin at or after ``start_ms``, oldest first."""
        return (minute for minute in self._minutes if minute.start_ms >= start_ms)

    @property
    def first_ms(self) -> int | None:
        """The beginning of the oldest minute known here."""
        return self._minutes[0].start_ms if self._minutes else None

    def day(self, now_ms: int) -> Minute | None:
        """The 24 hours up to now as one, or ``None`` if nothing was traded in them."""
        total: Minute | None = None
        for minute in self.since(now_ms - now_ms % MINUTE_MS - DAY_MS + MINUTE_MS):
            if total is None:
                total = Minute(minute.start_ms, minute.open)
            total.include(minute)
        return total


def begin_of(time_ms: int, interval_ms: int) -> int:
    """The beginning of the interval that a moment is in: multiples of its length since 1970, weeks since a Monday."""
    return time_ms - (time_ms - (MONDAY_MS if interval_ms == WEEK_MS else 0)) % interval_ms


def joined(minutes: Iterable[Minute], interval_ms: int) -> list[Minute]:
    """Minutes (oldest first) put together by longer intervals."""
    found: list[Minute] = []
    for minute in minutes:
        start_ms = begin_of(minute.start_ms, interval_ms)
        if not found or found[-1].start_ms != start_ms:
            found.append(Minute(start_ms, minute.open))
        found[-1].include(minute)
    return found
