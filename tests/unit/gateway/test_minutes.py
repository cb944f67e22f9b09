"""Tickers and candles out of traded minutes."""

from __future__ import annotations

from engine_container.views.minutes import DAY_MS, MINUTE_MS, Minutes, joined
from engine_container.views.rendering import percent
from mycrypto.contracts.events import Trade
from mycrypto.contracts.trading import Side

UNIT = 100_000_000
START_MS = 1_790_000_000_000 // DAY_MS * DAY_MS


def trade(price: int, quantity: int = 1) -> Trade:
    return Trade("BTC/USDT", price * UNIT, quantity * UNIT, Side.BUY, 1, 0, b"m", 0, 0, 0, 2, 0, b"t", 0, 0)


def filled(*trades: tuple[int, int]) -> Minutes:
    """Trades as (minute, price)."""
    minutes = Minutes()
    for number, (minute, price) in enumerate(trades, 1):
        minutes.add(trade(price), START_MS + minute * MINUTE_MS + 5, number)
    return minutes


def test_a_day_is_open_high_low_close_and_volume_of_24_hours() -> None:
    minutes = filled((0, 50), (0, 40), (10, 70), (20, 60))
    day = minutes.day(START_MS + 30 * MINUTE_MS)
    assert day is not None
    assert [value // UNIT for value in (day.open, day.high, day.low, day.close, day.volume, day.value)] == [50, 70, 40, 60, 4, 220]
    assert day.trades == 4


def test_what_is_older_than_a_day_counts_no_more_but_the_last_price_stays() -> None:
    minutes = filled((0, 50), (10, 70))
    later = minutes.day(START_MS + DAY_MS + 5 * MINUTE_MS)
    assert later is not None
    assert later.open == 70 * UNIT
    assert minutes.day(START_MS + 2 * DAY_MS) is None
    assert minutes.last_price == 70 * UNIT


def test_memory_keeps_a_day_and_knows_that_there_was_more() -> None:
    minutes = filled((0, 50), (3 * 24 * 60, 60))
    assert minutes.trimmed
    assert minutes.first_ms == START_MS + 3 * DAY_MS


def test_candles_are_minutes_put_together() -> None:
    minutes = filled((0, 50), (3, 55), (4, 45), (5, 70), (11, 65))
    candles = joined(minutes.since(0), 5 * MINUTE_MS)
    assert [(candle.start_ms - START_MS) // MINUTE_MS for candle in candles] == [0, 5, 10]
    assert [[value // UNIT for value in (c.open, c.high, c.low, c.close)] for c in candles] == [
        [50, 55, 45, 45],
        [70, 70, 70, 70],
        [65, 65, 65, 65],
    ]
    assert [candle.trades for candle in candles] == [3, 1, 1]


def test_percentages_are_cut_to_two_decimals() -> None:
    assert [percent(1, 3), percent(-1, 3), percent(0, 5), percent(-1, 100_000), percent(50, 50)] == [
        "33.33",
        "-33.33",
        "0.00",
        "0.00",
        "100.00",
    ]


def test_the_last_traded_minute_before_a_moment() -> None:
    minutes = filled((0, 50), (0, 55), (3, 60))
    closes = []
    for minute in (9, 3, 0):
        found = minutes.last_before(START_MS + minute * MINUTE_MS)
        closes.append(None if found is None else found.close // UNIT)
    assert closes == [60, 55, None]
