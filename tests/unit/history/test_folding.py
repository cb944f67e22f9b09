"""A batch of events folded into what it changes."""

from __future__ import annotations

from functions.history.folding import Fold
from mycrypto.contracts import events
from mycrypto.contracts.trading import OrderStatus, OrderType, Side, TimeInForce
from mycrypto.projection import Numbered

ONE = 10**8
USER = b"\x01" * 16
OTHER = b"\x02" * 16


def accepted(status: OrderStatus = OrderStatus.OPEN) -> events.OrderAccepted:
    return events.OrderAccepted(
        USER, "mine", "BTC/TRY", Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 2 * ONE, 100 * ONE, 0, False, 0, 0, 0, 0, 0, status
    )


def trade(maker: int, taker: int, quantity: int, maker_filled: int, taker_filled: int) -> events.Trade:
    return events.Trade("BTC/TRY", 100 * ONE, quantity, Side.SELL, maker, 1, USER, 5, maker_filled, 0, taker, 2, OTHER, 10, taker_filled)


def closed(order: int, status: OrderStatus, filled: int, reason: str = "") -> events.OrderClosed:
    return events.OrderClosed(order, 1, USER, "BTC/TRY", status, reason, filled, 0)


def fold(*happened: events.Event, start: int = 1) -> Fold:
    made = Fold()
    made.add_all(Numbered(seq, 1_000 + seq, event) for seq, event in enumerate(happened, start))
    return made


def test_an_order_that_comes_and_goes_in_one_batch_is_one_row() -> None:
    made = fold(accepted(), trade(1, 9, ONE, ONE, ONE), trade(1, 10, ONE, 2 * ONE, ONE), closed(1, OrderStatus.FILLED, 2 * ONE))
    assert list(made.orders) == [1]
    change = made.orders[1].change
    assert (change.status, change.filled, change.value, change.fee) == (OrderStatus.FILLED, 2 * ONE, 200 * ONE, 10)
    assert (change.filled_ms, change.cancelled_ms, change.last_seq, change.updated_ms) == (1_004, None, 4, 1_004)
    assert {number: change.fee for number, change in made.changes.items()} == {9: 10, 10: 10}
    assert [numbered.seq for numbered, _ in made.trades] == [2, 3]


def test_an_order_of_an_earlier_batch_is_a_change() -> None:
    made = fold(trade(1, 9, ONE, ONE, ONE), closed(1, OrderStatus.CANCELLED, ONE, "USER"), start=20)
    change = made.changes[1]
    assert made.orders == {}
    assert (change.created_ms, change.status, change.reason, change.cancelled_ms) == (1, OrderStatus.CANCELLED, "USER", 1_021)


def test_a_status_never_moves_back() -> None:
    made = fold(
        accepted(OrderStatus.PENDING_TRIGGER),
        events.OrderTriggered(1, 1, USER, "BTC/TRY", 99 * ONE),
        trade(1, 9, ONE, ONE, ONE),
        events.OrderAmended(1, 1, USER, "BTC/TRY", 3 * ONE, 101 * ONE, kept_place=False),
        events.OrderTriggered(1, 1, USER, "BTC/TRY", 99 * ONE),
    )
    change = made.orders[1].change
    assert change.status == OrderStatus.PARTIALLY_FILLED
    assert (change.triggered_ms, change.quantity, change.price) == (1_005, 3 * ONE, 101 * ONE)


def test_a_triggered_order_that_rests_is_open() -> None:
    made = fold(accepted(OrderStatus.PENDING_TRIGGER), events.OrderTriggered(1, 1, USER, "BTC/TRY", 99 * ONE))
    assert made.orders[1].change.status == OrderStatus.OPEN


def test_a_refused_order_says_why() -> None:
    refused = events.OrderRejected(
        USER, "", "BTC/TRY", Side.BUY, OrderType.LIMIT, TimeInForce.GTC, ONE, ONE, 0, 0, "WALLET_001", {"required": 5, "available": 1}
    )
    change = fold(refused).orders[1].change
    assert (change.status, change.reason) == (OrderStatus.REJECTED, "WALLET_001")
