"""The views, made of events alone, show what the core's state holds: books, balances, open orders, fills. Held on random command flows."""

from __future__ import annotations

import random

import pytest

from engine_container.core.book import orders_of
from engine_container.core.entities import BookSide as CoreSide
from engine_container.views.orders import Order
from engine_container.views.projection import Projection
from mycrypto.contracts import commands as c
from mycrypto.contracts.events import OrderAccepted, decode_record
from mycrypto.contracts.trading import OrderStatus, OrderType, SelfTradePrevention, Side, SymbolStatus, TimeInForce
from tests.unit.gateway.core_engine import CoreEngine
from tests.unit.gateway.memory_logs import MemoryEvents

SYMBOL = "BTC/USDT"
UNIT = 100_000_000
USERS = [bytes([9] * 15 + [number]) for number in range(4)]


class Flow:
    """Random commands of a few users at few prices, so that they meet often."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.count = 0

    def command_id(self) -> bytes:
        self.count += 1
        return self.count.to_bytes(16, "big")

    def opening(self) -> list[c.Command]:
        listing = c.SetSymbol(
            self.command_id(), SYMBOL, "BTC", "USDT", UNIT // 100, UNIT // 1000, UNIT // 1000, 1000 * UNIT, 0, 0, 500, 1000
        )
        funds = [
            c.Credit(self.command_id(), user, asset, 10_000_000 * UNIT, self.command_id()) for user in USERS for asset in ("BTC", "USDT")
        ]
        habits: list[c.Command] = [
            c.SetUser(self.command_id(), user, 0, 0, 0, -1, -1, prevention)
            for user, prevention in zip(
                USERS,
                (
                    SelfTradePrevention.CANCEL_TAKER,
                    SelfTradePrevention.CANCEL_MAKER,
                    SelfTradePrevention.DECREMENT,
                    SelfTradePrevention.CANCEL_BOTH,
                ),
                strict=True,
            )
        ]
        return [listing, *funds, *habits]

    def next(self, live: list[int]) -> c.Command:
        dice = self.random.random()
        user = self.random.choice(USERS)
        if dice < 0.12 and live:
            return c.CancelOrder(self.command_id(), user, self.random.choice(live))
        if dice < 0.24 and live:
            return c.AmendOrder(self.command_id(), user, self.random.choice(live), "", self._lots(), self.random.choice((0, self._price())))
        if dice < 0.25:
            return c.CancelAll(self.command_id(), user)
        if dice < 0.255:
            return c.SetStatus(self.command_id(), SYMBOL, SymbolStatus.HALTED)
        if dice < 0.28:
            return c.SetStatus(self.command_id(), SYMBOL, SymbolStatus.ACTIVE)
        return self._order(user)

    def _order(self, user: bytes) -> c.PlaceOrder:
        kind = self.random.choice(
            (OrderType.LIMIT,) * 6 + (OrderType.MARKET, OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)
        )
        side = self.random.choice((Side.BUY, Side.SELL))
        limit = kind in {OrderType.LIMIT, OrderType.STOP_LIMIT}
        quantity = self._lots()
        return c.PlaceOrder(
            self.command_id(),
            user,
            SYMBOL,
            side,
            kind,
            self.random.choice((TimeInForce.GTC,) * 4 + (TimeInForce.IOC, TimeInForce.FOK)) if limit else TimeInForce.GTC,
            quantity if kind is not OrderType.MARKET or self.random.random() < 0.7 else 0,
            self._price() if limit else 0,
            f"c{self.count}",
            0,
            post_only=kind is OrderType.LIMIT and self.random.random() < 0.1,
            stop_price=self._price() if kind in {OrderType.STOP, OrderType.STOP_LIMIT} else 0,
            display_quantity=max(UNIT // 1000, quantity // 4 // (UNIT // 1000) * (UNIT // 1000))
            if limit and self.random.random() < 0.3
            else 0,
            trail_bps=100 if kind is OrderType.TRAILING_STOP else 0,
        )

    def _price(self) -> int:
        return (10_000 + self.random.randint(-20, 20)) * UNIT // 100

    def _lots(self) -> int:
        return self.random.randint(1, 40) * UNIT // 1000


def shown_of(side: CoreSide, tick: int, lot: int) -> dict[int, tuple[int, int]]:
    """Price to (shown quantity, orders), in units, out of the core's own book."""
    levels: dict[int, tuple[int, int]] = {}
    for order in orders_of(side):
        quantity, count = levels.get(order.price * tick, (0, 0))
        levels[order.price * tick] = (quantity + order.shown * lot, count + 1)
    return levels


@pytest.mark.parametrize("seed", range(3))
def test_views_show_what_the_core_holds(seed: int) -> None:
    flow = Flow(seed)
    engine = CoreEngine(MemoryEvents())
    views = Projection()
    for payload in (engine.carry_out([command]) for command in flow.opening()):
        assert payload is not None
        views.apply(decode_record(payload))
    symbol = engine.state.symbols[SYMBOL]
    trades = 0
    for step in range(600):
        live = [order.number for order in views.orders.all() if not order.is_final]
        payload = engine.carry_out([flow.next(live) for _ in range(flow.random.randint(1, 3))])
        if payload is None:
            continue
        record = decode_record(payload)
        assert views.apply(record)
        assert not views.apply(record), "a record that comes twice counts once"
        trades = len(views.trades)
        if step % 10:
            continue
        book = views.books[SYMBOL]
        for mine, theirs in ((book.bids, symbol.bids), (book.asks, symbol.asks)):
            shown = {price: (level.quantity, level.orders) for price, level in mine.levels.items()}
            assert shown == shown_of(theirs, symbol.tick, symbol.lot)
            assert mine.prices == sorted(shown)
        for user in engine.state.users.values():
            held = {asset: (b.available, b.locked) for asset, b in views.balances.of(user.user_id).items()}
            assert held == {asset: (b.available, b.locked) for asset, b in user.balances.items()}
            mine_open = {order.number: order for order in views.orders.of(user.user_id) if not order.is_final}
            core_open = {order.number: order for order in engine.state.orders.values() if order.account.user is user}
            assert mine_open.keys() == core_open.keys()
            for number, core_order in core_open.items():
                assert mine_open[number].remaining == core_order.open * symbol.lot
                assert mine_open[number].price == core_order.price * symbol.tick
                assert mine_open[number].resting is (core_order.level is not None)
    assert trades > 100, "a flow without trades shows nothing"
    for order in views.orders.all():
        assert order.filled == sum(fill.record.trade.quantity for fill in order.fills)
        if order.status is OrderStatus.FILLED and order.quantity:
            assert order.filled == order.quantity


def test_the_fields_of_an_accepted_order_are_those_of_the_order() -> None:
    names = OrderAccepted.__struct_fields__
    first = Order.__struct_fields__.index(names[0])
    assert Order.__struct_fields__[first : first + len(names)] == names
