"""The standard mix: 51 % passive adds, 39 % cancels of a random live order, 10 % marketable, about 2,000 live orders.

Every rule is on: funds, fees, limits at their defaults, bands, idempotency, events. The commands are made by playing them once against
the core, so that cancels name live orders; what is measured runs on a fresh state.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from engine_container.core.entities import Event
from engine_container.core.machine import advance, apply
from engine_container.core.state import State
from engine_container.core.vocabulary import TAG_ACCEPTED, TAG_CLOSED
from mycrypto.contracts.commands import CancelOrder, Command, Credit, PlaceOrder, SetSymbol, SetUser
from mycrypto.contracts.trading import OrderType, Side, TimeInForce
from mycrypto.money import UNITS_PER_ONE

SYMBOL = "BTC/USDT"
TICK = UNITS_PER_ONE // 100
LOT = UNITS_PER_ONE // 10_000
MID_TICKS = 5_000_000
COMMANDS_PER_RECORD = 64
START_MS = 1_800_000_000_000
USDT_OF_ALL = 50_000_000_000
"""What the users share: an asset has no more than the integers of the logs hold."""


@dataclass
class Mix:
    """Commands in records; ``prepare`` lists the symbol, funds the users and places the first live orders."""

    prepare: list[Command] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    fills: int = 0
    live: int = 0


class _Maker:
    def __init__(self, seed: int, users: int, levels: int, per_user: int | None) -> None:
        self.random = random.Random(seed)
        self.state = State()
        self.users = [self.random.randbytes(16) for _ in range(users)]
        self.levels = levels
        self.live: list[tuple[bytes, int]] = []
        self.places: dict[int, int] = {}
        self.clients = 0
        self.mix = Mix()
        self.send(
            SetSymbol(self.id(), SYMBOL, "BTC", "USDT", TICK, LOT, LOT, 100 * UNITS_PER_ONE, 10 * UNITS_PER_ONE, 1_000, 500, 1_000, 1_000),
            self.mix.prepare,
        )
        for user in self.users:
            if per_user is not None:
                self.send(SetUser(self.id(), user, per_user, per_user), self.mix.prepare)
            for asset, amount in (("BTC", 10_000), ("USDT", USDT_OF_ALL // users)):
                self.send(Credit(self.id(), user, asset, amount * UNITS_PER_ONE, self.id()), self.mix.prepare)

    def id(self) -> bytes:
        return self.random.randbytes(16)

    def send(self, command: Command, to: list[Command]) -> None:
        number = self.state.next_seq
        events = apply(self.state, command, START_MS)
        to.append(command)
        self.note(number, events)

    def note(self, first: int, events: list[Event]) -> None:
        for number, event in enumerate(events, first):
            if event[0] == TAG_ACCEPTED:
                assert isinstance(event[1], bytes)
                self.places[number] = len(self.live)
                self.live.append((event[1], number))
            elif event[0] == TAG_CLOSED:
                assert isinstance(event[1], int)
                self.forget(event[1])

    def forget(self, number: int) -> None:
        place = self.places.pop(number)
        last = self.live.pop()
        if last[1] != number:
            self.live[place] = last
            self.places[last[1]] = place

    def order(self, side: Side, ticks: int, lots: int) -> PlaceOrder:
        self.clients += 1
        user = self.users[self.random.randrange(len(self.users))]
        return PlaceOrder(self.id(), user, SYMBOL, side, OrderType.LIMIT, TimeInForce.GTC, lots * LOT, ticks * TICK, f"c{self.clients}")

    def passive(self) -> PlaceOrder:
        side = Side.BUY if self.random.random() < 0.5 else Side.SELL
        away = 1 + self.random.randrange(self.levels)
        return self.order(side, MID_TICKS - away if side is Side.BUY else MID_TICKS + away, self.random.randrange(100, 300))

    def marketable(self) -> PlaceOrder:
        side = Side.BUY if self.random.random() < 0.5 else Side.SELL
        ticks = MID_TICKS + self.levels if side is Side.BUY else MID_TICKS - self.levels
        order = self.order(side, ticks, self.random.randrange(100, 380))
        return PlaceOrder(
            order.command_id,
            order.user_id,
            SYMBOL,
            side,
            OrderType.LIMIT,
            TimeInForce.IOC,
            order.quantity,
            order.price,
            order.client_order_id,
        )

    def step(self) -> None:
        draw = self.random.random()
        if draw < 0.51:
            command: Command = self.passive()
        elif draw < 0.90 and self.live:
            user, number = self.live[self.random.randrange(len(self.live))]
            command = CancelOrder(self.id(), user, number)
        else:
            command = self.marketable()
        self.send(command, self.mix.commands)


def make_mix(count: int, *, live: int = 2_000, users: int = 1_000, levels: int = 100, per_user: int | None = None, seed: int = 7) -> Mix:
    """``count`` commands over a book that begins with ``live`` orders over ``2 * levels`` prices."""
    maker = _Maker(seed, users, levels, per_user)
    while len(maker.live) < live:
        maker.send(maker.passive(), maker.mix.prepare)
    for _ in range(count):
        maker.step()
    maker.mix.live = len(maker.live)
    return maker.mix


def prepared(mix: Mix) -> State:
    """A fresh state on which the mix can run."""
    state = State()
    for command in mix.prepare:
        apply(state, command, START_MS)
    advance(state, START_MS)
    return state
