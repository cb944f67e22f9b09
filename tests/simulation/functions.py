"""The platform's functions as one process: settlement, history, the bank's webhook, withdrawals, payouts and the minute job.

Each runs from begin to end while nothing else does; it dies where the plan says, and its answer may be lost. An invocation that was given
up may run later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

import kafka.errors

from functions.history import handler as history
from functions.settlement import handler as settlement
from functions.wallet import fiat_deposits
from functions.withdrawals.service import Payouts
from mycrypto import cache, outbox
from mycrypto.context import ServiceContext
from mycrypto.database import Database
from mycrypto.ledger import Kind
from mycrypto.ledger.crossing import Crossing, out_of_trading
from mycrypto.outbox import KafkaSender, Relay, Waiting
from mycrypto.withdrawals import payouts, transitions
from mycrypto.withdrawals.rows import REFERENCE_TYPES, WithdrawalRow
from mycrypto_local.pump.invoker import FunctionFailedError, NotInvokedError
from tests.simulation.bank import Bank
from tests.simulation.broker import COMMANDS, Broker, Fate
from tests.simulation.database import DiedError, Server
from tests.simulation.loop import EPOCH, Process, VirtualLoop
from tests.simulation.statements import decoded

T = TypeVar("T")
MINUTE_JOB_SECONDS = 1.0
"""In place of a minute: histories are short."""
FEE = 200_000_000


class _Quiet:
    """A logger and a meter."""

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_, **__: None


def quiet() -> Any:
    return _Quiet()


class Producer:
    """In the place of ``mycrypto.log_producer.LogProducer``."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def append(self, *records: bytes) -> list[int]:
        """Raises ``KafkaError``, with all three outcomes possible."""
        broker = self._broker
        found = []
        for record in records:
            fate = Fate.REFUSED if broker.away or broker.stopped else broker.fate(COMMANDS)
            if fate is Fate.LATE:
                broker.loop.arrive_late(broker.random.uniform(0.05, 3.0), broker.append, COMMANDS, [record])
            elif fate is not Fate.REFUSED:
                found.append(broker.append(COMMANDS, [record]))
            if fate is not Fate.DONE:
                raise kafka.errors.KafkaTimeoutError
        return found


class Queue:
    """The queues. A message comes again until it is done with; ``losing``: some are accepted and gone."""

    def __init__(self, random: Random) -> None:
        self.payout_jobs: list[UUID] = []
        self.losing = 0.0
        self.filled = asyncio.Event()
        self._random = random

    def send(self, destination: str, rows: Sequence[Waiting]) -> list[UUID]:
        if destination == outbox.WITHDRAWALS:
            self.payout_jobs += [UUID(decoded(row.payload)["withdrawal_id"]) for row in rows if self._random.random() >= self.losing]
            self.filled.set()
        return [row.id for row in rows]


def _no_redis() -> Any:
    raise ConnectionError("balances are not cached here")


class _Resources:
    """Of a warm function."""

    def __init__(self, relay: Relay) -> None:
        self.database = Database("", application="simulated")
        self.cache = cache.Cache(_no_redis, clock=lambda: 0.0)
        self.relay = relay


