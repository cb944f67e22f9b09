"""The user's transactions, from the ledger."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from functions.wallet.context import Context
from functions.wallet.models import ExportQuery, Pagination, Transaction, TransactionQuery, iso
from functions.wallet.store import transactions as store
from mycrypto import currencies
from mycrypto.errors import invalid
from mycrypto.ledger import Kind
from mycrypto.money import format_amount, from_numeric

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9000, 1, 1, tzinfo=UTC)
EXPORT_PERIOD_MAX: Final = timedelta(days=90)
EXPORT_ROWS_MAX: Final = 20_000
"""About 4 MB: an answer of a function has at most 6."""
EXPORT_COLUMNS: Final = (
    "created_at",
    "id",
    "type",
    "currency",
    "amount",
    "balance_before",
    "balance_after",
    "status",
    "reference_type",
    "reference_id",
    "description",
)


def parse_moment(field: str, text: str, *, end: bool) -> datetime:
    """An ISO-8601 date or date-time; without an offset it is UTC. A date as an end means the whole day. Raises VALIDATION_ERROR."""
    try:
        if len(text) == len("2026-01-31"):
            moment, more = datetime.combine(date.fromisoformat(text), time(), UTC), timedelta(days=1 if end else 0)
        else:
            moment, more = datetime.fromisoformat(text.replace(" ", "+")), timedelta()  # an offset's "+" is a space when it was not encoded
    except ValueError:
        raise invalid(field, "must be an ISO-8601 date or date-time") from None
    # at both ends of the calendar there is no day more, and no other time of the day: nothing lies there
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(aware, EARLIEST), LATEST).astimezone(UTC) + more


def narrow(query: TransactionQuery | ExportQuery) -> store.Filter:
    """The query's filters, checked. Raises VALIDATION_ERROR, CURRENCY_NOT_SUPPORTED."""
    kind = query.type.upper() if query.type else None
    if kind is not None and kind not in Kind.__members__:
        raise invalid("type", "must be one of " + ", ".join(Kind))
    since = parse_moment("start_date", query.start_date, end=False) if query.start_date else None
    until = parse_moment("end_date", query.end_date, end=True) if query.end_date else None
    if since is not None and until is not None and since > until:
        raise invalid("end_date", "must not be before start_date")
    return store.Filter(currencies.find(query.currency).code if query.currency else None, kind, since, until)


def page(context: Context, user_id: UUID, query: TransactionQuery) -> tuple[list[Transaction], Pagination]:
    rows, total = store.page(context.db.connection(), user_id, narrow(query), limit=query.limit, offset=query.offset)
    return [_shown(row) for row in rows], Pagination.of(query, total)


def export(context: Context, user_id: UUID, query: ExportQuery) -> str:
    """All transactions of a period as CSV (RFC 4180), newest first; without dates of the last 90 days. Raises VALIDATION_ERROR."""
    asked = narrow(query)
    until = asked.until or context.now()
    since = asked.since or until - EXPORT_PERIOD_MAX
    if until - since > EXPORT_PERIOD_MAX + timedelta(days=1):  # a date as an end is its whole day
        raise invalid("start_date", f"must be within {EXPORT_PERIOD_MAX.days} days of end_date")
    narrowed = asked._replace(since=since, until=until)
    rows, total = store.page(context.db.connection(), user_id, narrowed, limit=EXPORT_ROWS_MAX, offset=0)
    if total > EXPORT_ROWS_MAX:
        raise invalid("start_date", f"leads to {total} rows; at most {EXPORT_ROWS_MAX} fit into a file, so take a shorter period")
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(EXPORT_COLUMNS)
    for row in map(_shown, rows):
        writer.writerow([getattr(row, column) for column in EXPORT_COLUMNS])
    return file.getvalue()


def _shown(row: store.TransactionRow) -> Transaction:
    return Transaction(
        id=f"{row.reference_id if row.entry_id is None else row.entry_id}-{row.line}",
        currency=row.currency,
        type=row.type,
        amount=format_amount(from_numeric(row.amount)),
        balance_before=format_amount(from_numeric(row.balance_before)),
        balance_after=format_amount(from_numeric(row.balance_after)),
        status=row.status,
        reference_id=row.reference_id,
        reference_type=row.reference_type,
        description=row.description,
        metadata=row.metadata or {},
        created_at=iso(row.created_at),
    )
