"""The table ``adjustments``."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from mycrypto.money import from_numeric


class AdjustmentRow(NamedTuple):
    id: UUID
    user_id: UUID
    currency: str
    amount: Decimal
    reason: str
    status: str
    proposed_by: UUID
    proposed_at: datetime
    decided_by: UUID | None
    decided_at: datetime | None
    decision_reason: str | None

    @property
    def units(self) -> int:
        """Negative for what is taken from the user."""
        return from_numeric(self.amount)


_SELECT = f"SELECT {', '.join(AdjustmentRow._fields)} FROM adjustments"  # noqa: S608 - our own column names


def insert(connection: Connection, row: AdjustmentRow) -> None:
    connection.execute(
        "INSERT INTO adjustments (id, user_id, currency, amount, reason, status, proposed_by, proposed_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        row[:8],
    )


def find(connection: Connection, adjustment_id: UUID) -> AdjustmentRow | None:
    with connection.cursor(row_factory=class_row(AdjustmentRow)) as cursor:
        return cursor.execute(f"{_SELECT} WHERE id = %s", (adjustment_id,)).fetchone()


def lock(connection: Connection, adjustment_id: UUID) -> AdjustmentRow | None:
    with connection.cursor(row_factory=class_row(AdjustmentRow)) as cursor:
        return cursor.execute(f"{_SELECT} WHERE id = %s FOR UPDATE", (adjustment_id,)).fetchone()


def page(connection: Connection, *, status: str | None, user_id: UUID | None, limit: int, offset: int) -> tuple[list[AdjustmentRow], int]:
    """Newest first, and how many there are; ``None`` does not narrow."""
    narrowed = "WHERE (%(status)s::text IS NULL OR status = %(status)s) AND (%(user)s::uuid IS NULL OR user_id = %(user)s)"
    values = {"status": status, "user": user_id, "limit": limit, "offset": offset}
    with connection.cursor(row_factory=class_row(AdjustmentRow)) as cursor:
        rows = cursor.execute(
            f"{_SELECT} {narrowed} ORDER BY proposed_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s", values
        ).fetchall()
    counted = connection.execute(f"SELECT count(*) FROM adjustments {narrowed}", values).fetchone()  # noqa: S608 - constant text
    return rows, int(counted[0]) if counted else 0


def decide(connection: Connection, adjustment_id: UUID, status: str, staff_id: UUID, now: datetime, *, reason: str | None = None) -> None:
    connection.execute(
        "UPDATE adjustments SET status = %s, decided_by = %s, decided_at = %s, decision_reason = %s WHERE id = %s",
        (status, staff_id, now, reason, adjustment_id),
    )
