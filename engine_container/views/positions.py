"""What a user's fills on one symbol add up to: average cost, realised and unrealised profit."""

from __future__ import annotations

from engine_container.views.trades import OwnFill
from mycrypto.contracts.trading import Side
from mycrypto.money import UNITS_PER_ONE


class Holding:
    """``quantity`` in base units, ``cost`` and ``realized`` in quote units. Buying fees add to the cost, selling fees lessen the profit.

    A sale of more than was bought here sells what was deposited: it has no cost that we know, so it realises nothing.
    """

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.quantity = 0
        self.cost = 0
        self.realized = 0
        self.opened_ms = 0
        self.updated_ms = 0

    def add(self, fill: OwnFill) -> None:
        """Take in the next fill; call in the order of the trades."""
        trade = fill.record.trade
        value = trade.price * trade.quantity // UNITS_PER_ONE
        self.updated_ms = fill.record.time_ms
        if fill.side is Side.BUY:
            if self.quantity == 0:
                self.opened_ms = fill.record.time_ms
            self.quantity += trade.quantity
            self.cost += value + fill.fee
            return
        sold = min(trade.quantity, self.quantity)
        if sold == 0:
            return
        cost = self.cost * sold // self.quantity
        self.realized += (value - fill.fee) * sold // trade.quantity - cost
        self.quantity -= sold
        self.cost -= cost
        if self.quantity == 0:
            self.opened_ms = 0
