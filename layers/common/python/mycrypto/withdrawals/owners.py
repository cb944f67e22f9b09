"""What stops all withdrawals of a user, the approved ones too."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from psycopg import Connection

from mycrypto.money import from_numeric


class Withheld(NamedTuple):
    """``free`` is what would be left of the currency once everything is debited that was asked for. Units of 10^-8."""

    currency: str
    amount: int
    free: int


def lock(connection: Connection, user_id: UUID) -> None:
    """One at a time per user, until the end of the transaction: for rules that count rows. Taken before the lock of any row."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"wallet:{user_id}",))


def is_suspended(connection: Connection, user_id: UUID) -> bool:
    row = connection.execute("SELECT status = 'SUSPENDED' FROM users WHERE id = %s", (user_id,)).fetchone()
    return bool(row and row[0])


def withheld(connection: Connection, user_id: UUID) -> list[Withheld]:
    """What the user has to keep, per currency, with what is left of it: in one statement, so that a debit counts once."""
    rows = connection.execute(
        """SELECT held.currency, held.amount, coalesce(wallet.available, 0) - coalesce(asked.amount, 0)
             FROM (SELECT currency, sum(withheld) AS amount FROM reconciliation_items
                    WHERE user_id = %(user)s AND withheld > 0 AND status <> 'RESOLVED' GROUP BY currency) held
             LEFT JOIN wallets wallet ON wallet.user_id = %(user)s AND wallet.currency = held.currency
             LEFT JOIN (SELECT currency, sum(amount + platform_fee + network_fee) AS amount FROM withdrawals
                         WHERE user_id = %(user)s AND debited_at IS NULL AND status NOT IN ('CANCELLED', 'REJECTED', 'FAILED')
                         GROUP BY currency) asked ON asked.currency = held.currency""",
        {"user": user_id},
    ).fetchall()
    return [Withheld(row[0], from_numeric(row[1]), from_numeric(row[2])) for row in rows]
