"""The minute job: each step does its work, whatever the others meet."""

from __future__ import annotations

import importlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.maintenance import measures, service
from functions.maintenance.report import Report
from mycrypto import outbox
from mycrypto.ledger import CUSTODY_BANK, FEES, Entry, Kind, Move, post
from mycrypto.outbox import Relay
from mycrypto.telemetry import Meter

if TYPE_CHECKING:
    from psycopg import Connection

    from tests.integration.conftest import TestDatabase

NOW = datetime.now(UTC).replace(hour=12)
EVENT = json.loads((Path(__file__).parents[2] / "events" / "maintenance_schedule.json").read_text())


def run(exchange: Connection, trade: Connection, now: datetime = NOW) -> Report:
    failures: list[Exception] = []
    report = service.run(
        now, Relay({}, lambda _destination, _error: None), lambda: exchange, lambda: trade, lambda _s, e: failures.append(e)
    )
    assert failures == []
    return report


def test_the_books_are_proved_once_a_day_after_two(exchange: TestDatabase, trade_database: TestDatabase) -> None:
    wallet, trade, admin = exchange.connect("wallet_app"), trade_database.connect("trade_engine_app"), exchange.connect()
    night = NOW.replace(hour=1)
    assert run(wallet, trade, night).books_differ == []
    assert admin.execute("SELECT count(*) FROM reconciliation_runs").fetchone() == (0,)
    admin.execute("INSERT INTO wallets VALUES (%s, 'TRY', 5, 0, 0, 1, now())", (uuid4(),))
    found = run(wallet, trade).books_differ
    assert len(found) == 1
    assert found[0].startswith("wallets equal the ledger's spot accounts")
    assert run(wallet, trade).books_differ == []  # told once
    assert admin.execute("SELECT day, ok FROM reconciliation_runs").fetchall() == [(NOW.date(), False)]
    admin.execute("DELETE FROM wallets")
    assert run(wallet, trade, NOW + timedelta(days=1)).books_differ == []
    assert admin.execute("SELECT ok FROM reconciliation_runs ORDER BY day").fetchall() == [(False,), (True,)]


def test_entries_are_sealed_and_a_broken_chain_is_told_at_night(exchange: TestDatabase, trade_database: TestDatabase) -> None:
    wallet, trade, admin = exchange.connect("wallet_app"), trade_database.connect("trade_engine_app"), exchange.connect()
    move = Move(amount=5, currency="TRY", source=CUSTODY_BANK, target=FEES, kind=Kind.ADMIN_ADJUSTMENT)
    with wallet.transaction():
        post(wallet, [Entry(key="sealed", why="a test", reference=("TEST", "1"), moment=NOW, moves=(move,))])
    monday = NOW - timedelta(days=NOW.weekday())
    report = run(wallet, trade, monday)
    assert (report.entries_sealed, report.books_differ) == (1, [])
    proofs = admin.execute("SELECT chain, number FROM chain_proofs ORDER BY chain").fetchall()
    assert proofs == [("audit trail", 0), ("ledger", 1)]
    with admin.transaction():
        admin.execute("SET LOCAL session_replication_role = replica")
        admin.execute("UPDATE ledger_entries SET why = 'another'")
    assert run(wallet, trade, monday + timedelta(days=1)).books_differ == []  # weekdays prove what is new
    assert run(wallet, trade, monday + timedelta(days=6)).books_differ == ["ledger: CHANGED at link 1, record 1"]


def test_old_rows_go_and_partitions_come(exchange: TestDatabase, trade_database: TestDatabase) -> None:
    wallet, trade, admin = exchange.connect("wallet_app"), trade_database.connect("trade_engine_app"), exchange.connect()
    old, new = outbox.add(wallet, outbox.EMAIL, b"old"), outbox.add(wallet, outbox.EMAIL, b"new")
    admin.execute("UPDATE outbox SET sent_at = %s WHERE id = %s", (NOW - timedelta(days=8), old))
    admin.execute("UPDATE outbox SET sent_at = %s WHERE id = %s", (NOW, new))
    admin.execute("INSERT INTO idempotency_keys VALUES (%s, 'k', '', 201, '', %s)", (uuid4(), NOW - timedelta(seconds=1)))
    report = run(wallet, trade)
    assert (report.rows_deleted, report.partitions_made) == (2, 0)
    assert admin.execute("SELECT id FROM outbox").fetchall() == [(new,)]
    assert run(wallet, trade, NOW + timedelta(days=40)).partitions_made > 0


def test_rows_outside_every_partition_are_counted_until_theirs_is_made(exchange: TestDatabase, trade_database: TestDatabase) -> None:
    wallet, trade, admin = exchange.connect("wallet_app"), trade_database.connect("trade_engine_app"), trade_database.connect()
    far = NOW + timedelta(days=60)
    admin.execute(
        """INSERT INTO trades SELECT gen_random_uuid(), 0, 1, 'BTC/TRY', 1, 1, 1, 'TRY', false, gen_random_uuid(), 1, gen_random_uuid(), 0,
                                     gen_random_uuid(), 1, gen_random_uuid(), 0, false, %s""",
        (far,),
    )
    assert run(wallet, trade).rows_misplaced == 1
    assert run(wallet, trade, far - timedelta(days=3)).rows_misplaced == 0
    assert admin.execute("SELECT count(*) FROM trades").fetchone() == (1,)


