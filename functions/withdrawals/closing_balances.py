"""Closing balances: what bank and chain hold is held against what the books say that they hold.

The two are never the same to the unit: payouts are on their way, money waits for people to decide about it, and a network charges something else than
its user was charged. Each look therefore gives a range in which the partner's excess over the books lies. The ranges of all looks have to have a point
in common; a look that leaves none shows that money came or went without an entry in the books. Amounts are units of 10^-8.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_FLOOR, Decimal, InvalidOperation, localcontext
from typing import Final, Protocol

from functions.withdrawals import closing_store as store
from functions.withdrawals.closing_store import Books, Range
from functions.withdrawals.ports import Held
from functions.withdrawals.reconciling_store import Difference
from mycrypto import networks
from mycrypto.currencies import TRY
from mycrypto.database import Database
from mycrypto.money import SCALE, format_amount, from_numeric
from mycrypto.partners import AwayError

CURRENCIES: Final = {"BANK": (TRY.code,), "CHAIN": networks.CURRENCIES}
"""What a currency has on its networks is one figure: its custody is one account."""
SHORT: Final = "BALANCE_SHORT"
OVER: Final = "BALANCE_OVER"
DIGITS_MAX: Final = 40


class Source(Protocol):
    """Who says what it holds."""

    def balances(self) -> list[Held]:
        """Raises AwayError."""


def judge(known: Range | None, held: int, books: Books) -> tuple[Range, int]:
    """The range after this look, and what does not fit: negative where the partner has too little, 0 where all fits. Pure."""
    excess = held - books.booked
    seen = Range(excess - books.arriving, excess + books.leaving)
    if known is None:
        return seen, 0
    wide = Range(known.lowest - books.fees, known.highest + books.fees)
    both = Range(max(seen.lowest, wide.lowest), min(seen.highest, wide.highest))
    if both.lowest <= both.highest:
        return both, 0
    return known, seen.lowest - wide.highest if seen.lowest > wide.highest else seen.highest - wide.lowest


def look(db: Database, source: str, partner: Source, now: datetime) -> list[Difference]:
    """What did not fit at the last look, and does not fit now. Raises AwayError, also for an amount that is none."""
    found = []
    held = _units(source, partner.balances())
    for currency in CURRENCIES[source]:
        with db.transaction() as connection:
            row = store.lock(connection, source, currency)
            books = store.books(connection, source, currency, since=row.looked_at if row else now)
            known = Range(from_numeric(row.lowest), from_numeric(row.highest)) if row else None
            after, wrong = judge(known, held.get(currency, 0), books)
            # Bounds stay those of before while something does not fit: the item that tells of it widens the next look, until it is decided.
            store.keep(connection, source, currency, after, held=held.get(currency, 0), booked=books.booked, now=now, suspected=wrong != 0)
        if wrong and row is not None and row.suspected:
            reason = SHORT if wrong < 0 else OVER
            key = f"closing:{currency}:{now:%Y-%m-%dT%H}"
            found.append(Difference(source, key, reason, currency, format_amount(abs(wrong)), left=wrong < 0))
    return found


def _units(source: str, said: list[Held]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in said:
        if each.currency in CURRENCIES[source]:
            found[each.currency] = found.get(each.currency, 0) + _floor(each.amount)
    return found


def _floor(text: str) -> int:
    """A chain has more decimals than the books, which keep the rest as dust."""
    with localcontext(prec=2 * DIGITS_MAX):
        try:
            amount = Decimal(text[:DIGITS_MAX]).scaleb(SCALE).to_integral_value(ROUND_FLOOR)
            return int(amount)
        except (InvalidOperation, ValueError, OverflowError) as error:
            raise AwayError(f"no amount: {error}") from error
