"""The earlier platform as two restored databases, and a platform that takes it in."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import pytest

from functions.settlement import service as settlement
from mycrypto import outbox
from mycrypto.contracts import commands
from mycrypto.kyc import NATIONAL_ID
from mycrypto.security.sealing import Sealer
from mycrypto_local.importing.report import Misfit, Misfits, Report
from mycrypto_local.importing.run import Import
from mycrypto_local.importing.sources import open_source
from mycrypto_local.importing.target import Target, Trading
from tests import earlier_platform
from tests.earlier_platform import Places

if TYPE_CHECKING:
    from tests.integration.conftest import EngineLog, TestDatabase

SEALER = Sealer.from_secret({"key": base64.b64encode(bytes(range(32))).decode()}, NATIONAL_ID)


@dataclass
class Log:
    """What was sent to the command log."""

    rows: list[outbox.Waiting] = field(default_factory=list)

    def send(self, destination: str, rows: Sequence[outbox.Waiting]) -> Sequence[UUID]:
        assert destination == outbox.ENGINE_COMMANDS
        self.rows += rows
        return [row.id for row in rows]

    def commands(self) -> list[Any]:
        return [command for row in self.rows for command in commands.decode_record(row.payload)]


@dataclass
class Platform:
    accounts: TestDatabase
    history: TestDatabase
    log: Log
    folder: Path

    def take_in(
        self, places: Places, *, dry_run: bool = False, target: type[Target] = Target, **options: Any
    ) -> tuple[Report, list[Misfit]]:
        """One import; what did not fit is read from its file."""
        file = self.folder / "misfits.jsonl"
        relay = outbox.Relay({"kafka": self.log}, _raised)
        with closing(open_source(places.accounts)) as there, closing(open_source(places.trading)) as traded, Misfits(file) as misfits:
            report = Import(
                there,
                traded,
                target(self.accounts.connect("exchange_owner"), SEALER),
                Trading(self.history.connect("trade_engine_owner")),
                misfits,
                Report(dry_run=dry_run, misfits_file=str(file)),
                relay=relay,
                **options,
            ).run()
        return report, [msgspec.json.decode(line, type=Misfit) for line in file.read_bytes().splitlines()]

    def count(self, table: str) -> int:
        row = self.accounts.kept().execute(f"SELECT count(*) FROM {table}").fetchone()
        assert row is not None
        return int(row[0])

    def figures(self) -> dict[str, int]:
        """Rows of everything that an import writes."""
        tables = (
            "users", "kyc_submissions", "verified_identities", "ledger_entries", "ledger_postings", "transfers", "earlier_records", "imported_orders",
        )  # fmt: skip
        return {table: self.count(table) for table in tables} | {"commands": self.count("outbox WHERE destination LIKE 'kafka%'")}

    def settle(self, engine: EngineLog) -> None:
        """The engine takes every credit once, and settlement settles it."""
        done: set[bytes] = set()
        for command in self.log.commands():
            if isinstance(command, commands.Credit):
                repeated = command.transfer_id in done
                engine.transfer(
                    UUID(bytes=command.transfer_id), UUID(bytes=command.user_id), command.asset, command.amount, repeated=repeated
                )
                done.add(command.transfer_id)
        engine.totals()
        connection = self.accounts.connect("settlement_app")
        with connection.transaction():
            settlement.settle(connection, 0, engine.take_records())


def _raised(_: str, error: Exception) -> None:
    raise error


@pytest.fixture(scope="session")
def earlier(postgres: str) -> Iterator[Places]:
    with earlier_platform.restored(postgres) as places:
        yield places


@pytest.fixture(scope="session")
def dumps(earlier: Places, tmp_path_factory: pytest.TempPathFactory) -> Places:
    folder = tmp_path_factory.mktemp("dumps")
    return Places(
        str(earlier_platform.dump(earlier.accounts, folder / "accounts.sql")),
        str(earlier_platform.dump(earlier.trading, folder / "trading.sql")),
    )


@pytest.fixture
def here(exchange: TestDatabase, trade_database: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """An empty platform that lists BTC/TRY. The model of the engine answers no orders: nothing is waited for."""
    monkeypatch.setattr("mycrypto_local.importing.run.ANSWERED_SECONDS_MAX", 0.0)
    trade_database.connect().execute(
        """INSERT INTO symbols (symbol, base_asset, quote_asset, status, tick_size, lot_size, quantity_min, quantity_max, notional_min, band_bps,
               breaker_bps, breaker_halt_ms, maker_fee_ppm, taker_fee_ppm, opens_minute, closes_minute, shard, last_seq, updated_at)
           VALUES ('BTC/TRY', 'BTC', 'TRY', 'ACTIVE', 0.01, 0.0001, 0.0001, 100, 10, 1000, 0, 300000, 500, 1000, -1, -1, 0, 1, now())"""
    )
    return Platform(exchange, trade_database, Log(), tmp_path)


@pytest.fixture
def reasons() -> Callable[[Sequence[Misfit]], dict[str, set[str]]]:
    """Of misfits: the ids by reason."""

    def by_reason(misfits: Sequence[Misfit]) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for misfit in misfits:
            found.setdefault(misfit.reason, set()).add(misfit.id)
        return found

    return by_reason
