"""What a user's trades on a symbol add up to: average cost, realised and unrealised profit. The same for live and for paper trades."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from mycrypto.contracts.trading import Side
from mycrypto.money import from_numeric, to_numeric
from mycrypto.projection import milliseconds, moment

HOLDING_COLUMNS: Final = "symbol, quantity, cost, realized, opened_at, updated_at"
"""Of the tables ``positions`` and ``paper_positions``."""


class Holding:
    """``quantity`` in base units, ``cost`` and ``realized`` in quote units. Buying fees add to the cost, selling fees lessen the profit.

    A sale of more than was bought here sells what was deposited: it has no cost that we know, so it realises nothing.
    """

    def __init__(self, symbol: str, quantity: int = 0, cost: int = 0, realized: int = 0, opened_ms: int = 0, updated_ms: int = 0) -> None:
        """``opened_ms`` is 0 while nothing is held."""
        self.symbol = symbol
        self.quantity = quantity
        self.cost = cost
        self.realized = realized
        self.opened_ms = opened_ms
        self.updated_ms = updated_ms

    def trade(self, side: Side, quantity: int, value: int, fee: int, time_ms: int) -> None:
        """Take in the next trade; call in their order. ``value`` and ``fee`` in quote units."""
        self.updated_ms = time_ms
        if side is Side.BUY:
            if self.quantity == 0:
                self.opened_ms = time_ms
            self.quantity += quantity
            self.cost += value + fee
            return
        sold = min(quantity, self.quantity)
        if sold == 0:
            return
        cost = self.cost * sold // self.quantity
        self.realized += (value - fee) * sold // quantity - cost
        self.quantity -= sold
        self.cost -= cost
        if self.quantity == 0:
            self.opened_ms = 0


def holding_of_row(row: Sequence[Any]) -> Holding:
    """A row of ``HOLDING_COLUMNS``."""
    symbol, quantity, cost, realized, opened_at, updated_at = row
    return Holding(
        symbol, from_numeric(quantity), from_numeric(cost), from_numeric(realized), milliseconds(opened_at), milliseconds(updated_at)
    )


def row_of_holding(held: Holding) -> tuple[object, ...]:
    """The values of ``HOLDING_COLUMNS``."""
    amounts = map(to_numeric, (held.quantity, held.cost, held.realized))
    return held.symbol, *amounts, moment(held.opened_ms) if held.opened_ms else None, moment(held.updated_ms)
