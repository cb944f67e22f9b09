"""Sums of the ledger's accounts."""

from __future__ import annotations

from psycopg import Connection

from mycrypto.money import from_numeric


def sums(connection: Connection) -> dict[str, dict[str, int]]:
    """Units by currency and kind of account."""
    found: dict[str, dict[str, int]] = {}
    for currency, kind, balance in connection.execute("SELECT currency, kind, sum(balance) FROM ledger_accounts GROUP BY currency, kind"):
        found.setdefault(currency, {})[kind] = from_numeric(balance)
    return found


def event_number(connection: Connection) -> int:
    """The last event that settlement has posted."""
    row = connection.execute("SELECT coalesce(max(seq), 0) FROM projection_watermark").fetchone()
    return int(row[0]) if row else 0
