"""Long random flows, dense with trades, stops and self-trades: core and naive exchange stay together to the last event."""

from __future__ import annotations

import random
from typing import Any

import pytest
from msgspec.structs import replace

from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderType, SelfTradePrevention, Side, SymbolStatus, TimeInForce
from mycrypto.money import UNITS_PER_ONE
from tests.property.test_core_against_naive import LOT, SYMBOL, TICK, USERS, Pair

MODES = [mode for mode in SelfTradePrevention if mode is not SelfTradePrevention.ALLOW]


class Flow:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def price(self) -> int:
        return (10_000 + self.random.randint(-12, 12)) * TICK

    def order(self, user: bytes | None = None) -> c.PlaceOrder:
        draw = self.random
        kind = draw.choices(list(OrderType), weights=[60, 10, 6, 6, 4, 4, 4])[0]
        tif = draw.choices(list(TimeInForce), weights=[70, 10, 5, 3, 5])[0]
        if kind in {OrderType.STOP, OrderType.TAKE_PROFIT, OrderType.TRAILING_STOP} and tif in {TimeInForce.IOC, TimeInForce.FOK}:
            tif = TimeInForce.GTC
        if kind is OrderType.MARKET and tif in {TimeInForce.DAY, TimeInForce.GTD}:
            tif = TimeInForce.IOC
        conditional = kind not in {OrderType.LIMIT, OrderType.MARKET}
        trailing = kind is OrderType.TRAILING_STOP or (conditional and draw.random() < 0.2)
        limit = kind in {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT}
        by_value = kind is OrderType.MARKET and draw.random() < 0.5
        lots = draw.randint(1, 12)
        resting = limit and tif not in {TimeInForce.IOC, TimeInForce.FOK}
        return c.PlaceOrder(
            b"",
            user or draw.choice(USERS),
            SYMBOL,
            draw.choice(list(Side)),
            kind,
            tif,
            0 if by_value else lots * LOT,
            self.price() if limit else 0,
            quote_quantity=draw.randint(5, 150) * UNITS_PER_ONE // 100 if by_value else 0,
            post_only=kind is OrderType.LIMIT and resting and draw.random() < 0.1,
            self_trade_prevention=draw.choice(MODES),
            stop_price=self.price() if conditional and not trailing else 0,
            display_quantity=draw.randint(1, lots - 1) * LOT if resting and lots > 1 and draw.random() < 0.25 else 0,
            trail_bps=draw.randint(1, 12) if trailing else 0,
            activation_price=self.price() if trailing and draw.random() < 0.5 else 0,
            expires_ms=0,
        )

    def step(self, pair: Pair) -> Any:
        draw = self.random
        kind = draw.choices(
            ["order", "cancel", "amend", "replace", "oco", "all", "credit", "debit", "status"], [70, 8, 10, 3, 6, 1, 2, 2, 1]
        )[0]
        order = self.order()
        if order.time_in_force is TimeInForce.GTD:
            order = replace(order, expires_ms=pair.now + draw.randint(1, 60))
        if kind == "order":
            return order
        if kind == "cancel":
            return ("cancel", draw.randrange(20))
        if kind == "amend":
            return ("amend", draw.randrange(20), draw.choice([0, draw.randint(1, 12) * LOT]), draw.choice([0, self.price()]))
        if kind == "replace":
            return ("replace", draw.randrange(20), order)
        if kind == "oco":
            return self.oco(order)
        user = draw.choice(USERS)
        if kind == "all":
            return c.CancelAll(b"", user, "", draw.choice([None, Side.BUY, Side.SELL]))
        if kind == "credit":
            return c.Credit(b"", user, draw.choice(["BTC", "USDT"]), draw.randint(1, 10**9), b"")
        if kind == "debit":
            return c.Debit(b"", user, draw.choice(["BTC", "USDT"]), draw.randint(1, 10**9), b"")
        return c.SetStatus(b"", SYMBOL, draw.choice([SymbolStatus.ACTIVE, SymbolStatus.HALTED]), "test")

    def oco(self, first: c.PlaceOrder) -> c.PlaceOco:
        lots = self.random.randint(1, 12) * LOT
        fields = {"user_id": first.user_id, "side": first.side, "quantity": lots, "display_quantity": 0, "quote_quantity": 0}
        limit = {"type": OrderType.LIMIT, "price": self.price(), "stop_price": 0, "trail_bps": 0, "activation_price": 0}
        stop = {"type": OrderType.STOP, "price": 0, "stop_price": self.price(), "trail_bps": 0, "activation_price": 0, "post_only": False}
        plain = {"time_in_force": TimeInForce.GTC, "expires_ms": 0}
        legs = [replace(first, **fields, **limit, **plain), replace(self.order(), **fields, **stop, **plain)]
        self.random.shuffle(legs)
        return c.PlaceOco(b"", *legs)


@pytest.mark.parametrize("seed", range(24))
def test_long_flow(seed: int) -> None:
    flow = Flow(seed)
    pair = Pair(flow.random.choice([0, 15, 1_000]))
    for user in USERS:
        pair.both(c.Credit(b"", user, "BTC", 200 * LOT, b""))
        pair.both(c.Credit(b"", user, "USDT", 40 * UNITS_PER_ONE, b""))
    trades = 0
    note = pair.note

    def counting(number: int, event: Any) -> None:
        nonlocal trades
        trades += isinstance(event, e.Trade)
        note(number, event)

    pair.note = counting  # type: ignore[method-assign]
    for _ in range(250):
        pair.now += flow.random.randint(0, 5)
        step = flow.step(pair)
        if pair.naive.status is SymbolStatus.HALTED:
            step = c.SetStatus(b"", SYMBOL, SymbolStatus.ACTIVE, "test")
        pair.both(step)
    assert trades > 5
