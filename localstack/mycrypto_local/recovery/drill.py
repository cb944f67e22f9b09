"""The drill: a platform of its own with traffic, backed up, struck down in the middle of it, restored, and held against its witness."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.conninfo import make_conninfo

from engine_container.logs.connection import BrokerSettings
from engine_container.tools import restore
from engine_container.tools.replay import Place, replay_log
from mycrypto.contracts.commands import Tick, decode_record
from mycrypto.ids import SHARD_SPOT
from mycrypto_local import addresses, local_secrets
from mycrypto_local.actors import Exchange
from mycrypto_local.client import Api, Trader
from mycrypto_local.deployment import Deployment
from mycrypto_local.parts.postgres import Postgres
from mycrypto_local.platform import Platform
from mycrypto_local.progress import Progress
from mycrypto_local.recovery.backup import DATABASES, Backup
from mycrypto_local.recovery.disaster import strike
from mycrypto_local.recovery.witness import Witness, trades_in
from mycrypto_local.running import Running
from mycrypto_local.servers import Servers
from mycrypto_local.supervision import last_words
from mycrypto_local.traffic import mix
from mycrypto_local.verify import verify

RTO_GOAL_SECONDS: Final = 30 * 60
RPO_GOAL_SECONDS: Final = 6 * 3600
PATIENCE_SECONDS: Final = 120
SEED: Final = 7
DIFFERENCES_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Course:
    """How much happens: users, requests a second, and seconds of traffic before and after the databases are dumped."""

    users: int = 6
    rate_per_s: float = 40
    seconds_before: float = 8
    seconds_after: float = 12


@dataclass(slots=True)
class DrillReport:
    """What was reached. Seconds are wall time on this machine; people who notice and decide come on top."""

    rto_seconds: float = 0
    """From the disaster until an order was acknowledged, and ledger and history stood at the end of the log."""
    trading_after_seconds: float = 0
    rpo_seconds: float = 0
    """The time from the last archived record to the disaster: what was acknowledged in it is lost."""
    commands_lost: int = 0
    commands_restored: int = 0
    records_restored: int = 0
    events_compared: int = 0
    trades_compared: int = 0
    balances_compared: int = 0
    dump_bytes: int = 0
    state_hash: str = ""
    differences: list[str] = field(default_factory=list)

    @property
    def reached(self) -> bool:
        """Nothing differs, and both goals are met."""
        return not self.differences and self.rto_seconds <= RTO_GOAL_SECONDS and self.rpo_seconds <= RPO_GOAL_SECONDS


@dataclass(slots=True)
class _Lost:
    """What is remembered of the lost platform."""

    witness: Witness
    traders: list[Trader]
    struck_ms: int
    struck_at: float


class Drill:
    """One drill in a folder of its own: ``platform/`` is destroyed and made again, ``backup/`` is what survives."""

    def __init__(self, folder: Path, course: Course, progress: Progress) -> None:
        self._course = course
        self._progress = progress
        self._state = folder / "platform"
        self._backup = Backup(folder / "backup")
        self._report = DrillReport()
        self._ports = addresses.own()
        self._platform = self._new_platform()

    def run(self) -> DrillReport:
        """All of it; the platform is gone afterwards, whatever happened."""
        try:
            with self._progress.shown():
                with self._progress.step("a platform"):
                    self._platform.up()
                lost = asyncio.run(self._until_disaster(Running.load(self._state)))
                plan, running = self._restore()
                asyncio.run(self._prove(running, lost, plan))
        except Exception as error:
            error.add_note(last_words(self._state))
            raise
        finally:
            self._platform.reset()
        return self._report

    def _new_platform(self) -> Platform:
        return Platform.own(self._state, usual_ports=self._ports)

    # --- before

    async def _until_disaster(self, running: Running) -> _Lost:
        witness = Witness(running.kafka_bootstrap, SHARD_SPOT)
        watching = asyncio.create_task(witness.watch())
        course = self._course
        async with Api(running.base_url, connections_max=mix.IN_FLIGHT_MAX) as api:
            exchange = Exchange(api, running.webhooks)
            with self._progress.step("users with money") as step:
                traders = await exchange.funded_traders("traffic", course.users, mix.FUNDS, step.says)
            flow = mix.Mix(exchange, traders, seed=SEED)
            with self._progress.step("traffic") as step:
                await flow.run(rate_per_s=course.rate_per_s, seconds=course.seconds_before, told=step.says)
            endless = asyncio.create_task(flow.run(rate_per_s=course.rate_per_s, seconds=PATIENCE_SECONDS, told=lambda _: None))
            with self._progress.step("backup") as step:
                servers = Servers.of(self._state, running.ports, local_secrets.read(self._state))
                await asyncio.to_thread(self._backup.take_secrets, self._state)
                self._report.dump_bytes = await asyncio.to_thread(self._backup.take_databases, _postgres(servers))
                step.says(f"both databases while orders flow, {self._report.dump_bytes:,} bytes")
            with self._progress.step("more traffic") as step:
                await asyncio.sleep(course.seconds_after)
                step.says("into the archive, not into the dumps")
            with self._progress.step("disaster") as step:
                struck_ms, struck_at = time.time_ns() // 1_000_000, time.monotonic()
                deployment = Deployment(self._state, servers.emulator.client_environment, servers.context(running.base_url))
                archived = await asyncio.to_thread(self._strike, deployment)
                step.says(f"all processes killed, all state deleted; the archive holds {archived:,} records")
            for task in (endless, watching):
                task.cancel()
            await asyncio.gather(endless, watching, return_exceptions=True)
        return _Lost(witness, traders, struck_ms, struck_at)

    def _strike(self, deployment: Deployment) -> int:
        ends: list[int] = []
        strike(self._platform, lambda: ends.append(self._backup.take_log(deployment, SHARD_SPOT)))
        return ends[0]

    # --- after

    def _restore(self) -> tuple[restore.Plan, Running]:
        plans: list[restore.Plan] = []

        def into_empty_servers(servers: Servers, deployment: Deployment) -> None:
            with self._progress.step("databases"):
                self._backup.give_databases(_postgres(servers))
            with self._progress.step("command log") as step:
                dsns = [make_conninfo(servers.admin_dsn, dbname=name) for name in DATABASES]
                plan = restore.survey(self._backup.log, SHARD_SPOT, *dsns)
                restore.fill(
                    self._backup.log,
                    SHARD_SPOT,
                    plan.place.next_offset,
                    servers.bootstrap,
                    told=lambda done: step.says(f"{done:,} records"),
                )
                again = restore.send_again(self._backup.log, SHARD_SPOT, plan.place.next_offset, dsns[0])
                self._backup.give_log(deployment, SHARD_SPOT)
                step.says(f"{plan.place.next_offset:,} records, {again} transfers sent again")
            plans.append(plan)

        with self._progress.step("new platform"):
            self._backup.give_secrets(self._state)
            self._platform = self._new_platform()
            self._platform.up(before_processes=into_empty_servers)
        return plans[0], Running.load(self._state)

    async def _prove(self, running: Running, lost: _Lost, plan: restore.Plan) -> None:
        report = self._report
        with self._progress.step("trading again"):
            await self._order(running, lost.traders[0])
            report.trading_after_seconds = round(time.monotonic() - lost.struck_at, 1)
        with self._progress.step("ledger verify") as step:
            books = await verify(running)
            report.rto_seconds = round(time.monotonic() - lost.struck_at, 1)
            report.balances_compared = books.balances
            report.differences += books.differences
            step.says(f"{books.commands:,} commands, {books.balances} balances, {books.ledger_postings:,} postings")
        with self._progress.step("witness") as step:
            seen = Witness(running.kafka_bootstrap, SHARD_SPOT)
            await seen.read(plan.place.next_offset, plan.place.next_seq)
            report.differences += compare(lost.witness, seen, plan.place)
            step.says(f"{plan.place.next_offset:,} records and {plan.place.next_seq - 1:,} events, byte for byte")
        with self._progress.step("engine state"):
            report.differences += await self._engine_differs(running)
        told = lost.witness.events_before(plan.place.next_seq)
        report.events_compared, report.trades_compared = plan.place.next_seq - 1, trades_in(told)
        report.differences += await asyncio.to_thread(_counted_twice, running, seen)
        report.rpo_seconds = round((lost.struck_ms - plan.last_ms) / 1000, 1)
        report.commands_restored, report.records_restored = plan.commands, plan.place.next_offset
        report.commands_lost = _orders_in(lost.witness, plan.place.next_offset)
        report.state_hash = plan.place.state_hash
        del report.differences[DIFFERENCES_MAX:]

    async def _order(self, running: Running, trader: Trader) -> None:
        """One of the lost platform's users, with the token from before, places an order as if nothing had happened."""
        async with Api(running.base_url, patience_seconds=PATIENCE_SECONDS) as api:
            trader.api = api
            market = mix.MARKETS[0]
            price = market.first_price * Decimal("0.99")
            await trader.place(
                symbol=market.symbol,
                side="BUY",
                type="LIMIT",
                price=f"{price:f}",
                quantity=f"{market.quantity:f}",
                client_order_id="after-it",
            )

    async def _engine_differs(self, running: Running) -> list[str]:
        compared = await replay_log(
            BrokerSettings(running.kafka_bootstrap, client_id="drill"), SHARD_SPOT, engine_url=f"http://127.0.0.1:{running.ports['engine']}"
        )
        return [] if compared.equal else [f"engine: {compared.engine}, replay of its log: {compared.replayed}"]


