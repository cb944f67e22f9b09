"""The platform's balance sheet, from the ledger on one view of the database: what it holds, what it owes, what is its own. It sums to zero or something is wrong."""

from __future__ import annotations

from typing import Final

import msgspec

from functions.wallet.context import Context
from functions.wallet.models import iso
from functions.wallet.store import balance_sheet as store
from mycrypto import currencies
from mycrypto.database import one_view
from mycrypto.money import format_amount

ASSETS: Final = ("custody:bank", "custody:hot", "custody:cold")
OWED: Final = ("spot", "transit", "external")
OWN: Final = ("fees", "dust", "written-off")


class Line(msgspec.Struct, frozen=True):
    """All accounts of one kind."""

    account: str
    amount: str


class CurrencySheet(msgspec.Struct, frozen=True):
    """``assets`` less ``owed`` less ``own`` is ``difference``, which is 0. ``owed`` are users' balances (``spot``, ``transit``) and what was received and
    has no owner yet (``external``); ``own`` is what the platform earned or bore.
    """

    currency: str
    assets: list[Line]
    owed: list[Line]
    own: list[Line]
    assets_total: str
    owed_total: str
    own_total: str
    difference: str


class BalanceSheet(msgspec.Struct, frozen=True):
    """``event_number`` is the last event of the engine that it contains."""

    taken_at: str
    event_number: int
    balanced: bool
    currencies: list[CurrencySheet]


def sheet(context: Context) -> BalanceSheet:
    with one_view(context.db.connection()) as connection:
        event_number, sums = store.event_number(connection), store.sums(connection)
    found = [_currency(code, sums.get(code, {})) for code in dict.fromkeys((*currencies.SUPPORTED, *sorted(sums)))]
    return BalanceSheet(iso(context.now()), event_number, all(each.difference == "0" for each in found), found)


def _currency(code: str, sums: dict[str, int]) -> CurrencySheet:
    """Custody is booked as what it owes: the sign is turned."""
    assets = {kind: -sums.get(kind, 0) for kind in ASSETS}
    owed = {kind: sums.get(kind, 0) for kind in OWED}
    own = {kind: units for kind, units in sums.items() if kind not in {*ASSETS, *OWED}}
    own = dict.fromkeys(OWN, 0) | own
    held, due, kept = (sum(part.values()) for part in (assets, owed, own))
    return CurrencySheet(
        currency=code,
        assets=_lines(assets),
        owed=_lines(owed),
        own=_lines(own),
        assets_total=format_amount(held),
        owed_total=format_amount(due),
        own_total=format_amount(kept),
        difference=format_amount(held - due - kept),
    )


def _lines(sums: dict[str, int]) -> list[Line]:
    return [Line(kind, format_amount(units)) for kind, units in sums.items()]
