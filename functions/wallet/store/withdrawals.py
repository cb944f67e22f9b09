"""The table ``withdrawals``."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from mycrypto.money import from_numeric


class WithdrawalRow(NamedTuple):
    id: UUID
    user_id: UUID
    kind: str
    currency: str
    amount: Decimal
    platform_fee: Decimal
    network_fee: Decimal
    bank_account_id: UUID | None
    destination: str
    network: str
    value_try: Decimal | None
    recipient_id: UUID | None
    status: str
    requires_approval: bool
    email: str
    reason: str | None
    payout_reference: str | None
    confirmations: int
    created_at: datetime
    updated_at: datetime
    debited_at: datetime | None
    approved_at: datetime | None
    completed_at: datetime | None
    refund_started_at: datetime | None

    @property
    def amount_units(self) -> int:
        return from_numeric(self.amount)

    @property
    def fee_units(self) -> int:
        return from_numeric(self.platform_fee + self.network_fee)

    @property
    def total_units(self) -> int:
        return self.amount_units + self.fee_units


_COLUMNS = ", ".join(WithdrawalRow._fields)
_SELECT = f"SELECT {_COLUMNS} FROM withdrawals"  # noqa: S608 - our own column names


def insert(connection: Connection, row: WithdrawalRow) -> None:
    marks = ", ".join(["%s"] * len(row))
    connection.execute(f"INSERT INTO withdrawals ({_COLUMNS}) VALUES ({marks})", row)  # noqa: S608 - our own column names


def find(connection: Connection, user_id: UUID, withdrawal_id: UUID) -> WithdrawalRow | None:
    with connection.cursor(row_factory=class_row(WithdrawalRow)) as cursor:
        return cursor.execute(f"{_SELECT} WHERE id = %s AND user_id = %s", (withdrawal_id, user_id)).fetchone()


def owner_of(connection: Connection, withdrawal_id: UUID) -> UUID | None:
    row = connection.execute("SELECT user_id FROM withdrawals WHERE id = %s", (withdrawal_id,)).fetchone()
    return row[0] if row else None


def lock(connection: Connection, withdrawal_id: UUID) -> WithdrawalRow | None:
    with connection.cursor(row_factory=class_row(WithdrawalRow)) as cursor:
        return cursor.execute(f"{_SELECT} WHERE id = %s FOR UPDATE", (withdrawal_id,)).fetchone()


def page(
    connection: Connection, *, user_id: UUID | None = None, status: str | None = None, limit: int, offset: int
) -> tuple[list[WithdrawalRow], int]:
    """A page of withdrawals, newest first, and how many there are; ``None`` does not narrow."""
    narrowed = "WHERE (%(user)s::uuid IS NULL OR user_id = %(user)s) AND (%(status)s::text IS NULL OR status = %(status)s)"
    values = {"user": user_id, "status": status, "limit": limit, "offset": offset}
    with connection.cursor(row_factory=class_row(WithdrawalRow)) as cursor:
        rows = cursor.execute(
            f"{_SELECT} {narrowed} ORDER BY created_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s", values
        ).fetchall()
    counted = connection.execute(f"SELECT count(*) FROM withdrawals {narrowed}", values).fetchone()  # noqa: S608 - constant text
    return rows, int(counted[0]) if counted else 0


def count_since(connection: Connection, user_id: UUID, currency: str, since: datetime) -> int:
    """How many withdrawals since then; what came to nothing does not count."""
    row = connection.execute(
        """SELECT count(*) FROM withdrawals
            WHERE user_id = %s AND currency = %s AND created_at >= %s AND status NOT IN ('CANCELLED', 'REJECTED', 'FAILED')""",
        (user_id, currency, since),
    ).fetchone()
    return int(row[0]) if row else 0


def has_completed(connection: Connection, user_id: UUID) -> bool:
    row = connection.execute("SELECT EXISTS (SELECT FROM withdrawals WHERE user_id = %s AND status = 'COMPLETED')", (user_id,)).fetchone()
    return bool(row and row[0])


def has_open(connection: Connection, bank_account_id: UUID) -> bool:
    row = connection.execute(
        """SELECT EXISTS (SELECT FROM withdrawals WHERE bank_account_id = %s
                           AND status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED', 'REJECTED'))""",
        (bank_account_id,),
    ).fetchone()
    return bool(row and row[0])


def approve(connection: Connection, withdrawal_id: UUID, staff_id: UUID, now: datetime) -> None:
    connection.execute(
        "UPDATE withdrawals SET status = 'APPROVED', approved_at = %s, approved_by = %s, updated_at = %s WHERE id = %s",
        (now, staff_id, now, withdrawal_id),
    )


def end(
    connection: Connection, withdrawal_id: UUID, status: str, now: datetime, *, reason: str | None = None, reference: str | None = None
) -> None:
    """A final status."""
    connection.execute(
        """UPDATE withdrawals SET status = %(status)s, reason = %(reason)s, payout_reference = coalesce(%(reference)s, payout_reference),
                  updated_at = %(now)s, completed_at = CASE WHEN %(status)s = 'COMPLETED' THEN %(now)s END WHERE id = %(id)s""",
        {"id": withdrawal_id, "status": status, "reason": reason, "reference": reference, "now": now},
    )
