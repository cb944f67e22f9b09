"""The table ``earlier_records``: what users did on the platform before this one."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row


class EarlierRow(NamedTuple):
    kind: Literal["TRANSACTION", "ORDER", "TRADE"]
    source_id: str
    occurred_at: datetime
    document: dict[str, str]


def page(connection: Connection, user_id: UUID, kind: str | None, *, limit: int, offset: int) -> tuple[list[EarlierRow], int]:
    """Newest first, and how many there are; ``None`` does not narrow."""
    narrowed = "WHERE user_id = %(user)s AND (%(kind)s::text IS NULL OR kind = %(kind)s)"
    values = {"user": user_id, "kind": kind, "limit": limit, "offset": offset}
    with connection.cursor(row_factory=class_row(EarlierRow)) as cursor:
        rows = cursor.execute(
            f"""SELECT kind, source_id, occurred_at, document FROM earlier_records {narrowed}
                 ORDER BY occurred_at DESC, kind, source_id LIMIT %(limit)s OFFSET %(offset)s""",  # noqa: S608 - constant text
            values,
        ).fetchall()
    counted = connection.execute(f"SELECT count(*) FROM earlier_records {narrowed}", values).fetchone()  # noqa: S608 - constant text
    return rows, int(counted[0]) if counted else 0
