"""A user's statement of a month: what there was, what moved, what there is. Opening and movements add up to the closing balance of each currency, and
the closing of a month is the opening of the next; before the first movement there is zero.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final
from uuid import UUID

from functions.wallet import limits
from functions.wallet.context import Context
from functions.wallet.models import iso
from functions.wallet.statement_models import Statement, StatementCurrency, StatementMovement, StatementTotal
from functions.wallet.store import statements as store
from functions.wallet.store.transactions import TransactionRow
from mycrypto import currencies
from mycrypto.database import one_view
from mycrypto.errors import invalid
from mycrypto.money import format_amount, from_numeric

_MONTH: Final = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
MOVEMENTS_MAX: Final = 10_000
"""Of one file: an answer of a function has at most 6 MB."""


def statement(context: Context, user_id: UUID, month: str, *, movements_max: int = MOVEMENTS_MAX) -> Statement:
    """Raises VALIDATION_ERROR for what is no month, and for one that has not begun."""
    if not _MONTH.fullmatch(month):
        raise invalid("month", "must be a month such as 2026-11")
    now = context.now()
    since = datetime.strptime(month, "%Y-%m").replace(tzinfo=limits.TURKEY)
    if since > now:
        raise invalid("month", "must have begun")
    end = limits.next_month(since)
    with one_view(context.db.connection()) as connection:
        opening, closing = (store.balances_at(connection, user_id, moment) for moment in (since, end))
        totals = store.totals(connection, user_id, since, end)
        listed = sum(row.movements for row in totals) <= movements_max
        rows = store.movements(connection, user_id, since, end, limit=movements_max) if listed else []
    return Statement(
        user_id=user_id,
        month=month,
        since=iso(since),
        until=iso(min(end, now)),
        complete=end <= now,
        currencies=[_currency(code, opening.get(code, 0), closing.get(code, 0), totals) for code in currencies.SUPPORTED],
        movements=[_movement(row) for row in rows],
        movements_listed=listed,
    )


def _currency(code: str, opening: int, closing: int, totals: list[store.TotalRow]) -> StatementCurrency:
    own = [row for row in totals if row.currency == code]
    if opening + sum(row.units for row in own) != closing:
        raise RuntimeError(f"a statement of {code} does not add up: {opening}, {own}, {closing}")
    shown = [StatementTotal(row.type, row.movements, format_amount(row.units)) for row in own]
    return StatementCurrency(code, format_amount(opening), shown, format_amount(closing))


def _movement(row: TransactionRow) -> StatementMovement:
    return StatementMovement(
        created_at=iso(row.created_at),
        currency=row.currency,
        type=row.type,
        amount=format_amount(from_numeric(row.amount)),
        balance_after=format_amount(from_numeric(row.balance_after)),
        reference_type=row.reference_type,
        reference_id=row.reference_id,
        description=row.description,
    )
