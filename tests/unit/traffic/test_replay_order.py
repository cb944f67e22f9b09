"""Rows that are sent side by side make the fills of the recorded order, in whatever order they arrive that precedence allows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from mycrypto_local.traffic.flow_file import FlowFill, FlowRow, Operation
from mycrypto_local.traffic.precedence import Precedence, crosses
from mycrypto_local.traffic.replay import compare


@dataclass(eq=False)
class Resting:
    order_id: str
    side: str
    price: int
    quantity: int


@dataclass
class Book:
    """A book so naive that it can be read: what rests, in the order of its arrival."""

    resting: list[Resting] = field(default_factory=list)
    fills: dict[int, list[FlowFill]] = field(default_factory=dict)

    def met_by(self, side: str, limit: int) -> list[Resting]:
        """What an order would trade with, best price first and then the oldest."""
        met = [order for order in self.resting if order.side != side and crosses(side, limit, order.price)]
        return sorted(met, key=lambda order: order.price if side == "BUY" else -order.price)

    def apply(self, row: FlowRow) -> None:
        if row.operation is Operation.MARKETABLE:
            self.fills[row.seq] = list(self._take(row))
        elif row.operation is Operation.ADD:
            assert self.met_by(row.side, row.price_ticks) == [], "an add of recorded flow does not trade"
            self.resting.append(Resting(row.order_id, row.side, row.price_ticks, row.quantity_lots))
        else:
            (order,) = (order for order in self.resting if order.order_id == row.order_id)
            order.quantity -= order.quantity if row.operation is Operation.CANCEL else row.quantity_lots
            self._drop_empty()

    def _take(self, row: FlowRow) -> Iterator[FlowFill]:
        left = row.quantity_lots
        for order in self.met_by(row.side, row.price_ticks):
            if filled := min(left, order.quantity):
                left -= filled
                order.quantity -= filled
                yield FlowFill(row.seq, order.order_id, order.price, filled)
        self._drop_empty()

    def _drop_empty(self) -> None:
        self.resting = [order for order in self.resting if order.quantity]


@st.composite
def flows(draw: st.DrawFn) -> tuple[list[FlowRow], Book]:
    """A flow as an exchange records it, and the book after it: no add trades, and only what rests is reduced or cancelled."""
    book = Book()
    rows: list[FlowRow] = []
    for seq in range(draw(st.integers(1, 60))):
        operation = draw(st.sampled_from(list(Operation)))
        side, price, lots = draw(st.sampled_from(["BUY", "SELL"])), draw(st.integers(1, 6)), draw(st.integers(1, 4))
        if operation is Operation.ADD and book.met_by(side, price):
            operation = Operation.MARKETABLE
        row = FlowRow(seq, operation, str(seq), side, price, lots)
        if operation in {Operation.CANCEL, Operation.REDUCE}:
            if not book.resting:
                continue
            order = draw(st.sampled_from(book.resting))
            row = FlowRow(seq, operation, order.order_id, order.side, order.price, min(lots, order.quantity))
        book.apply(row)
        rows.append(row)
    return rows, book


def any_order(rows: list[FlowRow], chance: random.Random) -> Iterator[FlowRow]:
    """The rows in a random order in which each comes after those that it waits for."""
    precedence = Precedence()
    waits = {index: precedence.add(row) for index, row in enumerate(rows)}
    done: set[int] = set()
    while waits:
        index = chance.choice([index for index, before in waits.items() if before <= done])
        done.add(index)
        del waits[index]
        yield rows[index]


@given(flows(), st.randoms(use_true_random=False))
def test_every_order_that_precedence_allows_makes_the_same_fills_and_the_same_book(
    recorded: tuple[list[FlowRow], Book], chance: random.Random
) -> None:
    rows, expected = recorded
    book = Book()
    for row in any_order(rows, chance):
        book.apply(row)
    assert book.fills == expected.fills
    for side in ("BUY", "SELL"):
        for price in range(1, 7):
            here, there = (
                [(order.order_id, order.quantity) for order in each.resting if (order.side, order.price) == (side, price)]
                for each in (book, expected)
            )
            assert here == there


@given(flows())
def test_rows_wait_only_for_earlier_ones(recorded: tuple[list[FlowRow], Book]) -> None:
    precedence = Precedence()
    assert all(earlier < index for index, row in enumerate(recorded[0]) for earlier in precedence.add(row))


def test_levels_that_never_meet_wait_for_nothing() -> None:
    precedence = Precedence()
    apart = [
        FlowRow(n, Operation.ADD, str(n), side, price, 1)
        for n, (side, price) in enumerate([("BUY", 1), ("SELL", 9), ("BUY", 2), ("SELL", 8)])
    ]
    assert [precedence.add(row) for row in apart] == [set()] * 4
    assert precedence.add(FlowRow(4, Operation.MARKETABLE, "4", "BUY", 8, 1)) == {3}
    assert precedence.add(FlowRow(5, Operation.CANCEL, "1", "SELL", 9, 0)) == {1}


def test_differences_are_told_in_words() -> None:
    fill = FlowFill(1, "a", 100, 5)
    assert compare([fill], [fill]) == []
    assert "recorded" in compare([fill], [fill._replace(quantity_lots=4)])[0]
    assert compare([], [fill]) == ["0 fills were made, 1 are recorded"]
