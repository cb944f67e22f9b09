"""The one guard of every place where a secret is tried: passwords at log-in and within a session, codes of the second factor.

A try is counted as a failure, and committed, before it is checked; a right one clears the count afterwards. So concurrent guesses are counted one by
one, and a crash does not undo a count. A try that is not admitted is checked as well and answered as a wrong one, with the same words after the same
work: an attacker learns neither that the guard is shut nor that the guess was right. The owner is told by mail.

PostgreSQL keeps the counts, in ``secret_guards``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from mycrypto import mail
from mycrypto.database import Database
from mycrypto.mail import MailKind


class Kind(StrEnum):
    """What is tried, and by it whose tries are counted together."""

    LOGIN = "login"
    """The password at log-in: by address, known or not."""
    SESSION = "session"
    """The password once more, within a session: counted by session, so that guesses at the log-in do not lock a user who is logged in."""
    SECOND_FACTOR = "second_factor"
    """A code or backup code, wherever it is asked for: by user."""


class Policy(msgspec.Struct, frozen=True):
    """``steps``: after so many failures in a row the guard is shut for so long; after the last step counting starts again.
    ``forgets_after``: after so long without a try the count is zero again.
    """

    steps: tuple[tuple[int, timedelta], ...]
    forgets_after: timedelta


_PASSWORDS: Final = Policy(((5, timedelta(minutes=30)),), timedelta(days=1))
POLICIES: Final = {
    Kind.LOGIN: _PASSWORDS,
    Kind.SESSION: _PASSWORDS,
    Kind.SECOND_FACTOR: Policy(((3, timedelta(seconds=30)), (5, timedelta(minutes=15))), timedelta(minutes=15)),
}
FORGOTTEN: Final = max(policy.forgets_after for policy in POLICIES.values())
"""After this long without a try a row says nothing any more, whatever it is of."""

_MAILS: Final = {
    Kind.LOGIN: MailKind.ACCOUNT_LOCKED,
    Kind.SESSION: MailKind.CONFIRMATION_LOCKED,
    Kind.SECOND_FACTOR: MailKind.SECOND_FACTOR_LOCKED,
}


class Count(msgspec.Struct, frozen=True):
    """A row of the table."""

    failures: int
    locked_until: datetime | None
    changed_at: datetime

    def is_locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until


class Try(msgspec.Struct, frozen=True):
    """A try that has been counted. ``shuts_until``: it is the one that shuts the guard, unless it is right; ``final``: for the longest time."""

    kind: Kind
    subject: str
    admitted: bool
    shuts_until: datetime | None = None
    final: bool = False


def after_try(count: Count, policy: Policy, now: datetime) -> Count:
    """The count with one more failure; a guard that is shut stays as it is, so that knocking does not prolong it."""
    if count.is_locked(now):
        return count
    done = count.failures >= policy.steps[-1][0] or now - count.changed_at > policy.forgets_after
    failures = 1 if done else count.failures + 1
    shut_for = dict(policy.steps).get(failures)
    return Count(failures, now + shut_for if shut_for else None, now)


def admit(db: Database, kind: Kind, subject: str, now: datetime) -> Try:
    """Count a try before it is judged, in a transaction of its own: call it outside of any other."""
    policy = POLICIES[kind]
    with db.transaction() as connection:
        with connection.cursor(row_factory=class_row(Count)) as cursor:
            before = cursor.execute(
                """INSERT INTO secret_guards (kind, subject, failures, changed_at) VALUES (%s, %s, 0, %s)
                   ON CONFLICT (kind, subject) DO UPDATE SET kind = EXCLUDED.kind RETURNING failures, locked_until, changed_at""",
                (kind.value, subject, now),
            ).fetchone()
        if before is None:
            raise RuntimeError("an upsert answers with its row")
        after = after_try(before, policy, now)
        _write(connection, kind, subject, after)
    if before.is_locked(now):
        return Try(kind, subject, admitted=False)
    return Try(kind, subject, admitted=True, shuts_until=after.locked_until, final=after.failures == policy.steps[-1][0])


def _write(connection: Connection, kind: Kind, subject: str, count: Count) -> None:
    connection.execute(
        "UPDATE secret_guards SET failures = %s, locked_until = %s, changed_at = %s WHERE kind = %s AND subject = %s",
        (count.failures, count.locked_until, count.changed_at, kind.value, subject),
    )


def clear(connection: Connection, kind: Kind, subject: str) -> None:
    """Forget what was counted: the secret was right, or its owner has come in by another way."""
    connection.execute("DELETE FROM secret_guards WHERE kind = %s AND subject = %s", (kind.value, subject))


def take_back(connection: Connection, tried: Try) -> None:
    """The secret of this try was never looked at, because something else was wrong: it counts as no failure."""
    if tried.admitted:
        connection.execute(
            """UPDATE secret_guards SET failures = failures - 1, locked_until = nullif(locked_until, %s)
                WHERE kind = %s AND subject = %s AND failures > 0""",
            (tried.shuts_until, tried.kind.value, tried.subject),
        )


def tell(connection: Connection, tried: Try, *, to: str, user_id: UUID | None, trace_id: str, ip: str) -> None:
    """Tell the owner if this wrong try has shut the guard for the longest time, in the transaction that writes the failure down. Without a
    ``user_id`` there is no owner: the same row is written, and the notifications function drops it.
    """
    if tried.final and tried.shuts_until is not None:
        until = tried.shuts_until.isoformat(timespec="seconds")
        mail.add_for(connection, _MAILS[tried.kind], to=to, user_id=user_id, trace_id=trace_id, locked_until=until, ip_address=ip)
