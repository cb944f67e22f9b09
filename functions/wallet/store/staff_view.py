"""What staff see of the user behind a withdrawal."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from mycrypto.withdrawals.rows import SELECT, WithdrawalRow


class Owner(NamedTuple):
    id: UUID
    email: str
    status: str
    kyc_level: int
    two_fa_enabled: bool
    created_at: datetime


class Facts(NamedTuple):
    """Counts and values in TRY; what had no price counts as nothing."""

    completed: int
    to_this_destination: int
    out_day: Decimal
    out_month: Decimal
    in_day: Decimal
    deposits_hour: int
    last_deposit_at: datetime | None


def owner(connection: Connection, user_id: UUID) -> Owner | None:
    with connection.cursor(row_factory=class_row(Owner)) as cursor:
        return cursor.execute(
            "SELECT id, email, status, kyc_level, two_fa_enabled, created_at FROM users WHERE id = %s", (user_id,)
        ).fetchone()


def facts(connection: Connection, row: WithdrawalRow, now: datetime) -> Facts:
    with connection.cursor(row_factory=class_row(Facts)) as cursor:
        found = cursor.execute(
            """SELECT (SELECT count(*) FROM withdrawals WHERE user_id = %(user)s AND status = 'COMPLETED') AS completed,
                      (SELECT count(*) FROM withdrawals WHERE user_id = %(user)s AND destination = %(destination)s
                          AND status = 'COMPLETED') AS to_this_destination,
                      coalesce(sum(value) FILTER (WHERE direction = 'OUT' AND moved_at >= %(day)s), 0) AS out_day,
                      coalesce(sum(value) FILTER (WHERE direction = 'OUT'), 0) AS out_month,
                      coalesce(sum(value) FILTER (WHERE direction = 'IN' AND arrived AND moved_at >= %(day)s), 0) AS in_day,
                      count(*) FILTER (WHERE direction = 'IN' AND arrived AND moved_at >= %(hour)s) AS deposits_hour,
                      max(moved_at) FILTER (WHERE direction = 'IN' AND arrived) AS last_deposit_at
                 FROM value_moved WHERE user_id = %(user)s AND moved_at >= %(month)s""",
            {
                "user": row.user_id,
                "destination": row.destination,
                "hour": now - timedelta(hours=1),
                "day": now - timedelta(days=1),
                "month": now - timedelta(days=30),
            },
        ).fetchone()
    if found is None:
        raise LookupError(row.user_id)  # an aggregate always has a row
    return found


def latest(connection: Connection, user_id: UUID, rows_max: int) -> list[WithdrawalRow]:
    with connection.cursor(row_factory=class_row(WithdrawalRow)) as cursor:
        return cursor.execute(f"{SELECT} WHERE user_id = %s ORDER BY created_at DESC, id DESC LIMIT %s", (user_id, rows_max)).fetchall()
