"""The views ``transactions`` and ``pending_transactions``: what a user sees of the ledger, and what will soon be in it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row


class TransactionRow(NamedTuple):
    """``entry_id`` is absent while there is no entry yet."""

    entry_id: int | None
    line: int
    currency: str
    type: str
    amount: Decimal
    balance_before: Decimal
    balance_after: Decimal
    reference_type: str
    reference_id: str
    description: str
    metadata: dict[str, str] | None
    created_at: datetime
    status: str


class Filter(NamedTuple):
    """``since`` is inclusive, ``until`` exclusive; ``None`` does not narrow."""

    currency: str | None = None
    type: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def _conditions(user_id: UUID, narrowed: Filter) -> tuple[str, dict[str, object]]:
    values: dict[str, object] = {"user": user_id, **narrowed._asdict()}
    clauses = {
        "currency": "currency = %(currency)s",
        "type": "type = %(type)s::transaction_type",
        "since": "created_at >= %(since)s",
        "until": "created_at < %(until)s",
    }
    return " AND ".join(["user_id = %(user)s", *(text for name, text in clauses.items() if values[name] is not None)]), values


_COLUMNS = """entry_id, line, currency, type::text, amount, balance_before, balance_after, reference_type, reference_id, description,
    metadata, created_at, status"""


def page(connection: Connection, user_id: UUID, narrowed: Filter, *, limit: int, offset: int) -> tuple[list[TransactionRow], int]:
    """A page of the user's transactions, newest first, and how many there are.

    What is pending is little and has its own view, so that the ledger is still read along its index: the page is cut from both, merged.
    """
    conditions, values = _conditions(user_id, narrowed)
    with connection.cursor(row_factory=class_row(TransactionRow)) as cursor:
        pending = cursor.execute(f"SELECT {_COLUMNS} FROM pending_transactions WHERE {conditions}", values).fetchall()  # noqa: S608 - our own conditions
        first = max(0, offset - len(pending))
        booked = cursor.execute(
            f"""SELECT {_COLUMNS} FROM transactions WHERE {conditions}
                 ORDER BY created_at DESC, entry_id DESC, line DESC LIMIT %(limit)s OFFSET %(first)s""",  # noqa: S608 - our own conditions
            values | {"limit": limit + len(pending), "first": first},
        ).fetchall()
    counted = connection.execute(f"SELECT count(*) FROM ledger_postings WHERE {conditions}", values).fetchone()  # noqa: S608 - our own conditions
    rows = sorted([*pending, *booked], key=_newest, reverse=True)
    return rows[offset - first : offset - first + limit], (int(counted[0]) if counted else 0) + len(pending)


def _newest(row: TransactionRow) -> tuple[datetime, bool, int, str, int]:
    """What is not booked yet comes after what is booked at the same moment."""
    return row.created_at, row.entry_id is None, row.entry_id or 0, row.reference_id, row.line
