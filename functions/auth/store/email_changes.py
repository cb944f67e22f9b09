"""The table ``email_changes``: at most one change of address waits for each user."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row


class EmailChange(msgspec.Struct, frozen=True):
    """A change that waits. ``old_confirmed`` and ``new_confirmed``: which of the two addresses has agreed."""

    new_email: str
    old_confirmed: bool
    new_confirmed: bool
    asked_at: datetime
    expires_at: datetime


_COLUMNS = (
    """new_email, old_confirmed_at IS NOT NULL AS old_confirmed, new_confirmed_at IS NOT NULL AS new_confirmed, asked_at, expires_at"""
)


def replace(
    connection: Connection, user_id: UUID, new_email: str, *, old_token: str, new_token: str, now: datetime, expires_at: datetime
) -> None:
    """A new change; the tokens of an earlier one are worth nothing any more."""
    forget(connection, user_id)
    connection.execute(
        """INSERT INTO email_changes (user_id, new_email, old_token_hash, new_token_hash, asked_at, expires_at)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        (user_id, new_email, old_token, new_token, now, expires_at),
    )


def forget(connection: Connection, user_id: UUID) -> bool:
    """Whether a change waited."""
    return connection.execute("DELETE FROM email_changes WHERE user_id = %s", (user_id,)).rowcount > 0


def waiting(connection: Connection, user_id: UUID, now: datetime) -> EmailChange | None:
    with connection.cursor(row_factory=class_row(EmailChange)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM email_changes WHERE user_id = %s AND expires_at > %s",  # noqa: S608
            (user_id, now),
        ).fetchone()


def owner_of(connection: Connection, token_hash: str) -> UUID | None:
    """Whose change one of the two tokens belongs to."""
    row = connection.execute(
        "SELECT user_id FROM email_changes WHERE old_token_hash = %(token)s OR new_token_hash = %(token)s", {"token": token_hash}
    ).fetchone()
    return row[0] if row else None


def agree(connection: Connection, user_id: UUID, token_hash: str, now: datetime) -> EmailChange | None:
    """Write down that the address with this token agrees; ``None`` if the token is unknown or expired. Safe to repeat."""
    with connection.cursor(row_factory=class_row(EmailChange)) as cursor:
        return cursor.execute(
            f"""UPDATE email_changes SET
                   old_confirmed_at = CASE WHEN old_token_hash = %(token)s THEN coalesce(old_confirmed_at, %(now)s) ELSE old_confirmed_at END,
                   new_confirmed_at = CASE WHEN new_token_hash = %(token)s THEN coalesce(new_confirmed_at, %(now)s) ELSE new_confirmed_at END
                WHERE user_id = %(user)s AND expires_at > %(now)s AND %(token)s IN (old_token_hash, new_token_hash)
                RETURNING {_COLUMNS}""",  # noqa: S608
            {"token": token_hash, "now": now, "user": user_id},
        ).fetchone()
