"""The book alone: the same levels and queues without users' funds, rules and events.

Only for figures that can be set beside engines that are a book and nothing else; production never runs it.
"""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.book import remove_emptied, rest, take_out, unlink
from engine_container.core.entities import InvariantError, Order, TradingAccount
from engine_container.core.vocabulary import BUY


class BareBook:
    """Limit orders by id; all of them belong to one account, which lends its symbol's book."""

    __slots__ = ("account", "fills", "orders")

    def __init__(self, account: TradingAccount) -> None:
        self.account = account
        self.orders: dict[int, Order] = {}
        self.fills = 0

    def run(self, steps: list[tuple[int, int, int, int]]) -> None:
        """Steps are (id, side, price in ticks, lots); side -1 cancels the id."""
        for number, side, price, lots in steps:
            if side < 0:
                self.cancel(number)
            else:
                self.add(number, side, price, lots)

    def add(self, number: i64, side: i64, price: i64, lots: i64) -> None:
        """Trade against the other side as far as the price allows, rest with what is left."""
        order = Order(self.account, side, 0, price, lots, 0, 0, None)
        order.number = number
        symbol = self.account.symbol
        other = symbol.asks if side == BUY else symbol.bids
        limit_key = -price if side == BUY else price
        while order.open > 0:
            level = other.best
            if level is None or level.key < limit_key:
                order.shown = order.open
                rest(order)
                self.orders[number] = order
                return
            maker = level.head
            if maker is None:
                raise InvariantError(f"empty level {level.key}")
            taken = min(order.open, maker.open)
            order.open -= taken
            maker.open -= taken
            maker.shown = maker.open
            level.open -= taken
            self.fills += 1
            if maker.open == 0:
                unlink(maker, level)
                remove_emptied(other, level)
                del self.orders[maker.number]

    def cancel(self, number: int) -> None:
        """Take an order off the book, if it is still there."""
        order = self.orders.pop(number, None)
        if order is not None:
            take_out(order)
