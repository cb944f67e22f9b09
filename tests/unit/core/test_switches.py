"""Dead man's switches: orders are cancelled when the switch is not renewed in time, at log time, for every replica alike."""

from __future__ import annotations

import random
from typing import Any

import pytest

from engine_container.core.codec.snapshot_codec import dump, load
from engine_container.core.state import State
from engine_container.engine.snapshots import state_hash
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus
from tests.unit.core.trading_desk import SYMBOL, Desk, codes, of

ETH = "ETH/USDT"
GATEWAY, OTHER = b"g" * 16, b"o" * 16


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.list_symbol(ETH)
    for name in ("ann", "bob"):
        made.fund(name, USDT="100000", BTC="10", ETH="100")
    return made


def switch(desk: Desk, name: str, seconds: int, symbol: str = "", holder: bytes = b"") -> list[Any]:
    return desk.do(c.CancelAllAfter(desk.new_id(), desk.user(name), seconds * 1_000, symbol, holder))


def renew(desk: Desk, holder: bytes) -> list[Any]:
    return desk.do(c.CancelAllAfter(desk.new_id(), b"", 0, "", holder, renews=True))


def idle(desk: Desk, seconds: int) -> list[Any]:
    """The time goes by as it does while an engine is active: with a tick a second."""
    return [event for _ in range(seconds) for event in desk.passes(1_000)]


def cancelled(events: list[Any]) -> list[int]:
    closed = of(e.OrderClosed, events)
    assert all((event.status, event.reason) == (OrderStatus.CANCELLED, "CANCEL_ALL_AFTER") for event in closed)
    return [event.order for event in closed]


def test_orders_go_when_the_time_has_come_and_not_before(desk: Desk) -> None:
    number = desk.number("ann", "BUY", "0.1", "100")
    others = desk.number("bob", "BUY", "0.1", "100")
    assert switch(desk, "ann", 60) == [e.CancelAllAfterSet(desk.user("ann"), "", desk.now + 60_000)]
    assert cancelled(idle(desk, 59)) == []
    events = idle(desk, 1)
    assert cancelled(events) == [number]
    assert of(e.CancelAllAfterSet, events) == [e.CancelAllAfterSet(desk.user("ann"), "", 0, ran_out=True)]
    assert desk.balance("ann", "USDT")[1] == 0
    assert desk.state.orders.find(others) is not None
    again = desk.number("ann", "BUY", "0.1", "100")
    assert cancelled(idle(desk, 200)) == [], "it has run out once and is gone"
    assert desk.state.orders.find(again) is not None


def test_what_is_placed_after_it_was_set_goes_too_and_a_new_time_counts_from_then(desk: Desk) -> None:
    switch(desk, "ann", 20)
    idle(desk, 15)
    first = desk.number("ann", "BUY", "0.1", "100")
    switch(desk, "ann", 30)
    assert cancelled(idle(desk, 29)) == []
    second = desk.number("ann", "SELL", "0.1", "200", kind="STOP_LIMIT", stop_price="90")
    assert cancelled(idle(desk, 1)) == [first, second]


def test_switched_off_it_is_gone(desk: Desk) -> None:
    desk.number("ann", "BUY", "0.1", "100")
    switch(desk, "ann", 10)
    assert switch(desk, "ann", 0) == [e.CancelAllAfterSet(desk.user("ann"), "", 0)]
    assert switch(desk, "ann", 0) == [e.CancelAllAfterSet(desk.user("ann"), "", 0)]
    assert cancelled(idle(desk, 100)) == []
    assert desk.state.switches == {}


def test_a_symbol_has_a_switch_of_its_own(desk: Desk) -> None:
    here = desk.number("ann", "BUY", "0.1", "100")
    there = desk.number("ann", "BUY", "0.1", "100", symbol=ETH)
    switch(desk, "ann", 60)
    switch(desk, "ann", 10, ETH)
    assert cancelled(idle(desk, 10)) == [there]
    assert cancelled(idle(desk, 50)) == [here]
    assert codes(switch(desk, "ann", 10, "XXX/USDT")) == ["ORDER_001"]


@pytest.mark.parametrize("timeout_ms", [-1, 1, 9_999, 86_400_001, 2**62])
def test_a_time_out_of_bounds_changes_nothing(desk: Desk, timeout_ms: int) -> None:
    switch(desk, "ann", 60)
    before = state_hash(desk.state)
    assert codes(desk.do(c.CancelAllAfter(b"\1" * 16, desk.user("ann"), timeout_ms))) == ["VALIDATION_ERROR"]
    assert [held.deadline_ms for held in desk.state.switches[b""].values()] == [desk.now + 60_000]
    assert state_hash(desk.state) != before, "but for the memory of the command"


def test_the_same_command_again_does_nothing_even_after_it_was_switched_off(desk: Desk) -> None:
    command = c.CancelAllAfter(desk.new_id(), desk.user("ann"), 60_000)
    desk.do(command)
    switch(desk, "ann", 0)
    assert desk.do(command) == [e.CommandRepeated()]
    assert desk.state.switches == {}


def test_a_holder_renews_all_of_its_own_with_one_command_and_no_other(desk: Desk) -> None:
    ann, bob = desk.number("ann", "BUY", "0.1", "100"), desk.number("bob", "BUY", "0.1", "100")
    switch(desk, "ann", 12, holder=GATEWAY)
    switch(desk, "bob", 12, holder=OTHER)
    idle(desk, 8)
    assert renew(desk, GATEWAY) == [e.CancelAllAfterSet(b"", "", desk.now + 12_000)]
    assert cancelled(idle(desk, 4)) == [bob]
    assert cancelled(idle(desk, 8)) == [ann]
    assert renew(desk, GATEWAY) == [e.CancelAllAfterSet(b"", "", 0)], "it is told that they have run out, and sets none"
    assert desk.state.switches == {}


