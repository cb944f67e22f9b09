"""The core and a naive exchange emit the same events for any commands, and the invariants hold after each.

Invariants: no balance negative, locked = what open orders need, money conserved to the last unit (2, 11); fills never exceed the order
(5); the book never crossed at rest (6); status only moves forward (8).
"""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine_container.core.book import orders_of
from engine_container.core.codec.snapshot_codec import dump, load
from engine_container.core.machine import advance, apply
from engine_container.core.open_orders import orders_of_user
from engine_container.core.state import State
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderType, SelfTradePrevention, Side, SymbolStatus, TimeInForce
from mycrypto.money import UNITS_PER_ONE
from tests.property.naive_exchange import Naive

TICK = UNITS_PER_ONE // 100
LOT = UNITS_PER_ONE // 1_000
SYMBOL = "BTC/USDT"
USERS = [bytes([n]) * 16 for n in range(1, 5)]
START_MS = 1_800_000_000_000
EVENTS = msgspec.msgpack.Decoder(list[e.Event])


def rules(band_bps: int) -> c.SetSymbol:
    return c.SetSymbol(b"rules".ljust(16), SYMBOL, "BTC", "USDT", TICK, LOT, LOT, 50 * LOT, UNITS_PER_ONE // 100, band_bps, 500, 1_000)


ids = st.integers(0, 10**9)
prices = st.integers(9_970, 10_030).map(lambda ticks: ticks * TICK)
quantities = st.integers(1, 12).map(lambda lots: lots * LOT)
sides = st.sampled_from(Side)
users = st.sampled_from(USERS)
modes = st.sampled_from([mode for mode in SelfTradePrevention if mode is not SelfTradePrevention.ALLOW])


@st.composite
def orders(draw: st.DrawFn) -> c.PlaceOrder:
    kind = draw(st.sampled_from([OrderType.LIMIT] * 8 + list(OrderType)))
    tif = draw(st.sampled_from([TimeInForce.GTC] * 4 + list(TimeInForce)))
    trailing = kind is OrderType.TRAILING_STOP or (kind not in {OrderType.LIMIT, OrderType.MARKET} and draw(st.integers(0, 5)) == 0)
    conditional = kind not in {OrderType.LIMIT, OrderType.MARKET}
    limit = kind in {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT}
    by_value = kind is OrderType.MARKET and draw(st.booleans())
    quantity = 0 if by_value else draw(quantities)
    iceberg = kind is OrderType.LIMIT and tif is TimeInForce.GTC and draw(st.integers(0, 4)) == 0
    side = draw(sides)
    return c.PlaceOrder(
        b"",
        draw(users),
        SYMBOL,
        side,
        kind,
        tif,
        quantity,
        draw(prices) if limit else 0,
        quote_quantity=draw(st.integers(1, 200)) * UNITS_PER_ONE // 100 if by_value else 0,
        post_only=kind is OrderType.LIMIT and draw(st.integers(0, 6)) == 0,
        self_trade_prevention=draw(modes),
        stop_price=draw(prices) if conditional and not trailing else 0,
        display_quantity=draw(st.integers(1, 4)) * LOT if iceberg else 0,
        trail_bps=draw(st.integers(1, 20)) if trailing else 0,
        activation_price=draw(prices) if trailing and draw(st.booleans()) else 0,
        expires_ms=START_MS + draw(st.integers(0, 40)) * 10 if tif is TimeInForce.GTD else 0,
        fee_included=by_value and draw(st.booleans()) and (side is Side.BUY or draw(st.integers(0, 9)) == 0),
        refused_if_reached=conditional and draw(st.booleans()) and (not trailing or draw(st.integers(0, 9)) == 0),
    )


@st.composite
def ocos(draw: st.DrawFn) -> c.PlaceOco:
    first, second = draw(orders()), draw(orders())
    second = msgspec.structs.replace(second, user_id=first.user_id, side=first.side, quantity=first.quantity)
    return c.PlaceOco(b"", first, second)


picks = st.integers(0, 30)
steps = st.one_of(
    orders(),
    orders(),
    orders(),
    orders(),
    st.tuples(st.just("cancel"), picks),
    st.tuples(st.just("amend"), picks, st.one_of(st.just(0), quantities), st.one_of(st.just(0), prices), st.just(0)),
    st.tuples(st.just("amend"), picks, st.sampled_from([0] * 9 + [LOT]), st.one_of(st.just(0), prices), quantities),
    st.tuples(st.just("replace"), picks, orders()),
    ocos(),
    st.builds(c.CancelAll, st.just(b""), users, st.just(SYMBOL), st.one_of(st.none(), sides)),
    st.builds(c.Credit, st.just(b""), users, st.sampled_from(["BTC", "USDT"]), st.integers(1, 10**6), st.just(b"")),
    st.builds(c.Debit, st.just(b""), users, st.sampled_from(["BTC", "USDT"]), st.integers(1, 10**10), st.just(b"")),
    st.builds(
        c.SetStatus, st.just(b""), st.just(SYMBOL), st.sampled_from([SymbolStatus.ACTIVE] * 4 + [SymbolStatus.HALTED]), st.just("test")
    ),
)


class Pair:
    """Core and naive side by side."""

    def __init__(self, band_bps: int) -> None:
        self.state = State()
        self.count = 0
        self.now = START_MS
        self.numbers: list[tuple[bytes, int]] = []
        self.status: dict[int, int] = {}
        self.outside = {"BTC": 0, "USDT": 0}
        listing = rules(band_bps)
        self.core(c.SetRules(b"version".ljust(16), c.RULES_LATEST))
        self.core(listing)
        self.naive = Naive(listing, seq=self.state.next_seq)
        for user in USERS:
            for asset, amount in (("BTC", 60 * LOT), ("USDT", 8 * UNITS_PER_ONE)):
                self.both(c.Credit(b"", user, asset, amount, b""))

    def core(self, command: Any) -> list[Any]:
        events = advance(self.state, self.now) + apply(self.state, command, self.now)
        return EVENTS.decode(msgspec.msgpack.encode(events))

    def fresh(self, command: Any) -> Any:
        self.count += 1
        unique = self.count.to_bytes(16, "big")
        extra = {"transfer_id": unique} if isinstance(command, c.Credit | c.Debit) else {}
        return msgspec.structs.replace(command, command_id=unique, **extra)

    def picked(self, place: int) -> tuple[bytes, int]:
        return self.numbers[-1 - place % len(self.numbers)] if self.numbers else (USERS[0], 10**6)

    def command(self, step: Any) -> Any:
        if not isinstance(step, tuple):
            return self.fresh(step)
        user, number = self.picked(step[1])
        if step[0] == "cancel":
            return self.fresh(c.CancelOrder(b"", user, number))
        if step[0] == "amend":
            return self.fresh(c.AmendOrder(b"", user, number, "", *step[2:]))
        return self.fresh(c.ReplaceOrder(b"", number, "", msgspec.structs.replace(step[2], user_id=user)))

    def both(self, step: Any) -> None:
        command = self.command(step)
        first = self.state.next_seq
        made = self.core(command)
        expected = self.naive.apply(command, self.now)
        assert [without_figures(event) for event in made] == [without_figures(event) for event in expected]
        for number, event in enumerate(made, first):
            self.note(number, event)
        self.check()

    def note(self, number: int, event: Any) -> None:
        match event:
            case e.OrderAccepted():
                self.numbers.append((event.user_id, number))
                self.status[number] = 0
            case e.OrderTriggered():
                assert self.status[event.order] == 0
                self.status[event.order] = 1
            case e.Trade():
                assert self.status[event.maker_order] < 4
                assert self.status[event.taker_order] < 4
                for fee in (event.maker_fee, event.taker_fee):
                    self.outside["USDT"] -= fee
            case e.OrderClosed():
                assert self.status[event.order] < 4
                self.status[event.order] = 4
                assert event.filled >= 0
                assert event.remaining >= 0
            case e.TransferApplied():
                self.outside[event.asset] += event.amount

    def check(self) -> None:
        owned = {"BTC": 0, "USDT": 0}
        needed: dict[tuple[bytes, str], int] = {}
        open_orders: dict[bytes, list[int]] = {user_id: [] for user_id in self.state.users}
        for order in self.state.orders.values():
            user_id = order.account.user.user_id
            asset = "USDT" if order.side == 0 else "BTC"
            needed[user_id, asset] = needed.get((user_id, asset), 0) + order.lock_per_lot * order.open
            open_orders[user_id].append(order.number)
            assert self.state.orders.find(order.number) is order
            assert 0 < order.open <= order.total
        for user in self.state.users.values():
            assert user.open_orders == len(open_orders[user.user_id]) == sum(account.open_orders for account in user.accounts.values())
            assert [order.number for order in orders_of_user(self.state, user)] == sorted(open_orders[user.user_id])
        for user in self.state.users.values():
            for asset, balance in user.balances.items():
                assert balance.available >= 0
                assert balance.locked == needed.get((user.user_id, asset), 0)
                owned[asset] += balance.available + balance.locked
        assert owned == self.outside
        assert {asset: total.units for asset, total in self.state.totals.items() if asset in owned} == owned
        symbol = self.state.symbols[SYMBOL]
        if symbol.bids.best is not None and symbol.asks.best is not None:
            assert symbol.bids.best.key < -symbol.asks.best.key
        for side in (symbol.bids, symbol.asks):
            assert side.keys == sorted(level.key for level in side.levels.values())
            for level in side.levels.values():
                assert level.open > 0
        for order in [*orders_of(symbol.bids), *orders_of(symbol.asks)]:
            assert 0 < order.shown <= order.open


def without_figures(event: Any) -> Any:
    """Refusals are compared by their code; their figures have tests of their own."""
    if isinstance(event, e.OrderRejected | e.CommandRefused):
        return msgspec.structs.replace(event, details={})
    return event


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.sampled_from([0, 20, 1_000]), st.lists(st.tuples(st.integers(0, 8), steps), min_size=5, max_size=60))
def test_same_events_as_the_naive_exchange(band_bps: int, script: list[tuple[int, Any]]) -> None:
    pair = Pair(band_bps)
    for pause, step in script:
        pair.now += pause
        pair.both(step)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(st.tuples(st.integers(0, 8), steps), min_size=5, max_size=40))
def test_a_snapshot_at_any_point_goes_on_as_the_whole_log_does(script: list[tuple[int, Any]]) -> None:
    """Invariant 7: the state loaded from its tree gives the same events and the same state as the one that lived through it."""
    pair = Pair(1_000)
    restored: State | None = None
    for pause, step in script:
        pair.now += pause
        command = pair.command(step)
        first = pair.state.next_seq
        restored = load(msgspec.msgpack.decode(msgspec.msgpack.encode(dump(pair.state))))
        assert msgspec.msgpack.encode(dump(restored)) == msgspec.msgpack.encode(dump(pair.state))
        again = advance(restored, pair.now) + apply(restored, command, pair.now)
        made = advance(pair.state, pair.now) + apply(pair.state, command, pair.now)
        assert again == made
        assert msgspec.msgpack.encode(dump(restored)) == msgspec.msgpack.encode(dump(pair.state))
        for number, event in enumerate(EVENTS.decode(msgspec.msgpack.encode(made)), first):
            pair.note(number, event)
