"""The table ``partner_cursors``."""

from __future__ import annotations

from datetime import datetime

from psycopg import Connection


def find(connection: Connection, partner: str) -> str:
    """How far a partner was asked; empty at first."""
    row = connection.execute("SELECT cursor FROM partner_cursors WHERE partner = %s", (partner,)).fetchone()
    return str(row[0]) if row else ""


def keep(connection: Connection, partner: str, cursor: str, now: datetime) -> None:
    connection.execute(
        """INSERT INTO partner_cursors (partner, cursor, updated_at) VALUES (%s, %s, %s)
           ON CONFLICT (partner) DO UPDATE SET cursor = excluded.cursor, updated_at = excluded.updated_at""",
        (partner, cursor, now),
    )
