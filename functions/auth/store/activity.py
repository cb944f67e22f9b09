"""What the audit log tells a user about the own account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from mycrypto.http.cursors import Place


class Activity(msgspec.Struct, frozen=True):
    """Something that happened to the own account. ``by_staff``: it was not its owner who did it. ``resource`` says more, such as the method of a code."""

    id: UUID
    action: str
    result: str
    resource: str
    by_staff: bool
    ip_address: str | None
    user_agent: str
    timestamp: datetime


def page(connection: Connection, user_id: UUID, silent: Sequence[str], after: Place | None, limit: int) -> list[Activity]:
    """Records about the user, newest first, without the actions that are ``silent``. Who of the staff acted, and why, is not said."""
    with connection.cursor(row_factory=class_row(Activity)) as cursor:
        return cursor.execute(
            """SELECT id, action, result, resource, actor_type <> 'USER' AS by_staff,
                      CASE WHEN actor_type = 'USER' THEN host(ip_address) END AS ip_address,
                      CASE WHEN actor_type = 'USER' THEN user_agent ELSE '' END AS user_agent, timestamp
                 FROM audit_logs
                WHERE user_id = %(user)s AND action <> ALL (%(silent)s)
                  AND (%(moment)s::timestamptz IS NULL OR (timestamp, id) < (%(moment)s, %(id)s::uuid))
                ORDER BY timestamp DESC, id DESC LIMIT %(limit)s""",
            {
                "user": user_id,
                "silent": list(silent),
                "moment": after.moment if after else None,
                "id": after.id if after else None,
                "limit": limit,
            },
        ).fetchall()
