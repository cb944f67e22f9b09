"""``mycrypto verify``: three independent sources must agree to the last unit.

The core replays the command log from its first record, which computes every user's balances again; settlement wrote the wallets in the database from
the events; the ledger is the sum of its postings.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import psycopg

from engine_container.engine.kafka import KafkaCommandSource
from engine_container.engine.replica import Replica
from engine_container.logs.connection import BrokerSettings
from engine_container.tools.replay import follow
from mycrypto.ids import SHARD_SPOT
from mycrypto.ledger import verify as ledger_verify
from mycrypto.money import format_amount, from_numeric
from mycrypto_local.running import Running

SETTLED_SECONDS_MAX: Final = 60.0
POLL_SECONDS: Final = 0.1
DIFFERENCES_MAX: Final = 20

Balances = dict[tuple[UUID, str], tuple[int, int]]
"""(available, locked) in units of 10^-8 by user and currency; pairs of zeros are left out."""


@dataclass(slots=True)
class VerifyReport:
    """``seq`` is the event at which the sources were compared."""

    seq: int = 0
    commands: int = 0
    balances: int = 0
    ledger_entries: int = 0
    ledger_postings: int = 0
    differences: list[str] = field(default_factory=list)


async def verify(running: Running) -> VerifyReport:
    """Compare log, wallets and ledger. Raises ``TimeoutError`` if settlement does not catch up with the log in time."""
    report = VerifyReport()
    deadline = time.monotonic() + SETTLED_SECONDS_MAX
    source = KafkaCommandSource(BrokerSettings(running.kafka_bootstrap), SHARD_SPOT)
    replica = Replica(SHARD_SPOT)
    try:
        while True:
            report.seq, wallets = await asyncio.to_thread(_settled, running.accounts_dsn)
            if await _replayed_to(source, replica, report.seq):
                break
            if time.monotonic() > deadline:
                raise TimeoutError(f"settlement stands at event {report.seq}, the log at {replica.state.next_seq - 1}")
            await asyncio.sleep(POLL_SECONDS)
    finally:
        await source.close()
    replayed = engine_balances(replica)
    report.commands = replica.commands
    report.balances = len(replayed)
    report.differences = differences(replayed, wallets)
    with psycopg.connect(running.accounts_dsn) as connection:
        books = ledger_verify.run(connection, differences_max=DIFFERENCES_MAX)
    report.ledger_entries, report.ledger_postings = books.entries, books.postings
    report.differences += [f"ledger: {item.rule}: {item.where} by {item.amount}" for item in books.differences]
    return report


async def _replayed_to(source: KafkaCommandSource, replica: Replica, seq: int) -> bool:
    """Replay to the end of the log; False if settlement is not there yet, or already further (the next round tells)."""
    await follow(source, replica, await source.end())
    return replica.state.next_seq - 1 == seq


def engine_balances(replica: Replica) -> Balances:
    """What the replayed engine holds."""
    return {
        (UUID(bytes=user.user_id), asset): (balance.available, balance.locked)
        for user in replica.state.users.values()
        for asset, balance in user.balances.items()
        if balance.available or balance.locked
    }


def _settled(dsn: str) -> tuple[int, Balances]:
    """Watermark and wallets as of one moment."""
    with psycopg.connect(dsn) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute(
            "SELECT seq FROM projection_watermark WHERE consumer = 'settlement' AND shard = %s", (SHARD_SPOT,)
        ).fetchone()
        wallets = connection.execute(
            "SELECT user_id, currency, available, locked FROM wallets WHERE available > 0 OR locked > 0"
        ).fetchall()
    balances: Balances = {
        (user, currency): (from_numeric(available), from_numeric(locked)) for user, currency, available, locked in wallets
    }
    return (int(row[0]) if row else 0), balances


def differences(engine: Mapping[tuple[UUID, str], tuple[int, int]], wallets: Mapping[tuple[UUID, str], tuple[int, int]]) -> list[str]:
    """In words, at most ``DIFFERENCES_MAX``."""
    found = [
        f"{user} {currency}: engine {_pair(engine.get((user, currency)))}, wallet {_pair(wallets.get((user, currency)))}"
        for user, currency in sorted(engine.keys() | wallets.keys())
        if engine.get((user, currency)) != wallets.get((user, currency))
    ]
    return found[:DIFFERENCES_MAX]


def _pair(balance: tuple[int, int] | None) -> str:
    available, locked = balance or (0, 0)
    return f"{format_amount(available)} available, {format_amount(locked)} locked"
