"""The table ``whitelisted_addresses``."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.rows import class_row


class AddressRow(NamedTuple):
    id: UUID
    user_id: UUID
    currency: str
    network: str
    address: str
    label: str
    created_at: datetime
    confirmed_at: datetime | None
    usable_at: datetime | None


class DuplicateAddressError(Exception):
    """The user has it already."""


_SELECT = f"SELECT {', '.join(AddressRow._fields)} FROM whitelisted_addresses"  # noqa: S608 - our own column names


def insert(connection: Connection, row: AddressRow, token_hash: bytes, expires_at: datetime) -> None:
    """Raises DuplicateAddressError."""
    try:
        connection.execute(
            """INSERT INTO whitelisted_addresses (id, user_id, currency, network, address, label, created_at, token_hash, token_expires_at)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            (row.id, row.user_id, row.currency, row.network, row.address, row.label, row.created_at, token_hash, expires_at),
        )
    except UniqueViolation:
        raise DuplicateAddressError from None


def of_user(connection: Connection, user_id: UUID) -> list[AddressRow]:
    with connection.cursor(row_factory=class_row(AddressRow)) as cursor:
        return cursor.execute(
            f"{_SELECT} WHERE user_id = %s AND deleted_at IS NULL ORDER BY created_at DESC, id DESC", (user_id,)
        ).fetchall()


def find(connection: Connection, user_id: UUID, address_id: UUID) -> AddressRow | None:
    with connection.cursor(row_factory=class_row(AddressRow)) as cursor:
        return cursor.execute(f"{_SELECT} WHERE id = %s AND user_id = %s AND deleted_at IS NULL", (address_id, user_id)).fetchone()


def confirm(connection: Connection, user_id: UUID, token_hash: bytes, now: datetime, usable_at: datetime) -> AddressRow | None:
    """Once per token: the day does not begin again."""
    with connection.cursor(row_factory=class_row(AddressRow)) as cursor:
        return cursor.execute(
            f"""UPDATE whitelisted_addresses SET confirmed_at = %s, usable_at = %s
                 WHERE token_hash = %s AND user_id = %s AND confirmed_at IS NULL AND deleted_at IS NULL AND token_expires_at > %s
             RETURNING {", ".join(AddressRow._fields)}""",  # noqa: S608 - our own column names
            (now, usable_at, token_hash, user_id, now),
        ).fetchone()


def delete(connection: Connection, user_id: UUID, address_id: UUID, now: datetime) -> bool:
    return bool(
        connection.execute(
            "UPDATE whitelisted_addresses SET deleted_at = %s WHERE id = %s AND user_id = %s AND deleted_at IS NULL",
            (now, address_id, user_id),
        ).rowcount
    )
