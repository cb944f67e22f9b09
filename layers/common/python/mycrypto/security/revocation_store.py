"""Restores the revocation marks in Redis from PostgreSQL after Redis was wiped.

PostgreSQL knows what was revoked and when; Redis only repeats it for fast readers. The mark ``COMPLETE_KEY`` says that Redis has all marks. Where it
is missing, Redis has lost its memory and the marks are written again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import redis
from psycopg import Connection

from mycrypto.security import revocation
from mycrypto.security.revocation import COMPLETE_KEY
from mycrypto.security.tokens import ACCESS_LIFE_S

MARGIN: Final = timedelta(minutes=1)


def is_complete(server: redis.Redis) -> bool:
    """Whether Redis still knows every revoked token that could be alive. Raises redis.RedisError."""
    return server.exists(COMPLETE_KEY) == 1


def restore(connection: Connection, server: redis.Redis, now: datetime) -> int:
    """Write the marks of all access tokens that were revoked and may not have expired; returns how many. Safe to repeat."""
    since = now - timedelta(seconds=ACCESS_LIFE_S) - MARGIN
    now_ms = int(now.timestamp() * 1000)
    # a rotated session goes on under its next token, so its family is not revoked
    families = connection.execute(
        "SELECT DISTINCT family_id FROM sessions WHERE is_revoked AND revoked_at > %s"
        " AND NOT EXISTS (SELECT FROM sessions live WHERE live.family_id = sessions.family_id AND NOT live.is_revoked)",
        (since,),
    ).fetchall()
    for (family_id,) in families:
        revocation.revoke_session(server, family_id, now_ms=now_ms)
    users = connection.execute("SELECT id, tokens_valid_from FROM users WHERE tokens_valid_from > %s", (since,)).fetchall()
    for user_id, cut_off in users:
        revocation.revoke_user(server, user_id, now_ms=int(cut_off.timestamp() * 1000))
    server.set(COMPLETE_KEY, str(now_ms))
    return len(families) + len(users)