def compare(before: Witness, after: Witness, until: Place) -> list[str]:
    """Where the restored logs differ from what was seen before the disaster, up to the end of what was archived."""
    found = []
    pairs = (
        ("command record", before.commands[: until.next_offset], after.commands[: until.next_offset]),
        ("event record", before.events_before(until.next_seq), after.events_before(until.next_seq)),
    )
    for what, old, new in pairs:
        if len(old) != len(new):
            found.append(f"{len(old)} {what}s before, {len(new)} after")
        found += [f"{what} {place} is another one" for place, (one, other) in enumerate(zip(old, new, strict=False)) if one != other]
    return found


def _counted_twice(running: Running, seen: Witness) -> list[str]:
    """Every trade of the log is in the history and in the ledger, once."""
    expected = trades_in(seen.events_before(seen.next_seq))
    deadline = time.monotonic() + PATIENCE_SECONDS
    with (
        psycopg.connect(running.accounts_dsn, autocommit=True) as accounts,
        psycopg.connect(running.history_dsn, autocommit=True) as history,
    ):
        while True:
            counts: dict[str, Any] = {
                "ledger": accounts.execute("SELECT count(*) FROM ledger_entries WHERE effect_key LIKE 'trade:%'").fetchone(),
                "history": history.execute("SELECT count(*) FROM trades").fetchone(),
            }
            found = [f"{name}: {row[0]} trades, the log has {expected}" for name, row in counts.items() if row[0] != expected]
            if not found or time.monotonic() > deadline:
                return found
            time.sleep(0.1)


def _orders_in(witness: Witness, first_offset: int) -> int:
    """Commands of people, not ticks, in the records from ``first_offset`` on."""
    return sum(
        not isinstance(command, Tick)
        for record in witness.commands
        if record.offset >= first_offset
        for command in decode_record(record.payload)
    )


def _postgres(servers: Servers) -> Postgres:
    if servers.postgres is None:
        raise RuntimeError("the drill needs a PostgreSQL of its own: unset DATABASE_URL")
    return servers.postgres
