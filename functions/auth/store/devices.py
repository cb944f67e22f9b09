"""The table ``trusted_devices``."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row


class TrustedDevice(msgspec.Struct, frozen=True):
    """A device that skips the second step of a log-in until ``expires_at``."""

    id: UUID
    ip_address: str
    user_agent: str
    trusted_at: datetime
    last_used_at: datetime
    expires_at: datetime


class NewDevice(msgspec.Struct, frozen=True):
    id: UUID
    user_id: UUID
    token_hash: str
    ip_address: str
    user_agent: str
    trusted_at: datetime
    expires_at: datetime


def insert(connection: Connection, device: NewDevice, *, kept: int) -> None:
    """Add a device; of more than ``kept`` of the user's the least recently used are forgotten."""
    connection.execute(
        """INSERT INTO trusted_devices (id, user_id, token_hash, ip_address, user_agent, trusted_at, last_used_at, expires_at)
           VALUES (%(id)s, %(user_id)s, %(token_hash)s, %(ip_address)s, %(user_agent)s, %(trusted_at)s, %(trusted_at)s, %(expires_at)s)""",
        msgspec.structs.asdict(device),
    )
    connection.execute(
        """DELETE FROM trusted_devices WHERE id IN (
               SELECT id FROM trusted_devices WHERE user_id = %s ORDER BY last_used_at DESC, id DESC OFFSET %s)""",
        (device.user_id, kept),
    )


def use(connection: Connection, user_id: UUID, token_hash: str, now: datetime) -> UUID | None:
    """The user's device with this token, marked as used; ``None`` if it is unknown, another user's or expired."""
    row = connection.execute(
        "UPDATE trusted_devices SET last_used_at = %s WHERE user_id = %s AND token_hash = %s AND expires_at > %s RETURNING id",
        (now, user_id, token_hash, now),
    ).fetchone()
    return row[0] if row else None


def live(connection: Connection, user_id: UUID, now: datetime) -> list[TrustedDevice]:
    """Most recently used first."""
    with connection.cursor(row_factory=class_row(TrustedDevice)) as cursor:
        return cursor.execute(
            """SELECT id, host(ip_address) AS ip_address, user_agent, trusted_at, last_used_at, expires_at FROM trusted_devices
                WHERE user_id = %s AND expires_at > %s ORDER BY last_used_at DESC, id DESC""",
            (user_id, now),
        ).fetchall()


def forget(connection: Connection, user_id: UUID, device_id: UUID) -> bool:
    """Whether there was such a device of this user's."""
    return connection.execute("DELETE FROM trusted_devices WHERE id = %s AND user_id = %s", (device_id, user_id)).rowcount > 0


def forget_all(connection: Connection, user_id: UUID) -> None:
    connection.execute("DELETE FROM trusted_devices WHERE user_id = %s", (user_id,))
