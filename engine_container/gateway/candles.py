"""Candles of a symbol: its traded minutes put together, the last day's from memory, older ones from the history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, get_args

from engine_container.gateway.parts import Gateway
from engine_container.views.minutes import DAY_MS, MINUTE_MS, Minute, begin_of, joined
from mycrypto.contracts.api.vocabulary import CandleIntervalName

_UNITS_MS: Final = {"m": MINUTE_MS, "h": 60 * MINUTE_MS, "d": DAY_MS, "w": 7 * DAY_MS}
INTERVALS_MS: Final[dict[str, int]] = {name: int(name[:-1]) * _UNITS_MS[name[-1]] for name in get_args(CandleIntervalName)}
"""How long each interval is; the API's vocabulary names them."""
LOOKS_MAX: Final = 8
"""So often is the history asked for one page. A symbol with fewer trades gets a shorter page that says that there is more."""
GROWTH: Final = 4
"""Each look goes this many times as far back as the one before, in intervals asked for."""
REACH_MAX: Final = 64
"""The longest look, in pages: what one question of the history may cost has a bound."""


async def minutes_of(gateway: Gateway, symbol: str, from_ms: int, to_ms: int) -> Sequence[Minute]:
    """Traded minutes that begin in this time, oldest first."""
    known = gateway.views.minutes[symbol]
    found = [minute for minute in known.since(from_ms) if minute.start_ms < to_ms]
    if gateway.history is not None and known.trimmed and known.first_ms is not None and from_ms < known.first_ms:
        found = await gateway.history.minutes(symbol, from_ms, min(to_ms, known.first_ms)) + found
    return found


async def traded_before(gateway: Gateway, symbol: str, time_ms: int) -> tuple[int, int] | None:
    """Time and price of the last trade before this moment (of a trade in memory: its minute); ``None`` where nothing was traded."""
    known = gateway.views.minutes[symbol]
    earlier = known.last_before(time_ms)
    if earlier is not None:
        return earlier.start_ms, earlier.close
    if gateway.history is not None and known.trimmed:
        older = await gateway.history.trades_before(symbol, (1 << 62) - 1, time_ms, 1)
        if older:
            return older[0].time_ms, older[0].trade.price
    return None


async def price_before(gateway: Gateway, symbol: str, time_ms: int) -> int | None:
    """The last price before this moment; ``None`` where nothing was traded."""
    found = await traded_before(gateway, symbol, time_ms)
    return None if found is None else found[1]


async def candles_before(gateway: Gateway, symbol: str, length_ms: int, end_ms: int, count: int) -> tuple[list[Minute], bool]:
    """The last ``count`` candles that have trades and begin before ``end_ms``, oldest first, and whether there are older ones. Intervals without
    trades take no place on the page: the history is asked further back for as long as the page has room.
    """
    rows: list[Minute] = []
    reach = 1
    until = end_ms
    for _ in range(LOOKS_MAX):
        start = begin_of(until - 1, length_ms) - (reach * count - 1) * length_ms
        rows = joined(await minutes_of(gateway, symbol, start, until), length_ms) + rows
        if len(rows) > count:
            return rows[-count:], True
        older = await traded_before(gateway, symbol, start)
        if older is None:
            return rows, False
        until = begin_of(older[0], length_ms) + length_ms
        reach = min(reach * GROWTH, REACH_MAX)
    return rows, True
