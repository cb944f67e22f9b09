"""The table ``wallets``, which settlement writes."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection

from mycrypto.money import from_numeric


class WalletRow(NamedTuple):
    """Units of 10^-8."""

    available: int
    locked: int
    updated_at: datetime


def of_user(connection: Connection, user_id: UUID) -> dict[str, WalletRow]:
    """The balances that the user has, by currency."""
    rows = connection.execute("SELECT currency, available, locked, updated_at FROM wallets WHERE user_id = %s", (user_id,)).fetchall()
    return {row[0]: WalletRow(from_numeric(row[1]), from_numeric(row[2]), row[3]) for row in rows}


def of_currency(connection: Connection, user_id: UUID, currency: str) -> WalletRow | None:
    """One balance, ``None`` if there never was any."""
    row = connection.execute(
        "SELECT available, locked, updated_at FROM wallets WHERE user_id = %s AND currency = %s", (user_id, currency)
    ).fetchone()
    return WalletRow(from_numeric(row[0]), from_numeric(row[1]), row[2]) if row else None
