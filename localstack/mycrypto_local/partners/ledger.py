"""What the simulated partners remember: a SQLite file that is written through to the disk before anything is answered."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Final

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS plans (place INTEGER PRIMARY KEY, partner TEXT NOT NULL, behaviour TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS payments (
    key TEXT PRIMARY KEY, instruction TEXT NOT NULL, state TEXT NOT NULL, said TEXT NOT NULL, hidden INTEGER NOT NULL, calls INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS bookings (transaction_id TEXT PRIMARY KEY, key TEXT NOT NULL, amount TEXT NOT NULL, iban TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS signatures (key TEXT PRIMARY KEY, spending TEXT NOT NULL, raw BLOB NOT NULL, tx_hash TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS transactions (
    tx_hash TEXT PRIMARY KEY, currency TEXT NOT NULL, state TEXT NOT NULL, confirmations INTEGER NOT NULL, calls INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS reports (place INTEGER PRIMARY KEY, partner TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS receipts (partner TEXT, key TEXT, currency TEXT NOT NULL, amount TEXT NOT NULL, PRIMARY KEY (partner, key));
CREATE TABLE IF NOT EXISTS fees (currency TEXT PRIMARY KEY, fee TEXT NOT NULL);
"""


PAGE: Final = 100
"""Reports of one answer."""


class Ledger:
    """One connection for all threads, one at a time."""

    def __init__(self, path: Path | None = None) -> None:
        self._connection = sqlite3.connect(path or ":memory:", check_same_thread=False, isolation_level=None)
        self._connection.executescript(f"PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; {_TABLES}")
        self._lock = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def plan(self, partner: str, behaviour: str, count: int) -> None:
        """How the next ``count`` payouts that the partner has not seen before are treated."""
        with self.transaction() as connection:
            connection.executemany("INSERT INTO plans (partner, behaviour) VALUES (?, ?)", [(partner, behaviour)] * count)

    def report(self, partner: str, document: str) -> int:
        """Keep what the partner has seen come in, for those who ask; returns its place."""
        with self.transaction() as connection:
            return int(connection.execute("INSERT INTO reports (partner, document) VALUES (?, ?)", (partner, document)).lastrowid or 0)

    def reports(self, partner: str, after: int) -> list[tuple[int, str]]:
        """The reports behind a place, at most a page of them."""
        with self.transaction() as connection:
            return connection.execute(
                "SELECT place, document FROM reports WHERE partner = ? AND place > ? ORDER BY place LIMIT ?", (partner, after, PAGE)
            ).fetchall()

    def receive(self, partner: str, key: str, currency: str, amount: str) -> None:
        """Money has come in under this key; or, with an amount of 0, is not there after all."""
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO receipts VALUES (?, ?, ?, ?)", (partner, key, currency, amount))

    def received(self, partner: str) -> list[tuple[str, Decimal]]:
        """Currency and amount of each."""
        with self.transaction() as connection:
            rows = connection.execute("SELECT currency, amount FROM receipts WHERE partner = ?", (partner,)).fetchall()
        return [(currency, Decimal(amount)) for currency, amount in rows]

    def close(self) -> None:
        self._connection.close()


def next_behaviour(connection: sqlite3.Connection, partner: str) -> str:
    """Take the first plan; ``normal`` without one."""
    row = connection.execute("SELECT place, behaviour FROM plans WHERE partner = ? ORDER BY place LIMIT 1", (partner,)).fetchone()
    if row is None:
        return "normal"
    connection.execute("DELETE FROM plans WHERE place = ?", (row[0],))
    return str(row[1])