class Functions:
    """All of them. ``away``: the emulator is."""

    def __init__(self, loop: VirtualLoop, random: Random, broker: Broker, server: Server, bank: Bank) -> None:
        self.loop = loop
        self.random = random
        self.server = server
        self.queue = Queue(random)
        self.away = False
        self.late = self.lost_answers = 0.0
        self.logger = nothing = quiet()
        producer: Any = Producer(broker)
        self.relay = Relay({"kafka": KafkaSender(producer), "sqs": self.queue}, lambda *_: None, clock=loop.time)
        self.resources = _Resources(self.relay)
        self.payouts = Payouts(
            db=self.resources.database, relay=self.relay, balances=self.resources.cache, bank=bank, signer=None, node=None,
            hot_wallet_limits={}, proof=timedelta(seconds=1), retry_seconds=0, logger=nothing, meter=nothing, clock=self.now,
            sleep=lambda _: None,
        )  # fmt: skip
        loop.spawn(Process("functions"), self._pay())
        loop.spawn(Process("schedule"), self._every_minute())

    def now(self) -> datetime:
        return datetime.fromtimestamp(EPOCH + self.loop.now, UTC)

    async def call(self, work: Callable[[], T]) -> T:
        """Raises what the work does; NotInvokedError where its outcome is unknown."""
        await asyncio.sleep(self.random.uniform(0.0005, 0.01))
        if self.away:
            raise NotInvokedError("away")
        if self.random.random() < self.late:
            self.loop.arrive_late(self.random.uniform(0.1, 2.0), self._run_late, work)
            raise NotInvokedError("no answer in time")
        try:
            found = work()
        except DiedError:
            raise NotInvokedError("the function died") from None
        if self.random.random() < self.lost_answers:
            raise NotInvokedError("the answer was lost")
        return found

    def _run_late(self, work: Callable[[], object]) -> None:
        try:
            work()
        except (Exception, DiedError):  # noqa: BLE001 - no caller is left to receive it
            return

    # mycrypto_local.pump.invoker.Invoker

    async def invoke(self, function: str, event: dict[str, Any]) -> None:
        chosen = settlement if "settlement" in function else history
        context: Any = None
        try:
            await self.call(lambda: chosen.handler(event, context))
        except NotInvokedError:
            raise
        except Exception as error:  # as the emulator tells it
            raise FunctionFailedError(repr(error)) from error

    async def give_up(self, *_: object) -> None:
        raise AssertionError("neither settlement nor history may give up")

    # the bank's and the users' requests

    def flush(self) -> None:
        """As every function does it, whose answer does not depend on it."""
        context: Any = self
        ServiceContext.flush(context)

    @property
    def db(self) -> Database:
        return self.resources.database

    def receive(self, body: bytes) -> str:
        """The bank's webhook."""
        context: Any = self
        return str(fiat_deposits.receive(context, body).outcome)

    def withdraw(self, user_id: UUID, withdrawal_id: UUID, units: int) -> None:
        """The end of a request to withdraw: its rules are not in the simulation."""
        row = _withdrawal(user_id, withdrawal_id, units, self.now())
        with self.db.transaction() as connection:
            transitions.ask(connection, row)
            crossing = Crossing(
                transfer_id=row.id, user_id=user_id, currency="TRY", amount=row.total_units, kind=Kind.WITHDRAWAL,
                reference=(REFERENCE_TYPES["FIAT"], row.id), why="Banka hesabına çekme",
            )  # fmt: skip
            out_of_trading(connection, crossing, fee=row.fee_units)
        self.flush()

    # what runs by itself

    async def _pay(self) -> None:
        """Take jobs from the queue of payouts; one that failed comes again."""
        while True:
            if not self.queue.payout_jobs:
                self.queue.filled.clear()
                await self.queue.filled.wait()
            await asyncio.sleep(0.1)
            for job in list(self.queue.payout_jobs):
                try:
                    await self.call(lambda job=job: self.payouts.advance(job))  # type: ignore[misc] # a default of a lambda has no type
                except Exception:  # noqa: BLE001 - the message stays
                    continue
                self.queue.payout_jobs.remove(job)

    async def _every_minute(self) -> None:
        while True:
            await asyncio.sleep(MINUTE_JOB_SECONDS)
            try:
                await self.call(self._maintain)
            except Exception:  # noqa: BLE001 - it runs again
                continue

    def _maintain(self) -> None:
        with self.db.transaction() as connection:
            payouts.queue_due(connection, self.now(), rows_max=10)
        self.flush()


def _withdrawal(user_id: UUID, withdrawal_id: UUID, units: int, now: datetime) -> WithdrawalRow:
    from mycrypto.money import to_numeric

    blank: dict[str, Any] = dict.fromkeys(WithdrawalRow._fields)
    return WithdrawalRow(
        **blank
        | {
            "id": withdrawal_id, "user_id": user_id, "kind": "FIAT", "currency": "TRY", "amount": to_numeric(units - FEE),
            "platform_fee": to_numeric(FEE), "network_fee": to_numeric(0), "destination": "TR330006100519786457841326",
            "network": "BANK", "status": "PENDING", "requires_approval": False, "approvals_required": 0, "email": "t@example.com",
            "confirmations": 0, "created_at": now, "updated_at": now,
        }
    )  # fmt: skip
