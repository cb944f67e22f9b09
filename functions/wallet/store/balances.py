"""The table ``wallets``, which settlement writes, with what is on its way out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection

from mycrypto.money import from_numeric


class WalletRow(NamedTuple):
    """Units of 10^-8. ``locked`` is in open orders, ``withdrawing`` in withdrawals that have not ended; neither is available."""

    available: int
    locked: int
    withdrawing: int
    updated_at: datetime


_SELECT = """
SELECT wallet.currency, wallet.available, wallet.locked, coalesce(leaving.in_trading, 0), coalesce(leaving.total, 0), wallet.updated_at
  FROM wallets wallet
  LEFT JOIN (SELECT currency, sum(amount + fees) AS total, sum(amount + fees) FILTER (WHERE in_trading) AS in_trading
               FROM withdrawals_under_way WHERE user_id = %(user)s GROUP BY currency) leaving USING (currency)
 WHERE wallet.user_id = %(user)s AND (%(currency)s::text IS NULL OR wallet.currency = %(currency)s)
"""


def of_user(connection: Connection, user_id: UUID) -> dict[str, WalletRow]:
    """The balances that the user has, by currency."""
    rows = connection.execute(_SELECT, {"user": user_id, "currency": None}).fetchall()
    return {row[0]: _row(*row[1:]) for row in rows}


def of_currency(connection: Connection, user_id: UUID, currency: str) -> WalletRow | None:
    """One balance, ``None`` if there never was any."""
    row = connection.execute(_SELECT, {"user": user_id, "currency": currency}).fetchone()
    return _row(*row[1:]) if row else None


def _row(available: Decimal, locked: Decimal, in_trading: Decimal, leaving: Decimal, updated_at: datetime) -> WalletRow:
    """What the engine has not given yet it still calls available. Where it has less than was asked for, it will refuse."""
    free, asked = from_numeric(available), from_numeric(in_trading)
    found = min(free, asked)
    return WalletRow(free - found, from_numeric(locked), from_numeric(leaving) - asked + found, updated_at)
