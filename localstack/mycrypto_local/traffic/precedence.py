"""Which rows of a recorded flow must take effect before which, so that all others can be sent side by side.

Two rows may change places when the book and the fills are the same either way:

- adds of one price level keep their order, for that is time priority;
- an add comes after everything at the levels of the other side that it would cross: what rested there has to be gone;
- a marketable order comes after everything at the levels that it may reach, and everything later at these levels after it;
- marketable orders of one side keep their order, for they take from the same levels;
- a cancel or a reduction comes after what was last done to its order.

All else is free: orders of different levels never meet, and what leaves a level does not change the order of those that stay.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass, field
from typing import Final

from mycrypto_local.traffic.flow_file import FlowRow, Operation

OTHER: Final = {"BUY": "SELL", "SELL": "BUY"}


def crosses(side: str, limit_ticks: int, price_ticks: int) -> bool:
    """Whether a limit of one side reaches a price of the other."""
    return price_ticks <= limit_ticks if side == "BUY" else price_ticks >= limit_ticks


@dataclass(slots=True)
class _Levels:
    """What has happened on one side of the book. Prices are in ticks, rows are named by their number in the flow."""

    prices: list[int] = field(default_factory=list)
    """The keys of ``rows``, ascending."""
    rows: dict[int, list[int]] = field(default_factory=dict)
    """Whom a row of the other side must wait for that reaches this price."""
    last_add: dict[int, int] = field(default_factory=dict)
    takes: list[tuple[int, int]] = field(default_factory=list)
    """(number, limit) of the marketable orders that took here; each reaches less far than those before it."""
    last_take: int | None = None


class Precedence:
    """Fed with the rows of a flow in their order."""

    def __init__(self) -> None:
        self._levels = {"BUY": _Levels(), "SELL": _Levels()}
        self._last_of: dict[str, int] = {}
        self._number = 0

    def add(self, row: FlowRow) -> set[int]:
        """The numbers (from 0) of the rows that this one must wait for. They wait for others in turn, which are not named again."""
        number, self._number = self._number, self._number + 1
        before = {self._last_of[row.order_id]} if row.order_id in self._last_of else set()
        self._last_of[row.order_id] = number
        if row.operation is Operation.MARKETABLE:
            before |= self._take(number, row)
            return before
        if row.operation is Operation.ADD:
            levels = self._levels[OTHER[row.side]]
            before |= {earlier for price in levels.prices[_reached(levels, row)] for earlier in levels.rows[price]}
        return before | self._join(number, row)

    def _take(self, number: int, row: FlowRow) -> set[int]:
        """After everything at the levels that the limit reaches, and before all that later rows do there."""
        levels = self._levels[OTHER[row.side]]
        before = set() if levels.last_take is None else {levels.last_take}
        levels.last_take = number
        while levels.takes and crosses(row.side, row.price_ticks, levels.takes[-1][1]):
            levels.takes.pop()
        levels.takes.append((number, row.price_ticks))
        where = _reached(levels, row)
        if reached := levels.prices[where]:
            before |= {earlier for price in reached for earlier in levels.rows.pop(price)}
            # One entry stands for all of them from now on, at the price that is reached first: who reaches any reaches that one.
            best = reached[0] if row.side == "BUY" else reached[-1]
            levels.prices[where] = [best]
            levels.rows[best] = [number]
        return before

    def _join(self, number: int, row: FlowRow) -> set[int]:
        """After the last marketable order that may have reached the level; an add after the last add there as well."""
        levels, price = self._levels[row.side], row.price_ticks
        taken = (take for take, limit in reversed(levels.takes) if crosses(OTHER[row.side], limit, price))
        before = {take for take in [next(taken, None)] if take is not None}
        if row.operation is Operation.ADD:
            if price in levels.last_add:
                before.add(levels.last_add[price])
            levels.last_add[price] = number
        if price not in levels.rows:
            insort(levels.prices, price)
            levels.rows[price] = []
        levels.rows[price].append(number)
        return before


def _reached(levels: _Levels, row: FlowRow) -> slice:
    """Which of the prices of the other side a row's limit reaches."""
    if row.side == "BUY":
        return slice(0, bisect_right(levels.prices, row.price_ticks))
    return slice(bisect_left(levels.prices, row.price_ticks), len(levels.prices))
