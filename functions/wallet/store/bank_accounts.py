"""The table ``bank_accounts``."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg.rows import class_row


class BankAccountRow(NamedTuple):
    id: UUID
    currency: str
    bank_name: str
    account_holder_name: str
    iban: str
    swift: str | None
    is_verified: bool
    verified_at: datetime | None
    created_at: datetime


_COLUMNS = "id, currency, bank_name, account_holder_name, iban, swift, is_verified, verified_at, created_at"


class DuplicateIbanError(Exception):
    """The user has this IBAN already."""


def count(connection: Connection, user_id: UUID, currency: str) -> int:
    row = connection.execute(
        "SELECT count(*) FROM bank_accounts WHERE user_id = %s AND currency = %s AND deleted_at IS NULL", (user_id, currency)
    ).fetchone()
    return int(row[0]) if row else 0


def insert(connection: Connection, user_id: UUID, row: BankAccountRow) -> None:
    """Raises :class:`DuplicateIbanError`; the transaction is broken then."""
    try:
        connection.execute(
            """INSERT INTO bank_accounts (id, user_id, currency, bank_name, account_holder_name, iban, swift, created_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
            (row.id, user_id, row.currency, row.bank_name, row.account_holder_name, row.iban, row.swift, row.created_at),
        )
    except psycopg.errors.UniqueViolation:
        raise DuplicateIbanError from None


def of_user(connection: Connection, user_id: UUID) -> list[BankAccountRow]:
    """The user's accounts, newest first."""
    with connection.cursor(row_factory=class_row(BankAccountRow)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM bank_accounts WHERE user_id = %s AND deleted_at IS NULL ORDER BY created_at DESC, id DESC",  # noqa: S608 - our own column names
            (user_id,),
        ).fetchall()


def find(connection: Connection, user_id: UUID, account_id: UUID) -> BankAccountRow | None:
    """The user's account of this id, locked; ``None`` if it is not theirs, deleted or unknown."""
    with connection.cursor(row_factory=class_row(BankAccountRow)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM bank_accounts WHERE id = %s AND user_id = %s AND deleted_at IS NULL FOR UPDATE",  # noqa: S608 - our own column names
            (account_id, user_id),
        ).fetchone()


def has_open_deposits(connection: Connection, account_id: UUID) -> bool:
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM deposit_requests WHERE bank_account_id = %s AND status IN ('PENDING', 'APPROVED'))", (account_id,)
    ).fetchone()
    return bool(row and row[0])


def mark_deleted(connection: Connection, account_id: UUID, now: datetime) -> None:
    """Rows stay, because deposits refer to them."""
    connection.execute("UPDATE bank_accounts SET deleted_at = %s WHERE id = %s", (now, account_id))


def verify_by_transfer(connection: Connection, account_id: UUID, now: datetime) -> None:
    """Money came from this account in the user's name: it is theirs, unless they have a verified one in this currency."""
    connection.execute(
        """UPDATE bank_accounts account SET is_verified = true, verified_at = %s
            WHERE id = %s AND deleted_at IS NULL AND NOT is_verified AND NOT EXISTS (
                  SELECT FROM bank_accounts other
                   WHERE other.user_id = account.user_id AND other.currency = account.currency AND other.is_verified
                     AND other.deleted_at IS NULL)""",
        (now, account_id),
    )


def kyc_name(connection: Connection, user_id: UUID) -> str | None:
    """The name that the user has proved to bear, if any."""
    row = connection.execute(
        """SELECT first_name || ' ' || last_name FROM kyc_submissions WHERE user_id = %s AND status = 'APPROVED'
            ORDER BY level DESC LIMIT 1""",
        (user_id,),
    ).fetchone()
    return str(row[0]) if row else None