def test_what_should_not_be_there_is_counted(exchange: TestDatabase, trade_database: TestDatabase) -> None:
    wallet, trade = exchange.connect("wallet_app"), trade_database.connect("trade_engine_app")
    wallet.execute(
        """INSERT INTO transfers (transfer_id, user_id, currency, amount, purpose, reference_type, reference_id, description, requested_at)
           VALUES (gen_random_uuid(), gen_random_uuid(), 'TRY', -1, 'WITHDRAWAL', 'FIAT_WITHDRAWAL', gen_random_uuid(), '', %s)""",
        (NOW - timedelta(minutes=6),),
    )
    outbox.add(wallet, outbox.EMAIL, b"waits")
    report = run(wallet, trade)
    assert (report.messages_waiting, report.transfers_unanswered, report.reconciliations_open) == (1, 1, 0)


def test_tables_and_partitions_are_measured(exchange: TestDatabase, trade_database: TestDatabase) -> None:
    report = run(exchange.connect("wallet_app"), trade_database.connect("trade_engine_app"))
    assert set(report.table_bytes) == {"ledger_postings", "ledger_entries", "wallets", "outbox", "orders", "trades"}
    assert all(size > 0 for size in report.table_bytes.values())
    assert report.partitions_ahead == {"ledger_postings": 12, "orders": 12, "trades": 30}
    assert (report.deposits_pending, report.withdrawals_pending, report.hot_wallet) == (0, 0, {})


def test_a_step_that_fails_is_told_and_the_others_are_done(exchange: TestDatabase) -> None:
    wallet = exchange.connect("wallet_app")

    def gone() -> Connection:
        raise psycopg.OperationalError

    failures: list[str] = []
    report = service.run(NOW, Relay({}, lambda _d, _e: None), lambda: wallet, gone, lambda step, _error: failures.append(step))
    assert report.failed == failures == ["partition_trade"]
    assert wallet.execute("SELECT count(*) FROM reconciliation_runs").fetchone() == (1,)


def test_the_handler_runs_on_a_schedule(exchange: TestDatabase, trade_database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "STAGE": "local",
        "DATABASE_URL": exchange.dsn("wallet_app"),
        "TRADE_DATABASE_URL": trade_database.dsn("trade_engine_app"),
        "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "DATABASE_SECRET_NAME": "",
        "TRADE_DATABASE_SECRET_NAME": "",
    }.items():
        monkeypatch.setenv(name, value)
    module = importlib.import_module("functions.maintenance.handler")
    monkeypatch.setenv("ARCHIVE_BUCKET", "unused")
    module._resources.cache_clear()
    answer = module.handler(EVENT, LambdaContext())
    assert answer["failed"] == []
    module._resources().exchange.close()
    module._resources().trade.close()
    module._resources.cache_clear()


def test_the_server_is_measured_without_showing_what_others_ask(exchange: TestDatabase, trade_database: TestDatabase) -> None:
    wallet, trade = exchange.connect("wallet_app"), trade_database.connect("trade_engine_app")
    statements = measures.Statements()

    def look() -> Report:
        exchange.connect("auth_app").execute("SELECT count(*) FROM users")
        return service.run(NOW, Relay({}, lambda _d, _e: None), lambda: wallet, lambda: trade, lambda _s, _e: None, None, statements)

    for report in (look(), look()):
        assert report.failed == []
        assert report.query_milliseconds["users"] > 0
    report = look()
    assert sum(report.connections.values()) >= 2
    assert report.connections_max >= sum(report.connections.values())
    assert set(report.cache_hit_percent) == {wallet.info.dbname, trade.info.dbname}
    assert set(report.watermarks) == {"ledger", "history"}
    assert "yoyo" not in " ".join(report.query_milliseconds)
    for connection in (wallet, trade):
        (reads_all,) = connection.execute("SELECT pg_has_role(current_user, 'pg_read_all_stats', 'MEMBER')").fetchone() or (None,)
        assert reads_all is False
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        exchange.connect("auth_app").execute("SELECT * FROM statement_times()")


def test_means_are_those_since_the_last_look() -> None:
    statements = measures.Statements()
    assert statements.mean_milliseconds("a", {"orders": (10, 50.0)}) == {"orders": 5}
    assert statements.mean_milliseconds("a", {"orders": (12, 54.0), "trades": (1, 7.0)}) == {"orders": 2, "trades": 7}
    assert statements.mean_milliseconds("a", {"orders": (12, 54.0)}) == {}
    assert statements.mean_milliseconds("a", {"orders": (1, 3.0)}) == {"orders": 3}, "the server's statistics were reset"
    assert statements.mean_milliseconds("b", {"orders": (4, 4.0)}) == {"orders": 1}


def test_what_was_not_seen_is_not_told_as_zero(capsys: pytest.CaptureFixture[str]) -> None:
    measures.write(Meter("maintenance"), Report(failed=["look", "partition_trade"], watermarks={"ledger": 7}, connections_max=100))
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert told[0].keys() - {"_aws", "service"} == {"wallet_reconciliation_mismatch_total", "database_connections_max"}
    assert [line.get("projection_watermark") for line in told[1:]] == [7]
