"""Trades that settlement books, by the same kind of schedule: a trade is due when the engine would have made it, and done when its batch is committed.

A process of its own calls the function's service as its handler does, one transaction a batch, on a database of its own in the platform's PostgreSQL. The
emulator's way of calling a function is left out: it serves the development of functions, and its speed says nothing about theirs.
"""

from __future__ import annotations

import time
from multiprocessing.connection import Connection as Pipe
from typing import Final
from uuid import UUID, uuid4

import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from functions.migrations import service as migrations
from functions.settlement.service import settle
from mycrypto import database
from mycrypto.contracts import events
from mycrypto.ledger import verify
from tests.bench.bench_projections import fund
from tests.bench.bench_settlement import trades
from tests.integration.conftest import EngineLog
from tests.load.generator import GRACE_SECONDS, Measured, percentiles
from tests.load.kinds import KINDS
from tests.load.rules import due

KIND: Final = KINDS["settlement"]
USERS: Final = 100
BATCH: Final = 2_000
RECORDS: Final = 51 / 50
"""For each trade: an order that rests is met by fifty."""


class Ledger:
    """A ledger to book into, with users who have money; gone at the end."""

    def __init__(self, admin_dsn: str, passwords: dict[str, str]) -> None:
        self._admin_dsn = admin_dsn
        self._name = f"load_{uuid4().hex[:8]}"
        plan = next(plan for plan in migrations.PLANS if plan.name == "exchange_dev")
        migrations.migrate(admin_dsn, passwords, [migrations.DatabasePlan(self._name, plan.owner, plan.applications, plan.folder)])
        self._passwords = passwords
        self._log = EngineLog(time_ms=int(time.time() * 1000))
        self._users: list[UUID] = [uuid4() for _ in range(USERS)]
        with self._connected("wallet_app") as wallet:
            for user in self._users:
                fund(wallet, self._log, user)
        with self._connected("settlement_app") as connection, connection.transaction():
            settle(connection, 0, self._log.take_records())

    def _connected(self, role: str) -> Connection:
        return database.connect(make_conninfo(self._admin_dsn, dbname=self._name, user=role, password=self._passwords[role]))

    def hold(self, rate: float, seconds: float) -> Measured:
        """So many trades a second, and the orders that rest for them."""
        records = trades(self._log, self._users, round(rate * seconds * RECORDS))
        with self._connected("settlement_app") as connection:
            return _hold(connection, records, rate, seconds)

    def differences(self) -> list[str]:
        with self._connected("wallet_app") as wallet:
            return [str(each) for each in verify.run(wallet).differences]

    def drop(self) -> None:
        with psycopg.connect(self._admin_dsn, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self._name)))


def _hold(connection: Connection, records: list[events.EventRecord], rate: float, seconds: float) -> Measured:
    """What is left when the grace is over is booked all the same, because the log has no gaps, and counts as unanswered."""
    microseconds: list[int] = []
    processor, started = time.process_time(), time.perf_counter()
    done, in_time, now = 0, 0, started
    while done < len(records) and now < started + seconds + GRACE_SECONDS:
        ready = min(int((now - started) * len(records) / seconds) + 1, len(records))
        if ready == done:
            time.sleep(max(0.0, due(started, len(records) / seconds, done) - now))
        else:
            batch = records[done : min(ready, done + BATCH)]
            with connection.transaction():
                settle(connection, 0, batch)
            now = time.perf_counter()
            microseconds += _waited(now, started, len(records) / seconds, done, done + len(batch))
            done += len(batch)
            in_time += len(batch) if now <= started + seconds + KIND.limits.p99_ms / 1_000 else 0
        now = time.perf_counter()
    busy = (time.process_time() - processor) / (now - started)
    microseconds += _waited(now, started, len(records) / seconds, done, len(records))
    for start in range(done, len(records), BATCH):
        with connection.transaction():
            settle(connection, 0, records[start : start + BATCH])
    return Measured(len(records), done, rate * in_time / len(records), percentiles(microseconds), busy)


def _waited(now: float, started: float, rate: float, first: int, end: int) -> list[int]:
    """Microseconds since each was due."""
    return [int((now - due(started, rate, number)) * 1e6) for number in range(first, end)]


def serve(pipe: Pipe, admin_dsn: str, passwords: dict[str, str]) -> None:
    """The process: a step for each (rate, seconds), until it is told ``None``; then what differs in the books."""
    ledger = Ledger(admin_dsn, passwords)
    try:
        while (wanted := pipe.recv()) is not None:
            try:
                pipe.send(ledger.hold(*wanted))
            except Exception as error:  # noqa: BLE001 - the run says what it was, and ends
                pipe.send(repr(error))
        pipe.send(ledger.differences())
    finally:
        ledger.drop()
