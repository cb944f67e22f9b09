"""Traders who place, cancel and look up, through either gateway, and remember every answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

from engine_container.gateway.auth import Caller
from engine_container.gateway.lookup import order_by_client_id
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderType, Side, TimeInForce
from mycrypto.errors import ProblemError
from mycrypto.security.tokens import Identity, Role
from tests.simulation.platform import ConnectionLost, Platform

SYMBOL = "BTC/USDT"
UNIT = 10**8
FUNDS = 1_000 * UNIT
TRADERS = (1, 2, 3)
ACTIONS = 25


def user_of(number: int) -> bytes:
    return bytes([number]) * 16


@dataclass
class Memory:
    """What was answered. Names are client_order_ids; times are the broker's."""

    placed: dict[str, int] = field(default_factory=dict)
    """Acknowledged orders by name, with their number."""
    ended: set[int] = field(default_factory=set)
    """Orders whose cancelling was acknowledged."""
    undone: set[str] = field(default_factory=set)
    """Answered 503: nothing was done."""
    unknown: set[str] = field(default_factory=set)
    missing: list[tuple[str, int]] = field(default_factory=list)
    """Answered 404, and when the question was asked."""


class Trader:
    def __init__(self, platform: Platform, memory: Memory, number: int, random: Random) -> None:
        self._platform = platform
        self._memory = memory
        self._number = number
        self._random = random
        self._user = user_of(number)
        self._caller = Caller(self._user, Identity(UUID(bytes=self._user), "t@example.com", (Role.USER,)))

    async def trade(self) -> None:
        for count in range(ACTIONS):
            await asyncio.sleep(self._random.expovariate(3))
            name = f"{self._number}-{count}"
            if self._random.random() < 0.7:
                await self._place(name)
                if self._random.random() < 0.5 or name in self._memory.unknown:
                    await self._look_up(name)
            elif own := sorted(name for name in self._memory.placed if name.startswith(f"{self._number}-")):
                await self._cancel(self._random.choice(own))
            if self._random.random() < 0.1:
                await self._look_up(f"{self._number}-never-{count}")

    def _any(self) -> str:
        return self._random.choice(sorted(self._platform.gateways))

    async def _place(self, name: str) -> None:
        side = self._random.choice((Side.BUY, Side.SELL))
        price = (100 + self._random.randint(-2, 2)) * UNIT
        quantity = self._random.randint(1, 5) * UNIT // 10
        order = c.PlaceOrder(
            self._random.randbytes(16), self._user, SYMBOL, side, OrderType.LIMIT, TimeInForce.GTC, quantity, price, client_order_id=name
        )
        memory = self._memory
        try:
            (answer,) = await self._platform.gateways[self._any()].ask(lambda gateway: gateway.submit([order], name))
        except ConnectionLost:
            memory.unknown.add(name)
        except ProblemError as problem:
            (memory.undone if problem.kind.code == "SERVICE_UNAVAILABLE" else memory.unknown).add(name)
        else:
            for place, event in enumerate(answer.result.events):
                if isinstance(event, e.OrderAccepted):
                    memory.placed[name] = answer.first_seq + place

    async def _cancel(self, name: str) -> None:
        number = self._memory.placed[name]
        cancel = c.CancelOrder(self._random.randbytes(16), self._user, number)
        try:
            await self._platform.gateways[self._any()].ask(lambda gateway: gateway.submit([cancel]))
        except (ConnectionLost, ProblemError):
            return
        self._memory.ended.add(number)  # it was cancelled, or had ended before

    async def _look_up(self, name: str) -> None:
        asked_ms = self._platform.broker.now_ms()
        try:
            await self._platform.gateways[self._any()].ask(lambda gateway: order_by_client_id(gateway, self._caller, name))
        except ConnectionLost:
            return
        except ProblemError as problem:
            if problem.kind.code == "ORDER_003":
                self._memory.missing.append((name, asked_ms))