def test_a_users_own_switch_and_those_of_gateways_are_apart(desk: Desk) -> None:
    desk.number("ann", "BUY", "0.1", "100")
    switch(desk, "ann", 60)
    switch(desk, "ann", 12, holder=GATEWAY)
    switch(desk, "ann", 0, holder=GATEWAY)
    assert cancelled(idle(desk, 59)) == []
    assert len(cancelled(idle(desk, 1))) == 1


@pytest.mark.parametrize("silent_ms", [5_001, 600_000, 80_000_000])
def test_after_a_silence_of_the_log_everybody_has_the_whole_time_again(desk: Desk, silent_ms: int) -> None:
    number = desk.number("ann", "BUY", "0.1", "100")
    switch(desk, "ann", 12, holder=GATEWAY)
    idle(desk, 11)
    assert cancelled(desk.passes(silent_ms)) == [], "no client could renew it"
    assert cancelled(idle(desk, 11)) == []
    assert cancelled(idle(desk, 1)) == [number]


def test_a_short_silence_is_none(desk: Desk) -> None:
    number = desk.number("ann", "BUY", "0.1", "100")
    switch(desk, "ann", 12)
    idle(desk, 10)
    assert cancelled(desk.passes(5_000)) == [number]


def test_a_snapshot_keeps_them_and_one_without_them_has_the_old_form(desk: Desk) -> None:
    assert len(dump(desk.state)) == 13
    desk.number("ann", "BUY", "0.1", "100")
    switch(desk, "ann", 60)
    switch(desk, "bob", 20, ETH)
    switch(desk, "ann", 12, holder=GATEWAY)
    copy = load(dump(desk.state))
    assert state_hash(copy) == state_hash(desk.state)
    other = Desk.__new__(Desk)
    other.__dict__ |= desk.__dict__ | {"state": copy}
    for _ in range(70):
        assert desk.passes(1_000) == other.passes(1_000)
        assert state_hash(copy) == state_hash(desk.state)
    assert len(dump(desk.state)) == 13


class Naive:
    """The rule in plain words: a list of (user, symbol, holder, time-out, deadline)."""

    def __init__(self) -> None:
        self.rows: list[list[Any]] = []
        self.before = 0

    def passes(self, now: int) -> list[tuple[bytes, str]]:
        if now - self.before > 5_000:
            for row in self.rows:
                row[4] = now + row[3]
        self.before = now
        due = sorted((row for row in self.rows if row[4] <= now), key=lambda row: row[4])
        self.rows = [row for row in self.rows if row not in due]
        return [(row[0], row[1]) for row in due]

    def sets(self, user: bytes, symbol: str, holder: bytes, timeout: int, now: int) -> None:
        for row in self.rows:
            if row[:3] == [user, symbol, holder] and timeout:
                row[3:] = [timeout, now + timeout]
                return
        self.rows = [row for row in self.rows if row[:3] != [user, symbol, holder]]
        if timeout:
            self.rows.append([user, symbol, holder, timeout, now + timeout])

    def renews(self, holder: bytes, now: int) -> None:
        for row in self.rows:
            if row[2] == holder:
                row[4] = now + row[3]


@pytest.mark.parametrize("seed", range(10))
def test_the_core_does_what_the_plain_rule_says(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    naive = Naive()
    naive.before = desk.now
    for _ in range(120):
        desk.now += chance.choice((0, 1, 500, 1_000, 1_000, 3_000, 5_000, 5_001, 60_000))
        expected = naive.passes(desk.now)
        who, symbol = chance.choice(("ann", "bob")), chance.choice(("", SYMBOL, ETH))
        what = chance.random()
        command: Any = c.Tick(b"")
        if what < 0.3:
            timeout, holder = chance.choice((0, 10_000, 12_000, 60_000)), chance.choice((b"", b"", GATEWAY, OTHER))
            command = c.CancelAllAfter(desk.new_id(), desk.user(who), timeout, symbol, holder)
        elif what < 0.5:
            command = c.CancelAllAfter(desk.new_id(), b"", 0, "", chance.choice((GATEWAY, OTHER)), renews=True)
        elif what < 0.8:
            command = desk.order(who, chance.choice(("BUY", "SELL")), "0.1", chance.choice(("100", "105", "95")), symbol=symbol or SYMBOL)
        open_before = {order.number: (order.account.user.user_id, order.account.symbol.name) for order in orders_of(desk.state)}
        events = desk.do(command)
        fired = [(event.user_id, event.symbol) for event in of(e.CancelAllAfterSet, events) if event.ran_out]
        assert sorted(fired) == sorted(expected)
        gone = {number for number, (user, name) in open_before.items() if any(user == u and s in {"", name} for u, s in expected)}
        closed = {event.order for event in of(e.OrderClosed, events) if event.reason == "CANCEL_ALL_AFTER"}
        assert closed == gone
        if isinstance(command, c.CancelAllAfter):
            if command.renews:
                naive.renews(command.holder, desk.now)
            else:
                naive.sets(command.user_id, command.symbol, command.holder, command.timeout_ms, desk.now)
        assert state_hash(load(dump(desk.state))) == state_hash(desk.state)
        if chance.random() < 0.1:
            desk.state = load(dump(desk.state))


def orders_of(state: State) -> list[Any]:
    return list(state.orders.values())
