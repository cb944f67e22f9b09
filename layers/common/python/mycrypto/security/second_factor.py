"""A fresh code of a user's second factor, checked in the transaction that needs it.

Auth asks at log-in and for its own settings, the function ``codes`` for the withdrawals of the wallet. The row's lock and its ``last_step`` make each code good for
exactly one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import redis
from psycopg import Connection
from psycopg.types.json import Jsonb

from mycrypto.errors import ProblemError
from mycrypto.ids import new_uuid
from mycrypto.security import totp
from mycrypto.security.sealing import Sealer

if TYPE_CHECKING:
    from mycrypto.security.guard import Try  # the gateway, which asks only what was shown, need not bring the outbox with it

PURPOSE: Final = "two-factor"
FRESH_S: Final = 300
"""How long a step-up in a session counts for what asks for a fresh second factor."""


class Check(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    NOT_ENABLED = "not_enabled"


def fresh_key(session_id: UUID) -> str:
    """The Redis key that says: the second factor was shown in this session a moment ago."""
    return f"2fa:fresh:{session_id}"


def check(connection: Connection, user_id: UUID, code: str, sealer: Sealer, now: datetime, *, tried: Try) -> Check:
    """Whether the code is right, and spend it if so. Call it inside the transaction that it protects, with the try that the guard counted
    before: one that it did not admit is never right, and is not spent.
    """
    row = connection.execute(
        "SELECT secret_encrypted, last_step FROM two_factor_secrets WHERE user_id = %s AND is_enabled FOR UPDATE", (user_id,)
    ).fetchone()
    if row is None:
        return Check.NOT_ENABLED
    step = totp.matching_step(sealer.open(row[0], str(user_id)), code, now_s=int(now.timestamp()), after_step=row[1])
    if step is None or not tried.admitted:
        return Check.WRONG
    connection.execute("UPDATE two_factor_secrets SET last_step = %s, updated_at = %s WHERE user_id = %s", (step, now, user_id))
    return Check.RIGHT


def is_enabled(connection: Connection, user_id: UUID) -> bool:
    row = connection.execute("SELECT two_fa_enabled FROM users WHERE id = %s", (user_id,)).fetchone()
    return bool(row and row[0])


def was_shown(server: redis.Redis, session_id: UUID) -> bool:
    """Whether the second factor was shown in this session within the last five minutes."""
    return server.get(fresh_key(session_id)) is not None


def require_shown(server: redis.Redis, connection: Callable[[], Connection], user_id: UUID, session_id: UUID, *, lenient: bool) -> None:
    """For what an administrator changes. Raises AUTH_003 unless the second factor was shown a moment ago.

    Where it is ``lenient`` (on one machine) an administrator may work without a second factor, but one who has it must show it there too.
    """
    if was_shown(server, session_id) or (lenient and not is_enabled(connection(), user_id)):
        return
    raise ProblemError("AUTH_003", "show the second factor first (POST /api/auth/2fa/verify); it counts for five minutes")


def record(connection: Connection, user_id: UUID, action: str, *, ip: str, user_agent: str, **metadata: Any) -> None:
    """A line of the second factor's own log."""
    connection.execute(
        "INSERT INTO two_factor_audit_log (id, user_id, action, ip_address, user_agent, metadata) VALUES (%s, %s, %s, %s, %s, %s)",
        (new_uuid(), user_id, action, ip, user_agent, Jsonb(metadata)),
    )
