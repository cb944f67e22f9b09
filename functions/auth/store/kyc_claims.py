"""Who of the staff works on which application: columns of ``kyc_submissions``."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg import Connection


def take(connection: Connection, submission_id: UUID, reviewer: UUID, until: datetime) -> None:
    connection.execute("UPDATE kyc_submissions SET claimed_by = %s, claimed_until = %s WHERE id = %s", (reviewer, until, submission_id))


def release(connection: Connection, submission_id: UUID, reviewer: UUID) -> bool:
    """Whether the reviewer had it."""
    done = connection.execute(
        "UPDATE kyc_submissions SET claimed_by = NULL, claimed_until = NULL WHERE id = %s AND claimed_by = %s", (submission_id, reviewer)
    )
    return done.rowcount > 0


def next_free(connection: Connection, reviewer: UUID, now: datetime) -> UUID | None:
    """The most urgent application that is scanned, checked, free and not the reviewer's own, held; what another transaction holds is passed over."""
    row = connection.execute(
        """SELECT id FROM kyc_submissions submission
            WHERE status IN ('PENDING', 'IN_REVIEW') AND user_id <> %(reviewer)s
              AND (claimed_by IS NULL OR claimed_by = %(reviewer)s OR claimed_until <= %(now)s)
              AND identity_check <> 'WAITING'
              AND NOT EXISTS (SELECT FROM kyc_documents WHERE submission_id = submission.id AND status IN ('UPLOADED', 'SCANNING'))
            ORDER BY priority, submitted_at, id LIMIT 1 FOR UPDATE SKIP LOCKED""",
        {"reviewer": reviewer, "now": now},
    ).fetchone()
    return row[0] if row else None
