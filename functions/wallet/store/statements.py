"""What a statement reads of the ledger. Call these in one view of the database: they belong together."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from functions.wallet.store.transactions import TransactionRow
from mycrypto.money import from_numeric


class TotalRow(NamedTuple):
    currency: str
    type: str
    movements: int
    units: int


def balances_at(connection: Connection, user_id: UUID, moment: datetime) -> dict[str, int]:
    """Units by currency, of everything that was booked before: today's balance without what came since. The order of postings makes no difference."""
    rows = connection.execute(
        """SELECT account.currency, account.balance - coalesce(later.amount, 0)
             FROM ledger_accounts account
             LEFT JOIN (SELECT currency, sum(amount) AS amount FROM ledger_postings WHERE user_id = %(user)s AND created_at >= %(moment)s
                         GROUP BY currency) later USING (currency)
            WHERE account.owner = %(user)s AND account.kind = 'spot'""",
        {"user": user_id, "moment": moment},
    ).fetchall()
    return {currency: from_numeric(balance) for currency, balance in rows}


def totals(connection: Connection, user_id: UUID, since: datetime, until: datetime) -> list[TotalRow]:
    """By currency and kind."""
    rows = connection.execute(
        """SELECT currency, type::text, count(*), sum(amount) FROM ledger_postings
            WHERE user_id = %s AND created_at >= %s AND created_at < %s GROUP BY currency, type ORDER BY currency, type""",
        (user_id, since, until),
    ).fetchall()
    return [TotalRow(currency, kind, count, from_numeric(amount)) for currency, kind, count, amount in rows]


def movements(connection: Connection, user_id: UUID, since: datetime, until: datetime, *, limit: int) -> list[TransactionRow]:
    """Oldest first."""
    with connection.cursor(row_factory=class_row(TransactionRow)) as cursor:
        return cursor.execute(
            """SELECT entry_id, line, currency, type::text, amount, balance_before, balance_after, reference_type, reference_id, description,
                      metadata, created_at, status
                 FROM transactions WHERE user_id = %s AND created_at >= %s AND created_at < %s
                ORDER BY created_at, entry_id, line LIMIT %s""",
            (user_id, since, until, limit),
        ).fetchall()
