"""The two databases, migrated once per run. Roles belong to the whole server, so every test uses the passwords of this file."""

from __future__ import annotations

import pytest
from psycopg.conninfo import make_conninfo

from functions.migrations import service


@pytest.fixture(scope="session")
def role_passwords() -> dict[str, str]:
    return {role: f"{role}-password" for role in service.ROLES}


@pytest.fixture(scope="session")
def _migrated(postgres: str, role_passwords: dict[str, str]) -> str:
    service.migrate(postgres, role_passwords)
    return postgres


@pytest.fixture(scope="session")
def exchange_dsn(_migrated: str) -> str:
    """DSN of a superuser in the migrated ``exchange_dev``."""
    return make_conninfo(_migrated, dbname="exchange_dev")


@pytest.fixture(scope="session")
def trade_dsn(_migrated: str) -> str:
    """DSN of a superuser in the migrated ``mytrader_trade_engine``."""
    return make_conninfo(_migrated, dbname="mytrader_trade_engine")
