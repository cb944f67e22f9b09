"""The table ``email_logs``: which mail went out, and who is busy with which; and the users who read them."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

CLAIM_LIFE: Final = timedelta(minutes=5)
"""The execution that holds an older claim has died: the time is longer than the function may run."""


class Claim(StrEnum):
    OURS = "ours"
    SENT = "sent"
    BUSY = "busy"


class Reader(NamedTuple):
    """A user as mails see one: the own address, language, time zone and anti-phishing word."""

    email: str
    locale: str
    time_zone: str
    mail_word: str | None


def claim(connection: Connection, message_id: UUID, kind: str, user_id: UUID | None, recipient: str, now: datetime) -> Claim:
    """Claim a message, unless it was sent or another execution is sending it now."""
    taken = connection.execute(
        """INSERT INTO email_logs AS log (message_id, type, user_id, recipient, status, claimed_at)
           VALUES (%s, %s, %s, %s, 'SENDING', %s)
           ON CONFLICT (message_id) DO UPDATE SET status = 'SENDING', claimed_at = excluded.claimed_at, attempts = log.attempts + 1
             WHERE log.status = 'FAILED' OR (log.status = 'SENDING' AND log.claimed_at < %s)
           RETURNING 1""",
        (message_id, kind, user_id, recipient, now, now - CLAIM_LIFE),
    ).fetchone()
    if taken:
        return Claim.OURS
    row = connection.execute("SELECT status FROM email_logs WHERE message_id = %s", (message_id,)).fetchone()
    return Claim.SENT if row and row[0] == "SENT" else Claim.BUSY


def sent(connection: Connection, message_id: UUID, ses_id: str, now: datetime) -> None:
    connection.execute(
        "UPDATE email_logs SET status = 'SENT', ses_id = %s, sent_at = %s WHERE message_id = %s",
        (ses_id, now, message_id),
    )


def failed(connection: Connection, message_id: UUID) -> None:
    connection.execute("UPDATE email_logs SET status = 'FAILED' WHERE message_id = %s AND status = 'SENDING'", (message_id,))


def reader(connection: Connection, user_id: UUID | None) -> Reader | None:
    """Who reads a mail about this user."""
    with connection.cursor(row_factory=class_row(Reader)) as cursor:
        return cursor.execute("SELECT email, locale, time_zone, mail_word FROM users WHERE id = %s", (user_id,)).fetchone()


def in_zone(connection: Connection, moment: str, time_zone: str) -> str:
    """A moment as a clock of this time zone shows it, with the zone's name."""
    row = connection.execute(
        "SELECT to_char(%s::timestamptz AT TIME ZONE %s, 'YYYY-MM-DD HH24:MI') || ' (' || %s || ')'", (moment, time_zone, time_zone)
    ).fetchone()
    return str(row[0]) if row else moment
