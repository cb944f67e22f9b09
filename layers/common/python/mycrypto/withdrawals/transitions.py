"""The states of a withdrawal and every way from one to another, each with its SQL. No other module writes the table ``withdrawals``.

    PENDING -> APPROVED -> PROCESSING                              -> COMPLETED   by bank
                        -> SIGNING -> BROADCASTING -> BROADCASTED  -> COMPLETED   by a chain
                        -> COMPLETED                                              to another user here
    PENDING -> CANCELLED (by the user) | REJECTED (by staff or the engine); APPROVED -> REJECTED (by staff, while nothing was tried)
    PROCESSING, SIGNING, BROADCASTING, BROADCASTED -> FAILED, once it is proven that nothing left

A trigger of the table holds the same ways (migration 0062). The money goes back by ``refunds.start_due``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from mycrypto.money import from_numeric
from mycrypto.withdrawals.rows import COLUMNS, WithdrawalRow


class Status(StrEnum):
    PENDING = "PENDING"
    APPROVED = "APPROVED"
    PROCESSING = "PROCESSING"
    SIGNING = "SIGNING"
    BROADCASTING = "BROADCASTING"
    BROADCASTED = "BROADCASTED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


MOVES: Final[Mapping[Status, frozenset[Status]]] = {
    Status.PENDING: frozenset({Status.APPROVED, Status.CANCELLED, Status.REJECTED}),
    Status.APPROVED: frozenset({Status.PROCESSING, Status.SIGNING, Status.COMPLETED, Status.FAILED, Status.REJECTED}),
    Status.PROCESSING: frozenset({Status.COMPLETED, Status.FAILED}),
    Status.SIGNING: frozenset({Status.BROADCASTING, Status.FAILED}),
    Status.BROADCASTING: frozenset({Status.BROADCASTED, Status.FAILED}),
    Status.BROADCASTED: frozenset({Status.COMPLETED, Status.FAILED}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.REJECTED: frozenset(),
}
FINAL: Final = frozenset(status for status, onward in MOVES.items() if not onward)
UNDER_WAY: Final = frozenset({Status.APPROVED, Status.PROCESSING, Status.SIGNING, Status.BROADCASTING, Status.BROADCASTED})
"""Approved and not ended: the payout's own states."""


class TransitionError(RuntimeError):
    """A withdrawal was not where this step begins; nothing was changed."""


class Moved(NamedTuple):
    """A withdrawal that came a step on, with whom to tell; ``amount`` in units of 10^-8."""

    id: UUID
    user_id: UUID
    currency: str
    amount: int
    email: str
    leaves: bool
    """Whether it is approved now and goes to a bank or a chain."""


def _before(status: Status) -> list[str]:
    return [origin.value for origin, onward in MOVES.items() if status in onward]


def _move(connection: Connection, withdrawal_id: UUID, to: Status, now: datetime, **columns: Any) -> WithdrawalRow:
    """Raises :class:`TransitionError` where ``to`` does not follow on what the withdrawal is."""
    changes = "".join(f", {name} = %({name})s" for name in columns)
    with connection.cursor(row_factory=class_row(WithdrawalRow)) as cursor:
        row = cursor.execute(
            f"""UPDATE withdrawals SET status = %(to_status)s, updated_at = %(changed)s{changes}
                 WHERE id = %(withdrawal)s AND status = ANY(%(origins)s) RETURNING {COLUMNS}""",  # noqa: S608 - our own column names
            {"to_status": to.value, "changed": now, "withdrawal": withdrawal_id, "origins": _before(to)} | columns,
        ).fetchone()
    if row is None:
        raise TransitionError(f"withdrawal {withdrawal_id} cannot become {to}")
    return row


def ask(connection: Connection, row: WithdrawalRow) -> None:
    """-> PENDING."""
    marks = ", ".join(["%s"] * len(row))
    connection.execute(f"INSERT INTO withdrawals ({COLUMNS}) VALUES ({marks})", row)  # noqa: S608 - our own column names


def debited(connection: Connection, withdrawal_ids: Sequence[UUID]) -> list[Moved]:
    """The engine gave the money: PENDING -> APPROVED for what needs no person. Returns what was not debited before."""
    rows = connection.execute(
        """UPDATE withdrawals
              SET debited_at = now(), updated_at = now(),
                  status = CASE WHEN status = 'PENDING' AND NOT requires_approval THEN 'APPROVED' ELSE status END,
                  approved_at = CASE WHEN status = 'PENDING' AND NOT requires_approval THEN now() ELSE approved_at END
            WHERE id = ANY(%s) AND debited_at IS NULL
           RETURNING id, user_id, currency, amount, email, status = 'APPROVED' AND recipient_id IS NULL""",
        (list(withdrawal_ids),),
    ).fetchall()
    return [Moved(row[0], row[1], row[2], from_numeric(row[3]), row[4], row[5]) for row in rows]


def refused(connection: Connection, withdrawal_id: UUID, code: str) -> Moved | None:
    """The engine did not give the money: PENDING -> REJECTED. ``None`` if the withdrawal had ended before."""
    row = connection.execute(
        """UPDATE withdrawals SET status = 'REJECTED', reason = %s, updated_at = now() WHERE id = %s AND status = 'PENDING'
           RETURNING id, user_id, currency, amount, email""",
        (code, withdrawal_id),
    ).fetchone()
    return Moved(row[0], row[1], row[2], from_numeric(row[3]), row[4], leaves=False) if row else None


