"""The table ``idempotency_keys``."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection


class StoredAnswer(NamedTuple):
    request_hash: bytes
    status: int
    response: bytes


def claim(
    connection: Connection, user_id: UUID, key: str, request_hash: bytes, *, now: datetime, expires_at: datetime
) -> StoredAnswer | None:
    """Take the key for this request, or return what was answered under it. A second request with the key waits for the first."""
    connection.execute("DELETE FROM idempotency_keys WHERE user_id = %s AND key = %s AND expires_at <= %s", (user_id, key, now))
    cursor = connection.execute(
        """INSERT INTO idempotency_keys (user_id, key, request_hash, status, response, expires_at) VALUES (%s, %s, %s, 0, '', %s)
           ON CONFLICT (user_id, key) DO NOTHING""",
        (user_id, key, request_hash, expires_at),
    )
    if cursor.rowcount == 1:
        return None
    row = connection.execute(
        "SELECT request_hash, status, response FROM idempotency_keys WHERE user_id = %s AND key = %s", (user_id, key)
    ).fetchone()
    return StoredAnswer(bytes(row[0]), row[1], bytes(row[2])) if row else None


def keep(connection: Connection, user_id: UUID, key: str, status: int, response: bytes) -> None:
    """Keep the answer, in the transaction that makes it true."""
    connection.execute(
        "UPDATE idempotency_keys SET status = %s, response = %s WHERE user_id = %s AND key = %s", (status, response, user_id, key)
    )
