"""A server is brought to what the platform needs, as often as one likes, and each role can do what it must and no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from functions.migrations import service

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase


@pytest.fixture
def plans(postgres: str) -> Iterator[tuple[service.DatabasePlan, ...]]:
    """The two databases under names of this test's own."""
    mark = uuid4().hex[:8]
    made = tuple(service.DatabasePlan(f"fresh_{mark}_{plan.name}", plan.owner, plan.applications, plan.folder) for plan in service.PLANS)
    yield made
    with psycopg.connect(postgres, autocommit=True) as admin:
        for plan in made:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(plan.name)))


def test_a_second_run_has_nothing_to_do(postgres: str, role_passwords: dict[str, str], plans: tuple[service.DatabasePlan, ...]) -> None:
    first = service.migrate(postgres, role_passwords, plans)
    assert first.databases_created == [plan.name for plan in plans]
    assert "0011_ledger" in first.applied[plans[0].name]
    assert "0003_orders" in first.applied[plans[1].name]
    second = service.migrate(postgres, role_passwords, plans)
    assert (second.roles_created, second.databases_created, second.applied) == ([], [], {plan.name: [] for plan in plans})
    for plan in plans:
        with psycopg.connect(make_conninfo(postgres, dbname=plan.name)) as connection:
            extensions = {row[0] for row in connection.execute("SELECT extname FROM pg_extension").fetchall()}
            assert "pg_stat_statements" in extensions


def test_nothing_is_touched_when_a_password_is_missing(
    postgres: str, role_passwords: dict[str, str], plans: tuple[service.DatabasePlan, ...]
) -> None:
    short = {role: password for role, password in role_passwords.items() if role != "wallet_app"}
    with pytest.raises(KeyError, match="wallet_app"):
        service.migrate(postgres, short, plans)
    with psycopg.connect(postgres) as admin:
        found = admin.execute("SELECT count(*) FROM pg_database WHERE datname = ANY(%s)", ([plan.name for plan in plans],)).fetchone()
    assert found == (0,)


def test_outsiders_cannot_connect(postgres: str, role_passwords: dict[str, str], plans: tuple[service.DatabasePlan, ...]) -> None:
    service.migrate(postgres, role_passwords, plans)
    for role, database in (("trade_engine_app", plans[0].name), ("wallet_app", plans[1].name)):
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(make_conninfo(postgres, dbname=database, user=role, password=role_passwords[role]))


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("wallet_app", "CREATE TABLE mine (id int)"),
        ("wallet_app", "UPDATE wallets SET available = available + 1"),
        ("wallet_app", "INSERT INTO wallets VALUES (gen_random_uuid(), 'TRY', 1, 0, 0, 1, now())"),
        ("wallet_app", "UPDATE transfers SET status = 'APPLIED'"),
        ("wallet_app", "SELECT * FROM users"),
        ("settlement_app", "UPDATE deposit_requests SET amount = 1; DELETE FROM deposit_requests"),
        ("settlement_app", "DELETE FROM transfers"),
        ("settlement_app", "SELECT * FROM bank_accounts"),
        ("wallet_readonly", "SELECT email FROM withdrawals"),
        ("wallet_readonly", "UPDATE withdrawals SET status = 'APPROVED'"),
        ("wallet_readonly", "SELECT * FROM crypto_addresses"),
        ("wallet_readonly", "SELECT * FROM wallets"),
        ("auth_app", "SELECT * FROM wallets"),
        ("auth_app", "SELECT * FROM ledger_entries"),
        ("auth_app", "DELETE FROM outbox"),
    ],
)
def test_a_role_of_the_exchange_can_do_no_more_than_it_must(exchange: TestDatabase, role: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        exchange.connect(role).execute(statement.encode())


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("trade_engine_app", "CREATE TABLE mine (id int)"),
        ("trade_engine_app", "DELETE FROM orders"),
        ("trade_engine_app", "UPDATE trades SET price = 1"),
        ("trade_engine_app", "DROP TABLE orders_default"),
        ("trade_engine_app", "UPDATE positions SET quantity = 1, opened_at = now()"),
        ("trade_engine_app", "UPDATE paper_trades SET price = 1"),
        ("trade_engine_app", "DELETE FROM paper_accounts"),
        ("trade_engine_readonly", "INSERT INTO projection_watermark VALUES ('history', 0, 1, now())"),
        ("trade_engine_readonly", "SELECT ensure_partitions(now(), 1, 1)"),
    ],
)
def test_a_role_of_the_trade_database_can_do_no_more_than_it_must(trade_database: TestDatabase, role: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        trade_database.connect(role).execute(statement.encode())


def test_partitions_are_made_ahead_and_asked_for_again_in_vain(trade_database: TestDatabase) -> None:
    admin, service_role = trade_database.connect(), trade_database.connect("trade_engine_app")

    def partitions(table: str) -> set[str]:
        rows = admin.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", (table,)).fetchall()
        return {row[0] for row in rows}

    newest = max(partitions("trades") - {"trades_default"})
    now = datetime.strptime(newest, "trades_%Y_%m_%d").replace(tzinfo=UTC) - timedelta(days=30)  # midnight may have passed since
    assert timedelta(0) <= datetime.now(UTC) - now < timedelta(days=2)
    assert {f"orders_{now:%Y_%m}", "orders_default"} <= partitions("orders")
    assert len(partitions("orders")) == 14  # this month, twelve ahead, the default
    assert {f"trades_{now:%Y_%m_%d}", "trades_default"} <= partitions("trades")
    assert service_role.execute("SELECT ensure_partitions(%s, 12, 30)", (now,)).fetchone() == (0,)
    assert service_role.execute("SELECT ensure_partitions(%s, 0, 32)", (now,)).fetchone() == (2,)


def test_the_indexes_that_were_promised_exist(exchange: TestDatabase, trade_database: TestDatabase) -> None:
    query = "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"
    here = {row[0] for row in exchange.connect().execute(query).fetchall()}
    there = {row[0] for row in trade_database.connect().execute(query).fetchall()}
    assert {
        "wallets_pkey",
        "ledger_postings_user_id_created_at",
        "deposit_requests_status_created_at",
        "ledger_entries_reference",
    } <= here
    assert {
        "orders_user_id_created_at",
        "orders_symbol_status_created_at",
        "orders_user_id_symbol_created_at",
        "orders_live_by_price",
        "orders_client_order_id_user_id",
        "orders_waiting_by_stop_price",
        "trades_symbol_executed_at",
        "trades_buyer_user_id_executed_at",
        "trades_seller_user_id_executed_at",
        "trades_buyer_order_id",
        "trades_seller_order_id",
    } <= there
