"""Accounts of before, brought to one guard and one person for a national id: what broke the new rule is reported, and the deployment goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import Connection, sql
from psycopg.conninfo import make_conninfo

from functions.auth.context import subject_of
from functions.migrations import service
from mycrypto.ids import new_uuid

PLAN = service.PLANS[0]
THEN = datetime(2026, 3, 1, tzinfo=UTC)


@contextmanager
def _of_before(postgres: str, role_passwords: dict[str, str], folder: Path) -> Iterator[str]:
    """The name of a database as the version before left it."""
    for path in sorted((service.HERE / PLAN.folder).glob("*.sql")):
        if path.name < "0030":
            shutil.copy(path, folder)
    name = f"before_guards_{uuid4().hex[:8]}"
    service.migrate(postgres, role_passwords, (service.DatabasePlan(name, PLAN.owner, PLAN.applications, str(folder)),))
    try:
        yield name
    finally:
        with psycopg.connect(postgres, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _user(connection: Connection, email: str, failures: int = 0, locked_until: datetime | None = None) -> UUID:
    user_id = new_uuid()
    connection.execute(
        """INSERT INTO users (id, email, password_hash, terms_accepted, terms_version, kvkk_consent_accepted, kvkk_consent_version, consented_at,
               failed_login_attempts, locked_until) VALUES (%s, %s, 'x', true, '1', true, '1', now(), %s, %s)""",
        (user_id, email, failures, locked_until),
    )
    return user_id


def _application(connection: Connection, user_id: UUID, fingerprint: str, status: str, days: int, level: int = 2) -> UUID:
    made, reviewed = new_uuid(), THEN + timedelta(days=days) if status == "APPROVED" else None
    connection.execute(
        """INSERT INTO kyc_submissions (id, user_id, level, status, tc_kimlik_no_encrypted, tc_kimlik_no_fingerprint, first_name, last_name,
               date_of_birth, phone, reviewed_at) VALUES (%s, %s, %s, %s, 'x', %s, 'Ayşe', 'Yılmaz', '1990-01-01', '+905321234567', %s)""",
        (made, user_id, level, status, fingerprint, reviewed),
    )
    return made


def test_duplicates_and_locks_of_before(postgres: str, role_passwords: dict[str, str], tmp_path: Path) -> None:
    with (
        _of_before(postgres, role_passwords, tmp_path) as name,
        psycopg.connect(make_conninfo(postgres, dbname=name), autocommit=True) as admin,
    ):
        locked_until = datetime(2099, 1, 1, tzinfo=UTC)
        first, second, third = (
            _user(admin, "first@example.com", 5, locked_until),
            _user(admin, "second@example.com"),
            _user(admin, "c@example.com"),
        )
        _application(admin, first, "a" * 64, "APPROVED", days=1)
        _application(admin, first, "a" * 64, "APPROVED", days=3, level=3)
        double = _application(admin, second, "a" * 64, "APPROVED", days=2)
        waiting = _application(admin, third, "a" * 64, "PENDING", days=0)
        service.migrate(postgres, role_passwords, (service.DatabasePlan(name, PLAN.owner, PLAN.applications, PLAN.folder),))
        assert admin.execute("SELECT fingerprint, user_id FROM verified_identities").fetchall() == [("a" * 64, first)]
        reported = admin.execute("SELECT user_id, resource, new_value FROM audit_logs WHERE action = 'kyc.duplicate_identity'").fetchall()
        assert reported == [(second, f"kyc:{double}", {"verified_for": str(first)})]
        guards = admin.execute("SELECT kind, subject, failures, locked_until FROM secret_guards").fetchall()
        assert guards == [("login", subject_of("first@example.com"), 5, locked_until)]
        with pytest.raises(psycopg.errors.UniqueViolation):
            admin.execute("UPDATE kyc_submissions SET status = 'APPROVED', reviewed_at = now() WHERE id = %s", (waiting,))
        app = make_conninfo(postgres, dbname=name, user="auth_app", password=role_passwords["auth_app"])
        with psycopg.connect(app, autocommit=True) as auth:
            _application(auth, third, "b" * 64, "APPROVED", days=9)  # as code of before writes it: the database claims the identity
        assert admin.execute("SELECT user_id FROM verified_identities WHERE fingerprint = %s", ("b" * 64,)).fetchone() == (third,)
