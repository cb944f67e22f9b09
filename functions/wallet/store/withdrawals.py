"""What the wallet reads of withdrawals, and the approvals that staff give. What changes a status is in ``mycrypto.withdrawals.transitions``."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from mycrypto.money import from_numeric
from mycrypto.withdrawals.rows import SELECT, WithdrawalRow


def find(connection: Connection, user_id: UUID, withdrawal_id: UUID) -> WithdrawalRow | None:
    with connection.cursor(row_factory=class_row(WithdrawalRow)) as cursor:
        return cursor.execute(f"{SELECT} WHERE id = %s AND user_id = %s", (withdrawal_id, user_id)).fetchone()


def owner_of(connection: Connection, withdrawal_id: UUID) -> UUID | None:
    row = connection.execute("SELECT user_id FROM withdrawals WHERE id = %s", (withdrawal_id,)).fetchone()
    return row[0] if row else None


def page(
    connection: Connection, *, user_id: UUID | None = None, status: str | None = None, limit: int, offset: int
) -> tuple[list[WithdrawalRow], int]:
    """A page of withdrawals, newest first, and how many there are; ``None`` does not narrow."""
    narrowed = "WHERE (%(user)s::uuid IS NULL OR user_id = %(user)s) AND (%(status)s::text IS NULL OR status = %(status)s)"
    values = {"user": user_id, "status": status, "limit": limit, "offset": offset}
    with connection.cursor(row_factory=class_row(WithdrawalRow)) as cursor:
        rows = cursor.execute(f"{SELECT} {narrowed} ORDER BY created_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s", values).fetchall()
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


def network_fee(connection: Connection, currency: str, since: datetime) -> int | None:
    """What the network asks for, in units of 10^-8, if a node has said so since then."""
    row = connection.execute("SELECT fee FROM network_fees WHERE currency = %s AND observed_at > %s", (currency, since)).fetchone()
    return from_numeric(row[0]) if row else None


def approvals(connection: Connection, withdrawal_id: UUID) -> list[tuple[UUID, datetime]]:
    """Who has approved it so far, and when."""
    return connection.execute(
        "SELECT staff_id, approved_at FROM withdrawal_approvals WHERE withdrawal_id = %s ORDER BY approved_at, staff_id", (withdrawal_id,)
    ).fetchall()


def add_approval(connection: Connection, withdrawal_id: UUID, staff_id: UUID, now: datetime) -> None:
    connection.execute(
        "INSERT INTO withdrawal_approvals (withdrawal_id, staff_id, approved_at) VALUES (%s, %s, %s)", (withdrawal_id, staff_id, now)
    )
