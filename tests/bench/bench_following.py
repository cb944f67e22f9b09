"""Do ledger and history keep up? ``python -m tests.bench.bench_following [--rate R] [--seconds S] [--json]``.

Orders flow through the real order path, in small batches over HTTP, while settlement and history apply the events to a PostgreSQL of their own:
each in a process of its own that reads the event log and calls the function's service once a batch, in one transaction, as the handlers do.
Lag is the time from the broker's time of a command to the commit of its last effect. The Lambda emulator is left out: it serves the
development of functions, and its own speed says nothing about theirs.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from multiprocessing.connection import Connection as Pipe

import uvloop
from psycopg import Connection
from psycopg.conninfo import make_conninfo

from engine_container.logs.connection import BrokerSettings
from engine_container.logs.kafka_events import KafkaEventLog
from functions.history.service import project
from functions.migrations import service as migrations
from functions.settlement.service import settle
from mycrypto import database
from mycrypto.contracts import events
from mycrypto.ledger import EXTERNAL, Kind
from mycrypto.ledger.crossing import Crossing, into_trading
from tests.bench import stack as order_path
from tests.bench.bench_gateway import BODIES
from tests.bench.bench_projections import server
from tests.bench.client import Http
from tests.bench.figures import Figure, Figures, busy, spread
from tests.bench.stack import Funding, Spent, Stack

CONNECTIONS = 16
PER_REQUEST = 10
PASSWORD = "bench"
APPLY = {"settlement": settle, "history": project}
READY, BEGIN, STOP = "ready", "begin", "stop"


def follow(name: str, dsn: str, bootstrap: str, pipe: Pipe) -> None:
    """A process: applies events until it is told to stop, then gives the lags in milliseconds, one a batch."""
    uvloop.run(_follow(name, dsn, bootstrap, pipe))


async def _follow(name: str, dsn: str, bootstrap: str, pipe: Pipe) -> None:
    log = KafkaEventLog(BrokerSettings(bootstrap, client_id=name), 0)
    await log.open(None)
    lags_ms: list[float] = []
    with database.connect(dsn) as connection:
        pipe.send(READY)
        while True:
            if pipe.poll():
                if pipe.recv() == STOP:
                    break
                lags_ms.clear()  # what was there before the measurement began is no lag
            records = [events.decode_record(record.payload) for record in await log.read()]
            if records:
                with connection.transaction():
                    APPLY[name](connection, 0, records)
                lags_ms.append(time.time_ns() / 1e6 - records[-1].time_ms)
    await log.close()
    pipe.send(lags_ms)


def prepared(dsn: str, funding: list[Funding]) -> dict[str, str]:
    """Databases with their tables, and the ledger's side of the users' money; the connection string of each follower."""
    passwords = dict.fromkeys(migrations.ROLES, PASSWORD)
    migrations.migrate(dsn, passwords, migrations.PLANS)

    def of(plan: migrations.DatabasePlan, role: str) -> str:
        return make_conninfo(dsn, dbname=plan.name, user=role, password=PASSWORD)

    wallet, trade = migrations.PLANS
    with database.connect(of(wallet, "wallet_app")) as connection:
        for transfer in funding:
            _book(connection, transfer)
    return {"settlement": of(wallet, "settlement_app"), "history": of(trade, "trade_engine_app")}


def _book(connection: Connection, transfer: Funding) -> None:
    crossing = Crossing(
        transfer_id=transfer.transfer_id,
        user_id=transfer.user_id,
        currency=transfer.asset,
        amount=transfer.units,
        kind=Kind.ADMIN_ADJUSTMENT,
        reference=("ADMIN_ADJUSTMENT", transfer.transfer_id),
        why="bench",
    )
    with connection.transaction():
        into_trading(connection, crossing, source=EXTERNAL, moment=datetime.now(UTC))


async def flow(stack: Stack, rate: int, seconds: int) -> int:
    """Orders at a steady rate; how many were taken."""
    connections = [await Http.open(stack.port, stack.tokens[number % len(stack.tokens)]) for number in range(CONNECTIONS)]
    taken = 0
    started = time.perf_counter()

    async def one(place: int) -> None:
        nonlocal taken
        every = CONNECTIONS * PER_REQUEST / rate
        for number in range(int(seconds / every)):
            await asyncio.sleep(started + (number + place / CONNECTIONS) * every - time.perf_counter())
            first = (number * CONNECTIONS + place) * 11
            orders = b",".join(BODIES[(first + item) % len(BODIES)] for item in range(PER_REQUEST))
            _, body = await connections[place].post("/api/v1/orders/batch", b'{"orders":[' + orders + b"]}")
            taken += body.count(b'"status":201')

    await asyncio.gather(*(one(place) for place in range(CONNECTIONS)))
    return taken


def measure(stack: Stack, dsn: str, rate: int, seconds: int, figures: Figures) -> None:
    own = prepared(dsn, stack.funding)
    context = multiprocessing.get_context("spawn")
    pipes: dict[str, Pipe] = {}
    pids = dict(stack.pids)
    with ExitStack() as started:
        for name, target in own.items():
            pipes[name], theirs = context.Pipe()
            process = context.Process(target=follow, args=(name, target, stack.bootstrap, theirs), daemon=True)
            process.start()
            started.callback(process.kill)
            assert pipes[name].recv() == READY
            pids[name] = process.pid or 0
        uvloop.run(flow(stack, rate, 3))
        for pipe in pipes.values():
            pipe.send(BEGIN)
        spent = Spent(pids)
        began = time.perf_counter()
        orders = uvloop.run(flow(stack, rate, seconds))
        reached = orders / (time.perf_counter() - began)
        cpu = spent.per(orders)
        time.sleep(1)
        for name, pipe in pipes.items():
            pipe.send(STOP)
            lags = sorted(pipe.recv())
            figures.add(
                Figure(
                    f"lag of {name} at {rate:,} orders/s, max",
                    spread(lags)["max"],
                    "ms",
                    1_000,
                    False,
                    {**spread(lags), "batches": len(lags), "orders/s": round(reached)},
                    cpu,
                    busy(cpu, reached),
                )
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=2_000, help="orders a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    options = parser.parse_args()
    with server() as dsn, order_path.running() as stack:
        measure(stack, dsn, options.rate, options.seconds, Figures(as_json=options.json))


if __name__ == "__main__":
    main()
