"""A user's statement of a month. Amounts are decimal strings."""

from __future__ import annotations

from uuid import UUID

import msgspec


class StatementTotal(msgspec.Struct, frozen=True):
    """All movements of one kind; what left the balance is negative."""

    type: str
    count: int
    amount: str


class StatementCurrency(msgspec.Struct, frozen=True):
    """``opening`` and the amounts of ``totals`` add up to ``closing``."""

    currency: str
    opening: str
    totals: list[StatementTotal]
    closing: str


class StatementMovement(msgspec.Struct, frozen=True):
    created_at: str
    currency: str
    type: str
    amount: str
    balance_after: str
    reference_type: str
    reference_id: str
    description: str


class Statement(msgspec.Struct, frozen=True):
    """``since`` is the first moment of the Turkish month, ``until`` the first one after it, or now while the month lasts (``complete`` is false then).
    ``movements`` are oldest first; where there are more than a file holds there are none, and ``movements_listed`` is false.
    """

    user_id: UUID
    month: str
    since: str
    until: str
    complete: bool
    currencies: list[StatementCurrency]
    movements: list[StatementMovement]
    movements_listed: bool
