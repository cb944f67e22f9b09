"""Traders who place, cancel and look up through either gateway, move money in and out, and remember every answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

import msgspec

from engine_container.gateway.auth import Caller
from engine_container.gateway.lookup import order_by_client_id
from functions.wallet.store.fiat_deposits import DepositRow
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderType, Side, TimeInForce
from mycrypto.database import CommitUnknownError
from mycrypto.errors import ProblemError
from mycrypto.money import to_numeric
from mycrypto.security.tokens import Identity, Role
from mycrypto_local.pump.invoker import NotInvokedError
from tests.simulation.ledger_tables import open_deposit
from tests.simulation.parts import ConnectionLost
from tests.simulation.platform import Platform

SYMBOL = "BTC/TRY"
UNIT = 10**8
FUNDS = 1_000 * UNIT
TRADERS = (1, 2, 3)
ACTIONS = 16
IBAN = "TR330006100519786457841326"


def user_of(number: int) -> bytes:
    return bytes([number]) * 16


@dataclass
class Memory:
    """What was answered. Names are client_order_ids; times are the loop's."""

    answers: list[tuple[int, list[e.Event]]] = field(default_factory=list)
    """The number of the first event, and the events, of each result."""
    placed: dict[str, int] = field(default_factory=dict)
    """Acknowledged orders by name, with their number."""
    ended: set[int] = field(default_factory=set)
    """Orders whose cancelling was acknowledged."""
    undone: set[str] = field(default_factory=set)
    """Answered 503: nothing was done."""
    unknown: set[str] = field(default_factory=set)
    missing: list[tuple[str, float]] = field(default_factory=list)
    """Answered 404, and when the question was asked."""
    withdrawn: set[UUID] = field(default_factory=set)
    """Acknowledged requests."""
    not_withdrawn: set[UUID] = field(default_factory=set)
    """Requests that were answered with an error: nothing was done."""
    reported: set[str] = field(default_factory=set)
    """Transfers whose report the platform has acknowledged."""
    beside: set[asyncio.Task[None]] = field(default_factory=set)
    """What traders and their bank have begun beside what they do next."""

    @property
    def count(self) -> int:
        return len(self.answers) + len(self.missing) + len(self.withdrawn) + len(self.reported)


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
            await asyncio.sleep(self._random.expovariate(3.5))
            name = f"{self._number}-{count}"
            drawn = self._random.random()
            if drawn < 0.6:
                await self._place(name)
                if self._random.random() < 0.5 or name in self._memory.unknown:
                    await self._look_up(name)
            elif drawn < 0.8:
                if own := sorted(name for name in self._memory.placed if name.startswith(f"{self._number}-")):
                    await self._cancel(self._random.choice(own))
            elif drawn < 0.9:
                await self._withdraw()
            else:
                await self._deposit(name)
            if self._random.random() < 0.5:  # beside what it does next
                self._begin(self._look_up(f"{self._number}-never-{count}"))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._platform.loop.create_task(work)
        self._memory.beside.add(task)
        task.add_done_callback(self._memory.beside.discard)

    def _any(self) -> Any:
        return self._random.choice(list(self._platform.gateways.values()))

    def _order(self, name: str) -> c.PlaceOrder:
        side = self._random.choice((Side.BUY, Side.SELL))
        price = (100 + self._random.randint(-2, 2)) * UNIT
        quantity = self._random.randint(1, 5) * UNIT // 10
        time_in_force = self._random.choice((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC))
        return c.PlaceOrder(
            self._random.randbytes(16), self._user, SYMBOL, side, OrderType.LIMIT, time_in_force, quantity, price, client_order_id=name
        )

    async def _place(self, name: str) -> None:
        names = [name, f"{name}+"] if self._random.random() < 0.2 else [name]
        orders = [self._order(each) for each in names]
        memory = self._memory
        try:
            answers = await self._any().ask(lambda gateway: gateway.submit(orders, name))
        except ConnectionLost:
            memory.unknown.update(names)
        except ProblemError as problem:
            (memory.undone if problem.kind.code == "SERVICE_UNAVAILABLE" else memory.unknown).update(names)
        else:
            for each, answer in zip(names, answers, strict=True):
                memory.answers.append((answer.first_seq, answer.result.events))
                for place, event in enumerate(answer.result.events):
                    if isinstance(event, e.OrderAccepted):
                        memory.placed[each] = answer.first_seq + place

    async def _cancel(self, name: str) -> None:
        number = self._memory.placed[name]
        cancel = c.CancelOrder(self._random.randbytes(16), self._user, number)
        try:
            (answer,) = await self._any().ask(lambda gateway: gateway.submit([cancel]))
        except (ConnectionLost, ProblemError):
            return
        self._memory.answers.append((answer.first_seq, answer.result.events))
        self._memory.ended.add(number)  # it was cancelled, or had ended before

    async def _look_up(self, name: str) -> None:
        asked = self._platform.loop.now
        try:
            await self._any().ask(lambda gateway: order_by_client_id(gateway, self._caller, name))
        except ConnectionLost:
            return
        except ProblemError as problem:
            if problem.kind.code == "ORDER_003":
                self._memory.missing.append((name, asked))

    async def _withdraw(self) -> None:
        functions = self._platform.world.functions
        withdrawal_id = UUID(bytes=self._random.randbytes(16))
        units = self._random.choice((10, 50, 2_000)) * UNIT
        try:
            await functions.call(lambda: functions.withdraw(UUID(bytes=self._user), withdrawal_id, units))
        except (NotInvokedError, CommitUnknownError):
            return  # OUTCOME_UNKNOWN at the front door
        except Exception:  # noqa: BLE001 - an error of the function: a 5xx that says that nothing was done
            self._memory.not_withdrawn.add(withdrawal_id)
        else:
            self._memory.withdrawn.add(withdrawal_id)

    async def _deposit(self, name: str) -> None:
        """Announced before, so that only the bank's report is under test; the bank says it until it is heard, and once more."""
        world = self._platform.world
        reference = self._reference()
        while any(row.reference == reference for row in world.server.tables.deposits.values()):
            reference = self._reference()  # the platform announces each once
        units = self._random.randint(1, 9) * 10 * UNIT
        now = world.functions.now()
        user = UUID(bytes=self._user)
        row = DepositRow(
            UUID(bytes=self._random.randbytes(16)), user, user, IBAN, "Ayse Yilmaz", "TRY", to_numeric(units), IBAN, reference, "PENDING",
            "t@example.com", now, now.replace(year=now.year + 1), None, None,
        )  # fmt: skip
        open_deposit(world.server.tables, row)
        transaction_id = f"0xab-{name}"
        world.bank.received[transaction_id] = units
        report = {
            "transaction_id": transaction_id, "reference": reference, "amount": f"{units // UNIT}.00", "sender_iban": IBAN,
            "sender_name": "Ayşe Yılmaz",
        }  # fmt: skip
        self._begin(self._report(report))

    def _reference(self) -> str:
        return f"DEP-20261130-{self._random.choice('ABCDEF')}{''.join(self._random.choices('GHIKMNPRTY', k=5))}"

    async def _report(self, report: dict[str, str]) -> None:
        spellings: tuple[Callable[[dict[str, str]], dict[str, str]], ...] = (
            lambda said: said,
            lambda said: said | {"transaction_id": f" {said['transaction_id'].upper()}\n"},
            lambda said: said | {"reference": f"gelen {said['reference'].lower().replace('-', ' ')} havale"},
        )
        functions = self._platform.world.functions
        again = 2
        while again:
            body = msgspec.json.encode(self._random.choice(spellings)(report))
            try:
                await functions.call(partial(functions.receive, body))
            except Exception:  # noqa: BLE001 - a bank tries again whatever the answer was
                await asyncio.sleep(0.2)
            else:
                self._memory.reported.add(report["transaction_id"])
                again -= 1
                await asyncio.sleep(self._random.uniform(0, 1.0))
