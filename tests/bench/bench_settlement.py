"""Trades that settlement books in a second, as the ledger grows: ``python -m tests.bench.bench_settlement --postings 10000000``. Asserts nothing about time.

A PostgreSQL of its own (or DATABASE_URL), its data on the disk of the machine, takes batches of trades as the event pump hands them over. Each trade has four
moves, seven postings. One line is printed for each million of postings, with the processor time of a trade, which
says what a busy machine hides: the goals are 10,000 trades a second, and the same at ten million.
"""

from __future__ import annotations

import argparse
import random
import time
from uuid import UUID, uuid4

import psutil
import psycopg
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from functions.migrations import service as migrations
from functions.settlement.service import settle
from mycrypto import database
from mycrypto.contracts import events
from mycrypto.contracts.trading import Side
from mycrypto.ledger import verify
from tests.bench.bench_projections import ONE, fund, server
from tests.integration.conftest import EngineLog

USERS = 500
CHUNK = 10_000
"""Trades that are made before the clock runs again."""
PRINTED = 1_000_000


def trades(log: EngineLog, users: list[UUID], count: int) -> list[events.EventRecord]:
    """One record for each trade. Orders to sell are large, so that there are few besides."""
    chance, size = random.Random(log.seq), ONE // 1000
    made: list[events.EventRecord] = []
    while len(made) < count:
        maker = log.rest(chance.choice(users), Side.SELL, chance.randint(90, 110) * ONE, 50 * size)
        for _ in range(50):
            log.take(chance.choice([user for user in users[:20] if user != maker.user]), maker, size)
        made += log.take_records()
    return made


def postings(connection: Connection) -> int:
    row = connection.execute("SELECT count(*) FROM ledger_postings").fetchone()
    return int(row[0]) if row else 0


def processor_seconds(connection: Connection) -> float:
    """Of the backend of this connection, which runs on this machine."""
    return float(sum(psutil.Process(connection.info.backend_pid).cpu_times()[:2]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postings", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=60, help="after which it ends where it is")
    options = parser.parse_args()
    with server() as dsn:
        run(dsn, options.postings, options.batch, options.minutes * 60)


def run(dsn: str, wanted: int, batch: int, seconds: float) -> None:
    name, passwords = f"bench_{uuid4().hex[:8]}", dict.fromkeys(migrations.ROLES, "bench")
    plan = next(plan for plan in migrations.PLANS if plan.name == "exchange_dev")
    migrations.migrate(dsn, passwords, [migrations.DatabasePlan(name, plan.owner, plan.applications, plan.folder)])
    log, users = EngineLog(time_ms=int(time.time() * 1000)), [uuid4() for _ in range(USERS)]
    with database.connect(make_conninfo(dsn, dbname=name, user="wallet_app", password="bench")) as wallet:
        for user in users:
            fund(wallet, log, user)
    with database.connect(make_conninfo(dsn, dbname=name, user="settlement_app", password="bench")) as connection:
        with connection.transaction():
            settle(connection, 0, log.take_records())
        end = time.monotonic() + seconds
        there = postings(connection)
        while there < wanted and time.monotonic() < end:
            settled, wall, own, theirs, before = 0, 0.0, 0.0, 0.0, there
            while there - before < PRINTED and there < wanted and time.monotonic() < end:
                records = trades(log, users, CHUNK)
                started, processed, backend = time.perf_counter(), time.process_time(), processor_seconds(connection)
                for start in range(0, len(records), batch):
                    with connection.transaction():
                        settled += settle(connection, 0, records[start : start + batch]).trades
                wall, own = wall + time.perf_counter() - started, own + time.process_time() - processed
                theirs += processor_seconds(connection) - backend
                there = postings(connection) if settled % (10 * CHUNK) == 0 else there + CHUNK * 7
            there = postings(connection)
            print(
                f"{there:12,} postings: {settled / wall:7,.0f} trades/s; processor time of a trade: {own / settled * 1e6:.0f} us in Python, "
                f"{theirs / settled * 1e6:.0f} us in PostgreSQL's backend",
                flush=True,
            )
    with database.connect(make_conninfo(dsn, dbname=name, user="wallet_app", password="bench")) as wallet:
        wallet.execute("SET statement_timeout = 0")
        report = verify.run(wallet)
    print(f"books {'balance' if report.ok else report.differences} after {report.postings:,} postings")
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


if __name__ == "__main__":
    main()
