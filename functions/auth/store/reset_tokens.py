"""The table ``password_reset_tokens``."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg import Connection

from functions.auth.store.users import NO_USER_ID
from mycrypto.ids import new_uuid


def replace(connection: Connection, user_id: UUID | None, token_hash: str, *, expires_at: datetime, ip: str, user_agent: str) -> None:
    """A new token; unused earlier ones become invalid. Without a user the token belongs to no account and opens nothing."""
    connection.execute("DELETE FROM password_reset_tokens WHERE user_id = %s AND used_at IS NULL", (user_id or NO_USER_ID,))
    connection.execute(
        """INSERT INTO password_reset_tokens (id, user_id, token_hash, expires_at, ip_address, user_agent)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        (new_uuid(), user_id, token_hash, expires_at, ip, user_agent),
    )


def spend(connection: Connection, token_hash: str, now: datetime) -> UUID | None:
    """Mark the token used; whose it is, or ``None`` if it is unknown, used or expired."""
    row = connection.execute(
        "UPDATE password_reset_tokens SET used_at = %s WHERE token_hash = %s AND used_at IS NULL AND expires_at > %s RETURNING user_id",
        (now, token_hash, now),
    ).fetchone()
    return row[0] if row else None


def forget_unused(connection: Connection, user_id: UUID) -> None:
    """Links that were mailed open nothing any more."""
    connection.execute("DELETE FROM password_reset_tokens WHERE user_id = %s AND used_at IS NULL", (user_id,))
