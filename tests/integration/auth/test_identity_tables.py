"""The tables of identity hold their promises by themselves, whatever a function does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from mycrypto.audit import Result
from mycrypto.ids import new_uuid

HASH = "a" * 64


def _user(connection: psycopg.Connection, **columns: object) -> UUID:
    user_id = new_uuid()
    row = {
        "id": user_id,
        "email": f"{user_id}@example.com",
        "password_hash": "x",
        "terms_accepted": True,
        "terms_version": "1.0",
        "kvkk_consent_accepted": True,
        "kvkk_consent_version": "1.0",
        "consented_at": datetime.now(UTC),
    } | columns
    names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    connection.execute(f"INSERT INTO users ({names}) VALUES ({marks})", list(row.values()))
    return user_id


@pytest.mark.parametrize(
    "columns",
    [
        {"email": "Upper@example.com"},
        {"email": "no-at-sign"},
        {"terms_accepted": False},
        {"kvkk_consent_accepted": False},
        {"roles": ["ROOT"]},
        {"roles": []},
        {"rate_limit_tier": "gold"},
        {"kyc_level": 4},
        {"kyc_level": 1, "email_verified": False},
        {"status": "GONE"},
        {"phone": "05321234567"},
        {"email_verification_token_hash": HASH},
    ],
)
def test_a_user_that_must_not_exist_cannot(owner: psycopg.Connection, columns: dict[str, object]) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        _user(owner, **columns)


def test_one_mailbox_is_one_account(owner: psycopg.Connection) -> None:
    _user(owner, email="twice@example.com")
    with pytest.raises(psycopg.errors.UniqueViolation):
        _user(owner, email="twice@example.com")


def _session(connection: psycopg.Connection, user_id: UUID, family: UUID, **columns: object) -> None:
    row = {
        "id": new_uuid(),
        "user_id": user_id,
        "family_id": family,
        "refresh_token_hash": new_uuid().hex * 2,
        "expires_at": datetime.now(UTC) + timedelta(days=30),
        "ip_address": "127.0.0.1",
        "signed_in_at": datetime.now(UTC),
    } | columns
    names, marks = ", ".join(row), ", ".join(["%s"] * len(row))
    connection.execute(f"INSERT INTO sessions ({names}) VALUES ({marks})", list(row.values()))


def test_audit_rows_can_be_added_and_never_changed(owner: psycopg.Connection) -> None:
    row_id = new_uuid()
    insert = "INSERT INTO audit_logs (id, actor_type, action, result, timestamp) VALUES (%s, 'USER', 'login', 'SUCCESS', %s)"
    owner.execute(insert, (row_id, datetime.now(UTC)))
    for change in ("UPDATE audit_logs SET action = 'x' WHERE id = %s", "DELETE FROM audit_logs WHERE id = %s"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute(change, (row_id,))


def test_an_audit_row_has_one_of_three_results(owner: psycopg.Connection) -> None:
    insert = "INSERT INTO audit_logs (id, actor_type, action, result, timestamp) VALUES (%s, 'STAFF', 'rules.set', %s, now())"
    for result in Result:
        owner.execute(insert, (new_uuid(), result.value))
    with pytest.raises(psycopg.errors.CheckViolation):
        owner.execute(insert, (new_uuid(), "PERHAPS"))


def test_audit_rows_leave_when_their_24_months_are_over(owner: psycopg.Connection) -> None:
    row_id = new_uuid()
    insert = "INSERT INTO audit_logs (id, actor_type, action, result, timestamp) VALUES (%s, 'USER', 'login', 'SUCCESS', %s)"
    owner.execute(insert, (row_id, datetime.now(UTC) - timedelta(days=800)))
    assert owner.execute("DELETE FROM audit_logs WHERE id = %s", (row_id,)).rowcount == 1


def test_the_wallet_reads_whom_to_write_to_but_no_hash(
    owner: psycopg.Connection, exchange_dsn: str, role_passwords: dict[str, str]
) -> None:
    user_id = _user(owner)
    with psycopg.connect(make_conninfo(exchange_dsn, user="wallet_app", password=role_passwords["wallet_app"]), autocommit=True) as wallet:
        assert wallet.execute("SELECT email FROM users WHERE id = %s", (user_id,)).fetchone() == (f"{user_id}@example.com",)
        for forbidden in ("SELECT password_hash FROM users", "UPDATE users SET kyc_level = 3", "SELECT refresh_token_hash FROM sessions"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                wallet.execute(forbidden)


def test_the_named_indexes_exist(owner: psycopg.Connection) -> None:
    rows = owner.execute(
        "SELECT tablename || ' ' || regexp_replace(indexdef, '.*USING btree ', '') FROM pg_indexes WHERE schemaname = 'public'"
    )
    found = {row[0] for row in rows.fetchall()}
    asked = {
        "users (email)",
        "users (created_at DESC)",
        "sessions (user_id)",
        "sessions (expires_at)",
        "sessions (refresh_token_hash)",
        "kyc_submissions (user_id, status)",
    }
    assert asked <= found
    assert 'audit_logs (user_id, "timestamp" DESC)' in found
