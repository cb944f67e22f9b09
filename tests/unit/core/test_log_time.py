"""Log time is believed by the day; and what waits for a time takes no more memory than the orders that are open."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine_container.core.codec.record import TIME_PASSED, apply_record
from engine_container.core.codec.snapshot_codec import dump, load
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus, SymbolStatus, TimeJump
from tests.unit.core.trading_desk import Desk, codes, of, units

HOUR = 3_600_000
DAY = 24 * HOUR
YEAR = 365 * DAY


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.fund("ann", BTC="10", USDT="1000000")
    return desk


def at(desk: Desk, time_ms: int, command: Any = None) -> list[Any]:
    """A command at a time of the broker's; desk.now stays the right time."""
    right, desk.now = desk.now, time_ms
    try:
        return desk.do(command or c.Tick(b""))
    finally:
        desk.now = right


def outcomes(events: list[Any]) -> list[TimeJump]:
    return [event.outcome for event in of(e.TimeJumped, events)]


def good_for(desk: Desk, ms: int) -> int:
    return desk.number("ann", "BUY", "1", "100", tif="GTD", expires_ms=desk.now + ms)


def is_open(desk: Desk, number: int) -> bool:
    return desk.state.orders.find(number) is not None


def test_a_wrong_clock_of_the_broker_ends_nothing_and_trading_goes_on(desk: Desk) -> None:
    numbers = [good_for(desk, HOUR), good_for(desk, 40 * DAY), desk.number("ann", "BUY", "1", "100", tif="DAY")]
    desk.fund("bob", BTC="1")
    before = desk.now
    assert outcomes(at(desk, before + 10 * YEAR)) == [TimeJump.HELD]
    assert outcomes(at(desk, before + 10 * YEAR + 1)) == []
    placed = at(desk, before + 10 * YEAR + 2, desk.order("bob", "SELL", "1", "100", tif="IOC"))
    assert len(of(e.Trade, placed)) == 1
    assert desk.state.now_ms == before
    assert [is_open(desk, number) for number in numbers] == [False, True, True]
    assert outcomes(at(desk, before + 5_000)) == [TimeJump.OVER]
    assert desk.state.now_ms == before + 5_000


def test_while_it_is_held_time_follows_the_clock_of_the_ticks(desk: Desk) -> None:
    number = good_for(desk, 3_000)
    later = good_for(desk, HOUR)
    start, wrong = desk.now, desk.now + 10 * YEAR
    at(desk, wrong)
    closed = []
    for second in range(1, 5):
        closed += of(e.OrderClosed, at(desk, wrong + second, c.Tick(b"", start + second * 1_000)))
    assert [(event.order, event.status) for event in closed] == [(number, OrderStatus.EXPIRED)]
    assert desk.state.now_ms == start + 4_000
    assert is_open(desk, later)


@pytest.mark.parametrize("away", [HOUR, 12 * HOUR, DAY])
def test_a_broker_that_was_away_for_hours_needs_no_operator(desk: Desk, away: int) -> None:
    number, later = good_for(desk, away - 1), good_for(desk, away + HOUR)
    events = at(desk, desk.now + away)
    assert [event.order for event in of(e.OrderClosed, events)] == [number]
    assert is_open(desk, later)
    assert not of(e.TimeJumped, events)


@pytest.mark.parametrize(("away", "goes_on"), [(3 * DAY, True), (29 * DAY, True), (31 * DAY, False)])
def test_a_longer_absence_is_believed_when_another_clock_says_the_same(desk: Desk, away: int, goes_on: bool) -> None:
    number = good_for(desk, 2 * DAY)
    then = desk.now + away
    assert outcomes(at(desk, then)) == [TimeJump.HELD]
    events = at(desk, then + 900, c.Tick(b"", then + 100))
    assert outcomes(events) == ([TimeJump.AGREED] if goes_on else [])
    assert is_open(desk, number) is not goes_on
    assert desk.state.now_ms == (then + 900 if goes_on else then - away)


