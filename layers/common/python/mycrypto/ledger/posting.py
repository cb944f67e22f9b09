"""Writes entries, as many as there are, in one call of the database's posting function."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Self

import psycopg
from psycopg import Connection

from mycrypto import arrays
from mycrypto.ledger.entries import Account, Entry, LedgerError

_POST = """
SELECT ledger_post(
    %s::text[], %s::text[], %s::text[], %s::text[], %s::jsonb[], %s::timestamptz[],
    %s::text[], %s::uuid[], %s::text[],
    %s::integer[], %s::integer[], %s::transaction_type[], %s::numeric[])
"""


Prepared = tuple[Any, ...]
"""Entries as the database takes them: the parameters of ``ledger_post``."""


def post(connection: Connection, entries: Sequence[Entry]) -> set[str]:
    """Write entries in this order, in the caller's transaction; returns the keys that took effect.

    An entry whose key was written before is left out. Raises :class:`LedgerError` if a user account would go below zero or postings do
    not sum to zero: then the transaction is broken and nothing of it can be kept.
    """
    return write(connection, prepare(entries)) if entries else set()


def prepare(entries: Sequence[Entry]) -> Prepared:
    """What :func:`write` needs of the entries. Pure. Raises :class:`LedgerError` for an entry that is none."""
    accounts: dict[tuple[Account, str], int] = {}
    leg_entries: list[int] = []
    leg_accounts: list[int] = []
    leg_kinds: list[str] = []
    leg_units: list[int] = []
    for place, entry in enumerate(entries, 1):
        legs = entry.legs()
        for leg in legs:  # each move sums to zero, so an entry does
            leg_accounts.append(accounts.setdefault((leg.account, leg.currency), len(accounts) + 1))
            leg_kinds.append(leg.kind)
            leg_units.append(leg.units)
        leg_entries += [place] * len(legs)
    return (
        arrays.texts(entry.key for entry in entries),
        arrays.texts(entry.why for entry in entries),
        arrays.texts(entry.reference[0] for entry in entries),
        arrays.texts(entry.reference[1] for entry in entries),
        arrays.documents(dict(entry.metadata) if entry.metadata else None for entry in entries),
        [entry.moment.isoformat() for entry in entries],
        arrays.names(account.kind for account, _ in accounts),
        arrays.ids(account.owner.bytes for account, _ in accounts),
        arrays.names(currency for _, currency in accounts),
        arrays.numbers(leg_entries),
        arrays.numbers(leg_accounts),
        arrays.names(leg_kinds),
        arrays.numbers(leg_units),
    )


def write(connection: Connection, prepared: Prepared) -> set[str]:
    """Write what was prepared; as :func:`post`."""
    try:
        row = connection.execute(_POST, prepared).fetchone()
    except psycopg.errors.CheckViolation as error:
        raise LedgerError(f"refused by the ledger: {error.diag.message_primary} ({error.diag.constraint_name})") from error
    return set(row[0]) if row else set()


class Poster:
    """Posts entries in their order, and lets the database write while the next ones are made.

    The connection is the poster's from a :meth:`hand_over` to the next :meth:`wait`. What a posting raises is raised by the call after it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._thread = ThreadPoolExecutor(1, "poster")
        self._writing: Future[set[str]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._thread.shutdown()  # the connection is its owner's again, also when something was raised

    def hand_over(self, entries: Sequence[Entry]) -> None:
        """Post these after what was handed over before, as :func:`post` does."""
        prepared = prepare(entries)
        self.wait()
        self._writing = self._thread.submit(write, self._connection, prepared)

    def wait(self) -> None:
        """Until all that was handed over is written."""
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()
