"""Which applications were kept long enough."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row


class Due(NamedTuple):
    id: UUID
    user_id: UUID


def hold_next(connection: Connection, before: datetime) -> Due | None:
    """The oldest application that was decided before this moment and proves no customer's identity: it was rejected, or another one was approved in its
    place before this moment too, or the account is closed and its sealed identity is gone. Held until the transaction ends.
    """
    with connection.cursor(row_factory=class_row(Due)) as cursor:
        return cursor.execute(
            """SELECT id, user_id FROM kyc_submissions application
                WHERE reviewed_at < %(before)s AND (
                      status = 'REJECTED'
                      OR EXISTS (SELECT FROM kyc_submissions later WHERE later.user_id = application.user_id AND later.status = 'APPROVED'
                                    AND later.reviewed_at > application.reviewed_at AND later.reviewed_at < %(before)s)
                      OR (EXISTS (SELECT FROM users WHERE users.id = application.user_id AND users.status = 'CLOSED')
                          AND NOT EXISTS (SELECT FROM closed_accounts closed WHERE closed.user_id = application.user_id)))
                ORDER BY reviewed_at, id LIMIT 1 FOR UPDATE SKIP LOCKED""",
            {"before": before},
        ).fetchone()


def delete(connection: Connection, submission_id: UUID) -> None:
    """The application and the rows of its pictures."""
    connection.execute("DELETE FROM kyc_submissions WHERE id = %s", (submission_id,))