def hold_back(connection: Connection, user_id: UUID, now: datetime) -> int:
    """No waiting withdrawal of the user is approved without a person any more; returns how many there are."""
    return connection.execute(
        """UPDATE withdrawals SET requires_approval = true, approvals_required = greatest(approvals_required, 1), updated_at = %s
            WHERE user_id = %s AND status = 'PENDING' AND NOT requires_approval""",
        (now, user_id),
    ).rowcount


def approve(connection: Connection, withdrawal_id: UUID, staff_id: UUID, now: datetime) -> WithdrawalRow:
    """PENDING -> APPROVED by the last of the people that it needs."""
    return _move(connection, withdrawal_id, Status.APPROVED, now, approved_at=now, approved_by=staff_id)


def end_unpaid(connection: Connection, withdrawal_id: UUID, status: Status, reason: str, now: datetime) -> WithdrawalRow:
    """-> CANCELLED or REJECTED, while nothing was tried."""
    return _move(connection, withdrawal_id, status, now, reason=reason)


def process(connection: Connection, withdrawal_id: UUID, now: datetime) -> WithdrawalRow:
    """APPROVED -> PROCESSING: the bank is about to be asked to pay."""
    return _move(connection, withdrawal_id, Status.PROCESSING, now)


def sign(connection: Connection, withdrawal_id: UUID, now: datetime) -> WithdrawalRow:
    """APPROVED -> SIGNING."""
    return _move(connection, withdrawal_id, Status.SIGNING, now)


def signed(connection: Connection, withdrawal_id: UUID, now: datetime) -> WithdrawalRow:
    """SIGNING -> BROADCASTING: the signed transaction is kept, and may be broadcast from now on."""
    return _move(connection, withdrawal_id, Status.BROADCASTING, now)


def broadcasted(connection: Connection, withdrawal_id: UUID, tx_hash: str, now: datetime) -> WithdrawalRow:
    """BROADCASTING -> BROADCASTED: a node has it."""
    return _move(connection, withdrawal_id, Status.BROADCASTED, now, payout_reference=tx_hash)


def confirm(connection: Connection, withdrawal_id: UUID, confirmations: int, now: datetime) -> None:
    """How deep the transaction lies."""
    connection.execute(
        "UPDATE withdrawals SET confirmations = %s, updated_at = %s WHERE id = %s AND confirmations <> %s",
        (confirmations, now, withdrawal_id, confirmations),
    )


def complete(connection: Connection, withdrawal_id: UUID, reference: str, now: datetime) -> WithdrawalRow:
    """-> COMPLETED: the money has left."""
    return _move(connection, withdrawal_id, Status.COMPLETED, now, payout_reference=reference, completed_at=now)


def fail(connection: Connection, withdrawal_id: UUID, reason: str, now: datetime, *, reference: str | None = None) -> WithdrawalRow:
    """-> FAILED: it is proven that nothing left."""
    more = {} if reference is None else {"payout_reference": reference}
    return _move(connection, withdrawal_id, Status.FAILED, now, reason=reason, **more)


_MOVE_ALL: Final = """UPDATE withdrawals SET {change}, updated_at = now()
 WHERE id IN (SELECT id FROM withdrawals WHERE {due} ORDER BY id FOR UPDATE)
RETURNING {columns}"""


def _move_all(connection: Connection, *, due: str, change: str, columns: str) -> list[TupleRow]:
    """Change every withdrawal that is due, locked in the order of their ids so that two callers wait for each other and never for ever."""
    return connection.execute(_MOVE_ALL.format(due=due, change=change, columns=columns).encode()).fetchall()


class Inside(NamedTuple):
    """A withdrawal to another user here that was completed just now."""

    id: UUID
    sender: UUID
    recipient: UUID
    currency: str
    units: int
    fee: int
    value_try: Any
    email: str
    completed_at: datetime


def complete_inside(connection: Connection) -> list[Inside]:
    """APPROVED -> COMPLETED for every debited withdrawal to another user here."""
    rows = _move_all(
        connection,
        due="recipient_id IS NOT NULL AND status = 'APPROVED' AND debited_at IS NOT NULL",
        change="status = 'COMPLETED', completed_at = now(), payout_reference = id::text",
        columns="id, user_id, recipient_id, currency, amount, platform_fee, value_try, email, completed_at",
    )
    return [Inside(row[0], row[1], row[2], row[3], from_numeric(row[4]), from_numeric(row[5]), row[6], row[7], row[8]) for row in rows]


class Refund(NamedTuple):
    """A sum that goes back into trading; ``total`` in units of 10^-8, fees included."""

    id: UUID
    user_id: UUID
    kind: str
    currency: str
    total: int


def start_refunds(connection: Connection) -> list[Refund]:
    """Mark every refund that is due as started. Due is what ended unpaid after the engine had given the money."""
    rows = _move_all(
        connection,
        due="status IN ('CANCELLED', 'REJECTED', 'FAILED') AND debited_at IS NOT NULL AND refund_started_at IS NULL",
        change="refund_started_at = now()",
        columns="id, user_id, kind, currency, amount + platform_fee + network_fee",
    )
    return [Refund(row[0], row[1], row[2], row[3], from_numeric(row[4])) for row in rows]
