"""The view ``transactions``: what a user sees of the ledger."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row


class TransactionRow(NamedTuple):
    entry_id: int
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


def page(connection: Connection, user_id: UUID, narrowed: Filter, *, limit: int, offset: int) -> tuple[list[TransactionRow], int]:
    """A page of the user's transactions, newest first, and how many there are."""
    conditions, values = _conditions(user_id, narrowed)
    values |= {"limit": limit, "offset": offset}
    with connection.cursor(row_factory=class_row(TransactionRow)) as cursor:
        rows = cursor.execute(
            f"""SELECT entry_id, line, currency, type::text, amount, balance_before, balance_after, reference_type, reference_id,
                       description, metadata, created_at
                  FROM transactions WHERE {conditions}
                 ORDER BY created_at DESC, entry_id DESC, line DESC LIMIT %(limit)s OFFSET %(offset)s""",  # noqa: S608 - our own conditions
            values,
        ).fetchall()
    counted = connection.execute(f"SELECT count(*) FROM ledger_postings WHERE {conditions}", values).fetchone()  # noqa: S608 - our own conditions
    return rows, int(counted[0]) if counted else 0
