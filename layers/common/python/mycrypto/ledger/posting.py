"""Writes entries, as many as there are, in one call of the database's posting function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb

from mycrypto import arrays
from mycrypto.ledger.entries import LEGS_MAX, Account, Entry, LedgerError

_POST = """
SELECT ledger_post(
    %s::text[], %s::text[], %s::text[], %s::text[], %s::jsonb[], %s::timestamptz[],
    %s::text[], %s::uuid[], %s::text[],
    %s::integer[], %s::integer[], %s::transaction_type[], %s::numeric[])
"""


def post(connection: Connection, entries: Sequence[Entry]) -> set[str]:
    """Write entries in this order, in the caller's transaction; returns the keys that took effect.

    An entry whose key was written before is left out. Raises :class:`LedgerError` if a user account would go below zero or postings do
    not sum to zero: then the transaction is broken and nothing of it can be kept.
    """
    if not entries:
        return set()
    accounts: dict[tuple[Account, str], int] = {}
    leg_entries: list[int] = []
    leg_accounts: list[int] = []
    leg_kinds: list[str] = []
    leg_units: list[int] = []
    for place, entry in enumerate(entries, 1):
        sums: defaultdict[str, int] = defaultdict(int)
        first = len(leg_units)
        for leg in entry.legs():
            sums[leg.currency] += leg.units
            leg_entries.append(place)
            leg_accounts.append(accounts.setdefault((leg.account, leg.currency), len(accounts) + 1))
            leg_kinds.append(leg.kind.value)
            leg_units.append(leg.units)
        if any(sums.values()) or len(leg_units) - first > LEGS_MAX:
            raise LedgerError(f"{entry.key}: postings do not sum to zero: {dict(sums)}")
    try:
        row = connection.execute(
            _POST,
            (
                [entry.key for entry in entries],
                [entry.why for entry in entries],
                [entry.reference[0] for entry in entries],
                [entry.reference[1] for entry in entries],
                [Jsonb(dict(entry.metadata)) if entry.metadata else None for entry in entries],
                [entry.moment for entry in entries],
                [account.kind for account, _ in accounts],
                arrays.ids(account.owner.bytes for account, _ in accounts),
                [currency for _, currency in accounts],
                arrays.numbers(leg_entries),
                arrays.numbers(leg_accounts),
                arrays.names(leg_kinds),
                arrays.numbers(leg_units),
            ),
        ).fetchone()
    except psycopg.errors.CheckViolation as error:
        raise LedgerError(f"refused by the ledger: {error.diag.message_primary} ({error.diag.constraint_name})") from error
    return set(row[0]) if row else set()
