"""The table ``notices``, as the function that fills it sees it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from mycrypto.notices import KEPT, PER_USER_MAX, NoticeKind

_WRITE: Final = """
INSERT INTO notices (id, user_id, kind, params, happened_at)
SELECT %(id)s, users.id, %(kind)s, %(params)s, %(at)s
  FROM users
 WHERE users.id = %(user_id)s AND users.status <> 'CLOSED' AND %(at)s > %(oldest)s
   FOR KEY SHARE OF users
ON CONFLICT (id) DO NOTHING
"""

_TRIM: Final = """
DELETE FROM notices
 WHERE user_id = %(user_id)s AND (happened_at, id) <= (
     SELECT happened_at, id FROM notices WHERE user_id = %(user_id)s ORDER BY happened_at DESC, id DESC OFFSET %(most)s LIMIT 1)
"""


def write(
    connection: Connection, notice_id: UUID, user_id: UUID, kind: NoticeKind, params: Mapping[str, str], at: datetime, now: datetime
) -> bool:
    """Write a notice once; whether it was written now. Users who are not there or have closed their account get none.

    One at a time for each user: places grow in the order in which notices can be seen, and a reader who has seen one has missed none before it.
    A notice that was dropped because newer ones took its room is dropped again if its message comes again.
    """
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"notices:{user_id}",))
        values = {"id": notice_id, "user_id": user_id, "kind": kind.value, "params": Jsonb(dict(params)), "at": at, "oldest": now - KEPT}
        written = connection.execute(_WRITE, values).rowcount == 1
        if written:
            connection.execute(_TRIM, {"user_id": user_id, "most": PER_USER_MAX})
    return written
