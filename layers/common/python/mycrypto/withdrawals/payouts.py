"""The table ``payouts`` and the jobs of the payout queue: what is to be paid out, what was tried, and when to look again.

A payout is made for a withdrawal in the transaction that approves it. Its job goes through the outbox to ``withdrawal-processing`` under the
withdrawal's own id, so it is queued once; each later look is a job of its own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from mycrypto import outbox
from mycrypto.ids import new_uuid

JOB: Final = "withdrawal_payout"
LOOK_EVERY: Final = timedelta(seconds=120)
"""Between two looks at a payout that waits."""


def payout_key(withdrawal_id: UUID) -> str:
    """The one key of a payout: for the bank, the signer and the ledger."""
    return f"payout:{withdrawal_id}"


class PayoutRow(NamedTuple):
    withdrawal_id: UUID
    idempotency_key: str
    raw_transaction: bytes | None
    tx_hash: str | None
    started_at: datetime | None
    attempted_at: datetime | None
    attempts: int
    absent_since: datetime | None
    waits_for: str | None
    next_look_at: datetime | None
    reported: str | None
    reported_reference: str | None
    by_hand: bool


_COLUMNS: Final = ", ".join(PayoutRow._fields)


def _job(connection: Connection, withdrawal_id: UUID, user_id: UUID, job_id: UUID) -> None:
    data = {"withdrawal_id": str(withdrawal_id)}
    outbox.add_message(connection, outbox.WITHDRAWALS, JOB, data, key=str(user_id), message_id=job_id)


def begin(connection: Connection, withdrawal_id: UUID, user_id: UUID, now: datetime) -> None:
    """A withdrawal is approved: write its payout and the job of it, in the caller's transaction. Done again it changes nothing."""
    made = connection.execute(
        """INSERT INTO payouts (withdrawal_id, idempotency_key, next_look_at) VALUES (%s, %s, %s) ON CONFLICT (withdrawal_id) DO NOTHING""",
        (withdrawal_id, payout_key(withdrawal_id), now + LOOK_EVERY),
    ).rowcount
    if made:
        _job(connection, withdrawal_id, user_id, withdrawal_id)


def look_again(connection: Connection, withdrawal_id: UUID, user_id: UUID) -> None:
    """Another job for a payout that is under way."""
    _job(connection, withdrawal_id, user_id, new_uuid())


def queue_due(connection: Connection, now: datetime, *, rows_max: int) -> int:
    """A job for each payout whose next look is due, in the caller's transaction; returns how many."""
    due = connection.execute(
        """SELECT payout.withdrawal_id, asked.user_id FROM payouts payout JOIN withdrawals asked ON asked.id = payout.withdrawal_id
            WHERE payout.next_look_at <= %s AND NOT payout.by_hand
              AND asked.status IN ('APPROVED', 'PROCESSING', 'SIGNING', 'BROADCASTING', 'BROADCASTED')
            ORDER BY payout.next_look_at LIMIT %s FOR UPDATE OF payout SKIP LOCKED""",
        (now, rows_max),
    ).fetchall()
    for withdrawal_id, user_id in due:
        look_again(connection, withdrawal_id, user_id)
    connection.execute("UPDATE payouts SET next_look_at = %s WHERE withdrawal_id = ANY(%s)", (now + LOOK_EVERY, [row[0] for row in due]))
    return len(due)


REASONS: Final = (
    "STAFF",
    "NO_PARTNER",
    "PARTNER_AWAY",
    "PARTNER_AT_WORK",
    "NOT_KNOWN_THERE",
    "PROOF_OF_ABSENCE",
    "DISPUTED",
    "ACCOUNT_SUSPENDED",
    "DEPOSIT_REVERSED",
    "HOT_WALLET_SHORT",
    "HOT_WALLET_LIMIT",
)
"""What a payout waits for."""


def waiting(connection: Connection) -> dict[str, int]:
    """How many payouts wait, by reason, zeros included."""
    rows = connection.execute(
        """SELECT payout.waits_for, count(*) FROM payouts payout JOIN withdrawals asked ON asked.id = payout.withdrawal_id
            WHERE payout.waits_for IS NOT NULL AND asked.status IN ('APPROVED', 'PROCESSING', 'SIGNING', 'BROADCASTING', 'BROADCASTED')
            GROUP BY payout.waits_for"""
    ).fetchall()
    return dict.fromkeys(REASONS, 0) | dict(rows)


