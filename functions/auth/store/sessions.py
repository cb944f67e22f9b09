"""The table ``sessions``: one row per refresh token, one family per log-in. Two tabs that refresh at once leave two live rows of a family."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row


class Session(msgspec.Struct, frozen=True):
    id: UUID
    user_id: UUID
    family_id: UUID
    expires_at: datetime
    is_revoked: bool
    revoked_at: datetime | None
    revoked_reason: str | None
    replaced_by: UUID | None
    signed_in_at: datetime


class NewSession(msgspec.Struct, frozen=True):
    id: UUID
    user_id: UUID
    family_id: UUID
    refresh_token_hash: str
    expires_at: datetime
    ip_address: str
    user_agent: str
    signed_in_at: datetime
    created_at: datetime
    parent_id: UUID | None


class Device(msgspec.Struct, frozen=True):
    """A live session as its owner sees it."""

    id: UUID
    ip_address: str
    user_agent: str
    signed_in_at: datetime
    last_seen_at: datetime
    expires_at: datetime


_COLUMNS = "id, user_id, family_id, expires_at, is_revoked, revoked_at, revoked_reason, replaced_by, signed_in_at"


def insert(connection: Connection, session: NewSession) -> None:
    connection.execute(
        """INSERT INTO sessions (id, user_id, family_id, refresh_token_hash, expires_at, ip_address, user_agent, signed_in_at, created_at,
               parent_id)
           VALUES (%(id)s, %(user_id)s, %(family_id)s, %(refresh_token_hash)s, %(expires_at)s, %(ip_address)s, %(user_agent)s,
               %(signed_in_at)s, %(created_at)s, %(parent_id)s)""",
        msgspec.structs.asdict(session),
    )


def lock_by_token(connection: Connection, refresh_token_hash: str) -> Session | None:
    """The row of a refresh token, held: of two who present the same token at once, one is second."""
    with connection.cursor(row_factory=class_row(Session)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM sessions WHERE refresh_token_hash = %s FOR UPDATE",  # noqa: S608
            (refresh_token_hash,),
        ).fetchone()


def successors(connection: Connection, session: Session) -> list[Session]:
    """The rows that followed this one directly."""
    with connection.cursor(row_factory=class_row(Session)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM sessions WHERE parent_id = %s OR id = %s",  # noqa: S608
            (session.id, session.replaced_by),
        ).fetchall()


def rotate(connection: Connection, session_id: UUID, replaced_by: UUID, now: datetime) -> None:
    connection.execute(
        """UPDATE sessions SET is_revoked = true, revoked_at = %s, revoked_reason = 'ROTATED', replaced_by = %s, updated_at = %s
            WHERE id = %s""",
        (now, replaced_by, now, session_id),
    )


def revoke_family(connection: Connection, user_id: UUID, family_id: UUID, reason: str, now: datetime) -> bool:
    """Whether there was a live session of this user's to revoke."""
    done = connection.execute(
        """UPDATE sessions SET is_revoked = true, revoked_at = %s, revoked_reason = %s, updated_at = %s
            WHERE family_id = %s AND user_id = %s AND NOT is_revoked""",
        (now, reason, now, family_id, user_id),
    )
    return done.rowcount > 0


def revoke_all(connection: Connection, user_id: UUID, reason: str, now: datetime) -> list[UUID]:
    """Revoke every live session of the user; returns the families."""
    rows = connection.execute(
        """UPDATE sessions SET is_revoked = true, revoked_at = %s, revoked_reason = %s, updated_at = %s
            WHERE user_id = %s AND NOT is_revoked RETURNING family_id""",
        (now, reason, now, user_id),
    )
    return [row[0] for row in rows.fetchall()]


def revoke_others(connection: Connection, user_id: UUID, family_id: UUID, reason: str, now: datetime) -> set[UUID]:
    """Revoke every live session of the user but this family's; returns the families."""
    rows = connection.execute(
        """UPDATE sessions SET is_revoked = true, revoked_at = %s, revoked_reason = %s, updated_at = %s
            WHERE user_id = %s AND family_id <> %s AND NOT is_revoked RETURNING family_id""",
        (now, reason, now, user_id, family_id),
    )
    return {row[0] for row in rows.fetchall()}


def live(connection: Connection, user_id: UUID, now: datetime) -> list[Device]:
    """The user's live sessions, each once, most recently used first."""
    with connection.cursor(row_factory=class_row(Device)) as cursor:
        return cursor.execute(
            """SELECT * FROM (
                   SELECT DISTINCT ON (family_id) family_id AS id, host(ip_address) AS ip_address, user_agent, signed_in_at,
                       created_at AS last_seen_at, expires_at
                     FROM sessions WHERE user_id = %s AND NOT is_revoked AND expires_at > %s ORDER BY family_id, created_at DESC) device
                ORDER BY last_seen_at DESC""",
            (user_id, now),
        ).fetchall()
