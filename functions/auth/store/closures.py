"""The tables around accounts that are closed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row


class Obstacle(msgspec.Struct, frozen=True):
    """Why an account cannot be closed yet: ``kind`` is BALANCE, OPEN_ORDERS, WITHDRAWAL or DEPOSIT."""

    kind: str
    currency: str
    amount: str


class Name(msgspec.Struct, frozen=True):
    """What an application for proof of identity said."""

    first_name: str
    last_name: str
    date_of_birth: date
    phone: str


_FORGET: Final[tuple[LiteralString, ...]] = (
    "DELETE FROM two_factor_secrets WHERE user_id = %s",
    "DELETE FROM trusted_devices WHERE user_id = %s",
    "DELETE FROM email_changes WHERE user_id = %s",
    "DELETE FROM password_reset_tokens WHERE user_id = %s",
    "DELETE FROM notices WHERE user_id = %s",
    "DELETE FROM verified_identities WHERE user_id = %s",
    "UPDATE sessions SET ip_address = '0.0.0.0', user_agent = '' WHERE user_id = %s",
    "UPDATE email_logs SET recipient = '' WHERE user_id = %s",
    """UPDATE kyc_submissions SET first_name = '**', last_name = '**', date_of_birth = '1900-01-01', phone = '+905000000000',
           ip_address = NULL, user_agent = '', mks_response = NULL, updated_at = now() WHERE user_id = %s""",
    "UPDATE kyc_documents SET original_filename = '', updated_at = now() WHERE user_id = %s",
)


def obstacles(connection: Connection, user_id: UUID) -> list[Obstacle]:
    with connection.cursor(row_factory=class_row(Obstacle)) as cursor:
        return cursor.execute("SELECT kind, currency, amount FROM closure_obstacles(%s)", (user_id,)).fetchall()


def names(connection: Connection, user_id: UUID) -> list[Name]:
    with connection.cursor(row_factory=class_row(Name)) as cursor:
        return cursor.execute(
            "SELECT first_name, last_name, date_of_birth, phone FROM kyc_submissions WHERE user_id = %s ORDER BY submitted_at", (user_id,)
        ).fetchall()


def close(
    connection: Connection, user_id: UUID, *, pseudonym: str, password_hash: str, identity_sealed: str, now: datetime, keep_until: datetime
) -> None:
    """The account is closed and says nothing any more about who it was; the sealed identity does."""
    connection.execute(
        "INSERT INTO closed_accounts (user_id, closed_at, keep_until, identity_sealed) VALUES (%s, %s, %s, %s)",
        (user_id, now, keep_until, identity_sealed),
    )
    connection.execute(
        """UPDATE kyc_submissions SET status = 'REJECTED', reviewed_at = %s, rejection_code = 'ACCOUNT_CLOSED'
            WHERE user_id = %s AND status IN ('PENDING', 'IN_REVIEW')""",
        (now, user_id),
    )
    for statement in _FORGET:
        connection.execute(statement, (user_id,))
    connection.execute(
        """UPDATE users SET status = 'CLOSED', email = %s, password_hash = %s, phone = NULL, mail_word = NULL, last_login_ip = NULL,
               two_fa_enabled = false, updated_at = %s WHERE id = %s""",
        (pseudonym, password_hash, now, user_id),
    )


def sealed_identity(connection: Connection, user_id: UUID) -> str | None:
    row = connection.execute("SELECT identity_sealed FROM closed_accounts WHERE user_id = %s", (user_id,)).fetchone()
    return str(row[0]) if row else None
