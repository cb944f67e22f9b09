"""Speed of settlement and history: ``python -m tests.bench.bench_projections``. Prints figures; asserts nothing about time.

Starts a PostgreSQL of its own (or uses DATABASE_URL), makes a log of orders, cancels and fills with the model of the engine, and applies it
record by record in batches as the event pump and MSK hand them over. The goal is 2,000 orders a second for both together.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from functions.history.service import project
from functions.migrations import service as migrations
from functions.settlement.service import settle
from mycrypto import database
from mycrypto.contracts import events
from mycrypto.contracts.trading import Side
from mycrypto.ledger import EXTERNAL, Kind, verify
from mycrypto.ledger.crossing import Crossing, into_trading
from mycrypto_local.parts.postgres import Postgres
from mycrypto_local.parts.spawn import spawned
from mycrypto_local.ports import any_free
from tests.integration.conftest import EngineLog, Order

ONE = 10**8
USERS = 200
MIX = (("rest", 55), ("cancel", 25), ("take", 20))
Apply = Callable[[Connection, int, list[events.EventRecord]], object]


@contextmanager
def server() -> Iterator[str]:
    """DSN of a PostgreSQL to play with."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mycrypto-bench-", ignore_cleanup_errors=True)))
        folder.chmod(0o755)
        made = Postgres(folder, any_free(1)[0], "bench")
        made.prepare()
        stack.callback(made.remove)
        stack.enter_context(spawned(made.part(), folder / "postgres.log"))
        yield made.dsn


def fund(wallet: Connection, log: EngineLog, user: UUID) -> None:
    for currency, amount in (("TRY", 10**6 * ONE), ("BTC", 10**4 * ONE)):
        transfer_id = uuid4()
        with wallet.transaction():
            into_trading(
                wallet,
                Crossing(
                    transfer_id=transfer_id,
                    user_id=user,
                    currency=currency,
                    amount=amount,
                    kind=Kind.ADMIN_ADJUSTMENT,
                    reference=("ADMIN_ADJUSTMENT", transfer_id),
                    why="bench",
                ),
                source=EXTERNAL,
                moment=datetime.now(UTC),
            )
        log.transfer(transfer_id, user, currency, amount)


def flow(log: EngineLog, users: list[UUID], orders: int) -> tuple[list[events.EventRecord], int]:
    """A log of so many orders, one command per record, and how many trades are in it."""
    chance = random.Random(1)
    live: list[Order] = []
    placed = trades = 0
    while placed < orders:
        (step,) = chance.choices([name for name, _ in MIX], [weight for _, weight in MIX])
        user = chance.choice(users)
        if step == "rest" or not live:
            live.append(log.rest(user, Side.SELL, chance.randint(90, 110) * ONE, ONE // 10))
            placed += 1
            continue
        chosen = live.pop(chance.randrange(len(live)))
        if step == "cancel":
            log.cancel(chosen)
        elif chosen.user == user:
            live.append(chosen)
        else:
            log.take(user, chosen, ONE // 10)
            placed, trades = placed + 1, trades + 1
    log.totals()
    return log.take_records(), trades


def measure(connection: Connection, apply: Apply, records: list[events.EventRecord], batch: int) -> tuple[float, float]:
    """Seconds of wall and of this process's own time (the server's is the rest)."""
    wall, own = time.perf_counter(), time.process_time()
    for start in range(0, len(records), batch):
        with connection.transaction():
            apply(connection, 0, records[start : start + batch])
    return time.perf_counter() - wall, time.process_time() - own


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--batch", type=int, nargs="*", default=[20, 100, 500])
    options = parser.parse_args()
    with server() as dsn:
        for batch in options.batch:
            run(dsn, options.orders, batch)


def run(dsn: str, orders: int, batch: int) -> None:
    mark = uuid4().hex[:8]
    passwords = dict.fromkeys(migrations.ROLES, "bench")
    plans = [migrations.DatabasePlan(f"bench_{mark}_{plan.name}", plan.owner, plan.applications, plan.folder) for plan in migrations.PLANS]
    migrations.migrate(dsn, passwords, plans)

    def connect(plan: migrations.DatabasePlan, role: str) -> Connection:
        return database.connect(make_conninfo(dsn, dbname=plan.name, user=role, password=passwords[role]))

    log, users = EngineLog(time_ms=int(time.time() * 1000)), [uuid4() for _ in range(USERS)]
    with connect(plans[0], "wallet_app") as wallet:
        for user in users:
            fund(wallet, log, user)
    funding = log.take_records()
    records, trades = flow(log, users, orders)
    for name, plan, role, apply in (
        ("settlement", plans[0], "settlement_app", settle),
        ("history", plans[1], "trade_engine_app", project),
    ):
        with connect(plan, role) as connection:
            with connection.transaction():
                apply(connection, 0, funding)
            wall, own = measure(connection, apply, records, batch)
        print(
            f"{name:10} batches of {batch:4} records: {orders / wall:7,.0f} orders/s, {trades / wall:6,.0f} trades/s, "
            f"{wall / (len(records) / batch) * 1000:6.1f} ms a batch, {own / wall:4.0%} of it in Python"
        )
    with connect(plans[0], "wallet_app") as wallet:
        report = verify.run(wallet)
    print(f"{'books':10} {'balance' if report.ok else report.differences} after {report.postings:,} postings")
    with psycopg.connect(dsn, autocommit=True) as admin:
        for plan in plans:
            admin.execute(f"DROP DATABASE {plan.name} WITH (FORCE)".encode())


if __name__ == "__main__":
    main()
