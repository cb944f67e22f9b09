"""A running gateway or publisher whose database password is rotated: its next connection signs in with the new one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg_pool import PoolTimeout

from engine_container import trade_database as database
from engine_container.trade_database import pool
from mycrypto import secrets

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase

SECRET = "mycrypto/dev/database/trade_engine_app"


class _Store:
    """The one call of Secrets Manager that is used."""

    def __init__(self, password: str) -> None:
        self.password = password
        self.asked = 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803 - as boto3 spells it
        assert SecretId == SECRET
        self.asked += 1
        return {"SecretString": json.dumps({"username": "test", "password": self.password})}


@pytest.fixture
def role(trade_database: TestDatabase) -> Iterator[str]:
    name = f"rotated_{uuid4().hex[:8]}"
    with psycopg.connect(trade_database.admin_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD 'first'").format(sql.Identifier(name)))
        yield name
        admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> _Store:
    found = _Store("first")
    monkeypatch.setattr(secrets, "_secrets", secrets.Secrets(found))  # type: ignore[arg-type]
    return found


def _rotate(trade_database: TestDatabase, role: str, password: str) -> None:
    with psycopg.connect(trade_database.admin_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (role,))


def test_a_running_task_picks_up_a_rotated_password(trade_database: TestDatabase, role: str, store: _Store) -> None:
    async def work() -> None:
        url = make_conninfo(trade_database.admin_dsn, user=role, password="")
        async with pool(url, SECRET, connections_max=1) as connections:
            async with connections.connection() as connection:
                await connection.execute("SELECT 1")
            assert store.asked == 1
            await asyncio.to_thread(_rotate, trade_database, role, "second")
            store.password = "second"
            async with connections.connection() as connection:
                await connection.execute("SELECT 1")
            assert store.asked == 2, "the one that was kept is refused, and fetched again"

    asyncio.run(work())


def test_a_password_that_is_wrong_in_the_secret_too_is_refused(
    trade_database: TestDatabase, role: str, store: _Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.password = "never was"
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.3)

    async def work() -> None:
        async with pool(make_conninfo(trade_database.admin_dsn, user=role, password=""), SECRET, connections_max=1) as connections:
            with pytest.raises(PoolTimeout):
                async with connections.connection():
                    pass

    asyncio.run(work())