def test_an_operator_lets_the_time_go(desk: Desk) -> None:
    number = good_for(desk, 2 * DAY)
    then = desk.now + 400 * DAY
    at(desk, then)
    accepted = c.AcceptTime(desk.new_id(), then + HOUR, b"operator".ljust(16))
    events = at(desk, then + 1, accepted)
    assert [(event.outcome, event.actor_id) for event in of(e.TimeJumped, events)] == [(TimeJump.ACCEPTED, b"operator".ljust(16))]
    assert [event.order for event in of(e.OrderClosed, events)] == [number]
    assert desk.state.now_ms == then + 1
    assert of(e.CommandRepeated, at(desk, then + 2, accepted))
    assert outcomes(at(desk, then + 2 * DAY)) == [TimeJump.HELD]


def test_a_jump_may_be_accepted_beforehand_and_counts_once(desk: Desk) -> None:
    start = desk.now
    assert outcomes(at(desk, start, c.AcceptTime(desk.new_id(), start + 50 * DAY))) == [TimeJump.ACCEPTED]
    assert outcomes(at(desk, start + 45 * DAY)) == []
    assert desk.state.now_ms == start + 45 * DAY
    assert outcomes(at(desk, start + 48 * DAY)) == [TimeJump.HELD]


@pytest.mark.parametrize("until", [0, 1, -5, 2**63])
def test_a_time_that_has_been_cannot_be_accepted(desk: Desk, until: int) -> None:
    assert codes(desk.do(c.AcceptTime(desk.new_id(), until))) == ["VALIDATION_ERROR"]


def test_a_halt_ends_and_ids_are_forgotten_by_believed_time_only(desk: Desk) -> None:
    order = desk.order("ann", "BUY", "1", "100", client_order_id="mine")
    desk.do(order)
    desk.status(SymbolStatus.HALTED, desk.now + HOUR)
    at(desk, desk.now + 10 * YEAR)
    assert desk.symbol.status == SymbolStatus.HALTED
    assert of(e.OrderRepeated, at(desk, desk.now + 10 * YEAR, order))


def test_a_snapshot_holds_what_is_doubted(desk: Desk) -> None:
    good_for(desk, HOUR)
    plain = dump(desk.state)
    assert len(plain) == 13, "a state without doubt is the tree that it was before"
    wrong = desk.now + 10 * YEAR
    at(desk, wrong)
    for command in (c.Tick(b""), c.AcceptTime(desk.new_id(), desk.now + YEAR), c.Tick(b"", wrong), c.AcceptTime(desk.new_id(), wrong + 9)):
        restored = load(msgspec.msgpack.decode(msgspec.msgpack.encode(dump(desk.state))))
        assert dump(restored) == dump(desk.state)
        assert apply_record(restored, [command], wrong) == apply_record(desk.state, [command], wrong)


def test_the_rules_before_believe_every_time() -> None:
    desk = Desk(version=2)
    desk.fund("ann", USDT="1000")
    number = good_for(desk, HOUR)
    ((index, _, events),) = apply_record(desk.state, [c.Tick(b"")], desk.now + 10 * YEAR)[:1]
    assert index == TIME_PASSED
    assert events[0][1] == number


# the index of what expires


@pytest.mark.parametrize("tif", ["GTD", "DAY"])
@pytest.mark.parametrize("way", ["cancelled", "filled", "amended", "fired"])
def test_the_index_of_expiries_follows_the_open_orders(desk: Desk, tif: str, way: str) -> None:
    desk.trade_at("100")
    desk.fund("bob", BTC="1000", USDT="1000")
    expiry = {"expires_ms": desk.now + DAY} if tif == "GTD" else {}
    number = 0
    for count in range(500):
        if way == "amended" and number:
            price = units("95") if count % 2 else units("95.01")
            desk.do(c.AmendOrder(desk.new_id(), desk.user("ann"), number, "", 0, price))
            continue
        if way == "fired":
            number = desk.number("ann", "BUY", "0.5", "95", kind="STOP_LIMIT", stop_price="99", tif=tif, **expiry)
        else:
            number = desk.number("ann", "BUY", "0.5", "95", tif=tif, **expiry)
        if way == "filled":
            desk.place("bob", "SELL", "0.5", "95")
        elif way in {"cancelled", "fired"}:
            desk.cancel("ann", number)
        assert len(desk.state.expiring) <= 2 * desk.state.orders.count + 33
        assert len(desk.state.users[desk.user("ann")].entered) <= 2 * desk.state.orders.count + 32
    desk.passes(1)
    assert len(desk.state.expiring) <= 34
    if way == "amended":
        assert [event.status for event in of(e.OrderClosed, desk.passes(DAY))] == [OrderStatus.EXPIRED]
