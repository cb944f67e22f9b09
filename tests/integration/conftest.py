"""Migrated databases for integration tests: each test gets copies of its own, made from templates that the run migrates once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from functions.migrations import service
from mycrypto import database

_TEMPLATES = tuple(
    service.DatabasePlan(f"template_{plan.name}_{uuid4().hex[:8]}", plan.owner, plan.applications, plan.folder) for plan in service.PLANS
)


@pytest.fixture(scope="session")
def role_passwords() -> dict[str, str]:
    return {role: f"{role}-password" for role in service.ROLES}


@pytest.fixture(scope="session")
def templates(postgres: str, role_passwords: dict[str, str]) -> Iterator[dict[str, str]]:
    """Name of a migrated template by the name of the database that it is for."""
    service.migrate(postgres, role_passwords, _TEMPLATES)
    yield {plan.folder: plan.name for plan in _TEMPLATES}
    with psycopg.connect(postgres, autocommit=True) as admin:
        for plan in _TEMPLATES:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(plan.name)))


@dataclass
class TestDatabase:
    """A database of one test."""

    __test__ = False

    admin_dsn: str
    passwords: dict[str, str]
    _open: list[Connection] = field(default_factory=list)

    def dsn(self, role: str) -> str:
        return make_conninfo(self.admin_dsn, user=role, password=self.passwords[role])

    def connect(self, role: str = "") -> Connection:
        """A connection as ``role`` (a superuser where none is given), closed with the test."""
        connection = database.connect(self.dsn(role) if role else self.admin_dsn)
        self._open.append(connection)
        return connection

    def close(self) -> None:
        for connection in self._open:
            connection.close()


def _copy(postgres: str, passwords: dict[str, str], template: str) -> Iterator[TestDatabase]:
    name = sql.Identifier(copy := f"test_{uuid4().hex[:12]}")
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(template)))
        made = TestDatabase(make_conninfo(postgres, dbname=copy), passwords)
        try:
            yield made
        finally:
            made.close()
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture
def exchange(postgres: str, role_passwords: dict[str, str], templates: dict[str, str]) -> Iterator[TestDatabase]:
    """An empty ``exchange_dev`` of this test's own."""
    yield from _copy(postgres, role_passwords, templates["exchange_dev"])


@pytest.fixture
def trade_database(postgres: str, role_passwords: dict[str, str], templates: dict[str, str]) -> Iterator[TestDatabase]:
    """An empty ``mytrader_trade_engine`` of this test's own."""
    yield from _copy(postgres, role_passwords, templates["mytrader_trade_engine"])
