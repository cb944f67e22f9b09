"""Brings a PostgreSQL server to what this version of the platform needs: roles, databases, extensions, tables.

Everything may be run again: what exists is left, passwords are set to what was handed in.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

import msgspec
import psycopg
from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from yoyo import get_backend, read_migrations

HERE: Final = Path(__file__).resolve().parent
REQUIRED_EXTENSIONS: Final = ("pg_stat_statements",)
OFFERED_EXTENSIONS: Final = ("uuid-ossp",)
"""Installed where the server has them; nothing depends on them."""


class DatabasePlan(msgspec.Struct, frozen=True):
    """A database, who owns it, who may connect, and the folder of its migrations."""

    name: str
    owner: str
    applications: tuple[str, ...]
    folder: str


PLANS: Final = (
    DatabasePlan(
        "exchange_dev", "exchange_owner", ("auth_app", "wallet_app", "settlement_app", "wallet_readonly", "notices_app"), "exchange_dev"
    ),
    DatabasePlan("mytrader_trade_engine", "trade_engine_owner", ("trade_engine_app", "trade_engine_readonly"), "mytrader_trade_engine"),
)
ROLES: Final = tuple(role for plan in PLANS for role in (plan.owner, *plan.applications))
APPLICATION_SETTINGS: Final = {
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "30s",
    "lock_timeout": "10s",
    "timezone": "UTC",
}
"""Set on the roles, because a SET in a session would pin its connection at the proxy."""


class MigrationReport(msgspec.Struct, frozen=True):
    """What one run did; all empty when there was nothing to do."""

    roles_created: list[str]
    databases_created: list[str]
    extensions_missing: list[str]
    applied: dict[str, list[str]]


def migrate(admin_dsn: str, passwords: Mapping[str, str], plans: Sequence[DatabasePlan] = PLANS) -> MigrationReport:
    """Make roles, databases and extensions with the administrator's rights, then apply the migrations as each database's owner.

    ``admin_dsn`` names a role that may create roles and databases; ``passwords`` has one for each of ``ROLES``. Raises ``KeyError`` for a
    missing password before anything is touched, and ``psycopg.Error`` for what the server refuses. ``plans`` names other databases than
    the platform's own two where copies are wanted.
    """
    chosen = {role: passwords[role] for role in ROLES}
    with psycopg.connect(admin_dsn, autocommit=True) as admin:
        roles_created = [role for role, password in chosen.items() if _ensure_role(admin, role, password)]
        databases_created = [plan.name for plan in plans if _ensure_database(admin, plan)]
    missing: set[str] = set()
    applied: dict[str, list[str]] = {}
    for plan in plans:
        with psycopg.connect(make_conninfo(admin_dsn, dbname=plan.name), autocommit=True) as admin:
            missing |= _ensure_extensions(admin)
            _ensure_schema_rights(admin, plan)
        applied[plan.name] = _apply_migrations(admin_dsn, plan, chosen[plan.owner])
    return MigrationReport(roles_created, databases_created, sorted(missing), applied)


def _ensure_role(admin: Connection, role: str, password: str) -> bool:
    name = sql.Identifier(role)
    created = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None
    if created:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    # Only the verifier travels, so that no server log can hold the password.
    verifier = admin.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(verifier)))
    for setting, value in APPLICATION_SETTINGS.items():
        if setting == "timezone" or not role.endswith("_owner"):
            admin.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(name, sql.Identifier(setting), sql.Literal(value)))
    return created


def _ensure_database(admin: Connection, plan: DatabasePlan) -> bool:
    name, owner = sql.Identifier(plan.name), sql.Identifier(plan.owner)
    created = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (plan.name,)).fetchone() is None
    if created:
        # An administrator that is no superuser (RDS) may only give a database to a role that it is a member of.
        admin.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(owner))
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(name, owner))
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    for role in plan.applications:
        admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(role)))
    return created


def _ensure_extensions(admin: Connection) -> set[str]:
    offered = {row[0] for row in admin.execute("SELECT name FROM pg_available_extensions").fetchall()}
    for extension in (*REQUIRED_EXTENSIONS, *(name for name in OFFERED_EXTENSIONS if name in offered)):
        admin.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))
    return set(OFFERED_EXTENSIONS) - offered


def _ensure_schema_rights(admin: Connection, plan: DatabasePlan) -> None:
    admin.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(plan.owner)))
    admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    # for the owner's functions that add up what the server measures; the applications see the sums only
    admin.execute(sql.SQL("GRANT pg_read_all_stats TO {}").format(sql.Identifier(plan.owner)))
    for role in plan.applications:
        admin.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(role)))


def _apply_migrations(admin_dsn: str, plan: DatabasePlan, password: str) -> list[str]:
    parts = conninfo_to_dict(admin_dsn)
    address = f"{parts.get('host', '127.0.0.1')}:{parts.get('port', 5432)}"
    backend = get_backend(f"postgresql+psycopg://{plan.owner}:{quote(password, safe='')}@{address}/{plan.name}{_tls(parts)}")
    with closing(backend.connection), _quiet_yoyo(), backend.lock():
        waiting = backend.to_apply(read_migrations(str(HERE / plan.folder)))
        names = [migration.id for migration in waiting]
        backend.apply_migrations(waiting)
    return names


def _tls(parts: Mapping[str, object]) -> str:
    mode = parts.get("sslmode")
    return f"?sslmode={mode}" if mode else ""


@contextmanager
def _quiet_yoyo() -> Iterator[None]:
    """Yoyo announces each step on the log; the report says it once."""
    log = logging.getLogger("yoyo.migrations")
    level = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(level)
