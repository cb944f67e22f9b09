"""What a user's fills on one symbol add up to: average cost, realised and unrealised profit."""

from __future__ import annotations

from engine_container.views.trades import OwnFill
from mycrypto.contracts.trading import Side
from mycrypto.money import UNITS_PER_ONE


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

    def add(self, fill: OwnFill) -> None:
        """Take in the next fill; call in the order of the trades."""
        trade = fill.record.trade
        value = trade.price * trade.quantity // UNITS_PER_ONE
        self.trade(fill.side, trade.quantity, value, fill.fee, fill.record.time_ms)

    def trade(self, side: Side, quantity: int, value: int, fee: int, time_ms: int) -> None:
        """Take in the next trade; call in their order."""
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