def find(connection: Connection, withdrawal_id: UUID) -> PayoutRow | None:
    with connection.cursor(row_factory=class_row(PayoutRow)) as cursor:
        return cursor.execute(f"SELECT {_COLUMNS} FROM payouts WHERE withdrawal_id = %s", (withdrawal_id,)).fetchone()  # noqa: S608


def start(connection: Connection, withdrawal_id: UUID, now: datetime) -> None:
    """The payout leaves the queue of what waits: from now on it counts against the limits of the hot wallet."""
    connection.execute(
        "UPDATE payouts SET started_at = %s, waits_for = NULL, next_look_at = %s WHERE withdrawal_id = %s",
        (now, now + LOOK_EVERY, withdrawal_id),
    )


def keep_signed(connection: Connection, withdrawal_id: UUID, raw: bytes, tx_hash: str) -> None:
    connection.execute("UPDATE payouts SET raw_transaction = %s, tx_hash = %s WHERE withdrawal_id = %s", (raw, tx_hash, withdrawal_id))


def attempt(connection: Connection, withdrawal_id: UUID, now: datetime) -> None:
    """Written before each attempt to send: a crash behind it must not look like nothing was sent."""
    connection.execute(
        """UPDATE payouts SET attempts = attempts + 1, attempted_at = coalesce(attempted_at, %s), absent_since = NULL, next_look_at = %s
            WHERE withdrawal_id = %s""",
        (now, now + LOOK_EVERY, withdrawal_id),
    )


def wait(connection: Connection, withdrawal_id: UUID, reason: str, next_look_at: datetime | None) -> None:
    """It does not go on now; without a time a person decides."""
    connection.execute(
        "UPDATE payouts SET waits_for = %s, next_look_at = %s, absent_since = NULL WHERE withdrawal_id = %s",
        (reason, next_look_at, withdrawal_id),
    )


def seen_absent(connection: Connection, withdrawal_id: UUID, now: datetime, next_look_at: datetime) -> None:
    """The other party says that nothing left; the first time counts."""
    connection.execute(
        """UPDATE payouts SET absent_since = coalesce(absent_since, %s), waits_for = 'PROOF_OF_ABSENCE', next_look_at = %s
            WHERE withdrawal_id = %s""",
        (now, next_look_at, withdrawal_id),
    )


def end(connection: Connection, withdrawal_id: UUID) -> None:
    """There is nothing more to look at."""
    connection.execute("UPDATE payouts SET waits_for = NULL, next_look_at = NULL WHERE withdrawal_id = %s", (withdrawal_id,))


def report(connection: Connection, withdrawal_id: UUID, outcome: str, reference: str) -> None:
    """What bank or chain said by itself."""
    connection.execute(
        "UPDATE payouts SET reported = %s, reported_reference = %s WHERE withdrawal_id = %s", (outcome, reference, withdrawal_id)
    )


def sent_from_hot_wallet(connection: Connection, currency: str, since: datetime) -> int:
    """What chain payouts of a currency were started since then and did not fail, network fees included, in units of 10^-8."""
    return _sum(connection, "payout.started_at >= %s AND asked.status <> 'FAILED'", currency, since)


def in_flight(connection: Connection, currency: str) -> int:
    """What is on its way out of the hot wallet and not yet booked, in units of 10^-8."""
    return _sum(connection, "asked.status IN ('SIGNING', 'BROADCASTING', 'BROADCASTED')", currency)


def _sum(connection: Connection, condition: str, currency: str, *values: object) -> int:
    row = connection.execute(
        f"""SELECT coalesce(sum(asked.amount + asked.network_fee), 0) * 100000000 FROM payouts payout
              JOIN withdrawals asked ON asked.id = payout.withdrawal_id
             WHERE asked.kind = 'CRYPTO' AND asked.currency = %s AND {condition}""".encode(),  # noqa: S608 - conditions of this module
        (currency, *values),
    ).fetchone()
    return int(row[0]) if row else 0
