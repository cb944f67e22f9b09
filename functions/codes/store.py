"""SQL of the function codes."""

from __future__ import annotations

from uuid import UUID

from psycopg import Connection


def address_of(connection: Connection, user_id: UUID) -> str:
    """The e-mail address of a user who has a second factor, and so exists."""
    row = connection.execute("SELECT email FROM users WHERE id = %s", (user_id,)).fetchone()
    if row is None:
        raise LookupError("a second factor has a user")
    return str(row[0])
