"""A page of candles is the newest ones with trades, wherever their minutes are kept and however far apart they are."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine_container.gateway.candles import INTERVALS_MS, LOOKS_MAX, candles_before
from engine_container.views.minutes import DAY_MS, MINUTE_MS, WEEK_MS, Minute, Minutes, begin_of, joined
from engine_container.views.trades import TradeRecord
from mycrypto.contracts.events import Trade
from mycrypto.contracts.trading import Side

SYMBOL = "BTC/USDT"
END_MS = 1_790_000_000_000
"""Some Monday afternoon."""


def trade(price: int) -> Trade:
    return Trade(SYMBOL, price * 10**8, 10**8, Side.BUY, 1, 0, b"m", 0, 0, 0, 2, 0, b"t", 0, 0)


class History:
    """The minutes that have left memory, as the database has them."""

    def __init__(self, minutes: list[Minute]) -> None:
        self._minutes = minutes
        self.asked = 0

    async def minutes(self, _symbol: str, from_ms: int, to_ms: int) -> list[Minute]:
        self.asked += 1
        return [minute for minute in self._minutes if from_ms <= minute.start_ms < to_ms]

    async def trades_before(self, _symbol: str, _number: int, time_ms: int, _limit: int) -> list[TradeRecord]:
        earlier = [minute for minute in self._minutes if minute.start_ms < time_ms]
        return [TradeRecord(1, earlier[-1].start_ms, trade(earlier[-1].close))] if earlier else []


def market(minutes_ago: list[int]) -> tuple[Any, History, list[Minute]]:
    """A gateway with a trade in each of these minutes, and all of the minutes."""
    minutes, everything = Minutes(), []
    for number, ago in enumerate(sorted(set(minutes_ago), reverse=True), 1):
        time_ms = END_MS - 1 - ago * MINUTE_MS
        minutes.add(trade(number), time_ms, number)
        everything.append(next(iter(minutes.since(time_ms - time_ms % MINUTE_MS))))
    history = History([minute for minute in everything if minutes.first_ms is not None and minute.start_ms < minutes.first_ms])
    return SimpleNamespace(views=SimpleNamespace(minutes={SYMBOL: minutes}), history=history), history, everything


AGO = st.lists(st.one_of(st.integers(0, 200), st.integers(0, 3_000), st.integers(0, 300_000)), max_size=40)


@given(ago=AGO, interval=st.sampled_from(sorted(INTERVALS_MS)), count=st.integers(1, 12))
def test_a_page_is_the_newest_candles_and_says_whether_there_are_older_ones(ago: list[int], interval: str, count: int) -> None:
    gateway, history, everything = market(ago)
    length_ms = INTERVALS_MS[interval]
    every = joined(everything, length_ms)
    found, has_more = asyncio.run(candles_before(gateway, SYMBOL, length_ms, END_MS, count))
    assert [(c.start_ms, c.open, c.close, c.trades) for c in found] == [(c.start_ms, c.open, c.close, c.trades) for c in every[-count:]][
        -len(found) or len(every) :
    ]
    assert history.asked <= LOOKS_MAX
    if len(found) < min(count, len(every)):
        assert history.asked == LOOKS_MAX  # the bound of a page, which says that there is more
        assert has_more
    else:
        assert has_more == (len(every) > len(found))


@given(ago=AGO, interval=st.sampled_from(sorted(INTERVALS_MS)), count=st.integers(1, 12))
def test_pages_one_behind_the_other_are_all_candles(ago: list[int], interval: str, count: int) -> None:
    gateway, _, everything = market(ago)
    length_ms = INTERVALS_MS[interval]
    pages: list[Minute] = []
    end_ms, has_more = END_MS, True
    while has_more:
        page, has_more = asyncio.run(candles_before(gateway, SYMBOL, length_ms, end_ms, count))
        pages = page + pages
        end_ms = page[0].start_ms if page else end_ms
        assert page or not has_more
    assert [c.start_ms for c in pages] == [c.start_ms for c in joined(everything, length_ms)]


def test_a_week_begins_on_monday() -> None:
    monday = 1_789_948_800_000  # 2026-09-21T00:00:00Z
    assert begin_of(monday, WEEK_MS) == begin_of(monday + 7 * DAY_MS - 1, WEEK_MS) == monday
    assert begin_of(monday - 1, WEEK_MS) == monday - 7 * DAY_MS
