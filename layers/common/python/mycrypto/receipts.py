"""Receipts: the readers of the queues of mails and audit records say in the outbox what has arrived.

A queue may lose what it has accepted; the queues of one machine do, when the emulator is killed. A message without a receipt is sent again,
under the same id, and its reader drops an id that it has seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from psycopg import Connection

EXPECTED: Final = timedelta(minutes=2)
OF_USE: Final = timedelta(days=1)
"""What was sent before that is not sent again: its links and codes have expired."""
ATTEMPTS_MAX: Final = 5
"""A message that its reader cannot take is in the queue's dead letters, and not lost."""
CONFIRMED: Final = ("sqs:email-notifications", "sqs:audit-logs")
"""Queues whose readers give receipts."""


def give(connection: Connection, message_ids: Sequence[UUID]) -> None:
    """These messages have had their effect. What they said is erased: mails hold codes and links."""
    connection.execute(
        """UPDATE outbox SET received_at = now(), sent_at = coalesce(sent_at, now()), payload = ''
            WHERE id = ANY(%s) AND received_at IS NULL""",
        (list(message_ids),),
    )


def send_again(connection: Connection, expected: timedelta = EXPECTED) -> int:
    """Put back what should have been received by now (the database's, which marked it), and erase what comes too late; returns how many
    were put back.
    """
    connection.execute(
        "UPDATE outbox SET payload = '' WHERE sent_at < now() - %s AND received_at IS NULL AND destination = ANY(%s) AND payload <> ''",
        (OF_USE, list(CONFIRMED)),
    )
    return connection.execute(
        """UPDATE outbox SET sent_at = NULL
            WHERE sent_at BETWEEN now() - %s AND now() - %s AND received_at IS NULL AND destination = ANY(%s) AND attempts < %s""",
        (OF_USE, expected, list(CONFIRMED), ATTEMPTS_MAX),
    ).rowcount
