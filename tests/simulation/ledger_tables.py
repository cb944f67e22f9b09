"""What the statements of the ledger, of deposits and of what a bank reports do to the tables."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import psycopg

from functions.wallet.store.fiat_deposits import DepositRow
from tests.simulation.database import Tables, statement
from tests.simulation.statements import items, numbers, texts


@statement("SELECT ledger_post(")
def _post(tables: Tables, values: Any) -> list[Any]:
    keys, _, reference_types, reference_ids = (texts(array) for array in values[:4])
    kinds, owners, currencies, leg_entries, leg_accounts, _, leg_units = values[6:]
    accounts = list(zip(items(kinds), items(owners), items(currencies), strict=True))
    fresh = [key not in tables.entries for key in keys]
    sums: defaultdict[tuple[int, str], int] = defaultdict(int)
    for entry, account, units in zip(numbers(leg_entries), numbers(leg_accounts), numbers(leg_units), strict=True):
        assert entry is not None
        assert account is not None
        assert units is not None
        if not fresh[entry - 1]:
            continue
        place = accounts[account - 1]
        sums[entry, place[2]] += units
        tables.accounts[place] = tables.accounts.get(place, 0) + units
        if place[0] in {"spot", "transit"} and tables.accounts[place] < 0:
            raise psycopg.errors.CheckViolation(f"user_accounts_are_never_negative: {place}")
    if any(sums.values()):
        raise psycopg.errors.CheckViolation("postings do not sum to zero")
    for number, key in enumerate(keys):
        if fresh[number]:
            tables.entries[key] = (reference_types[number], reference_ids[number])
    return [([key for number, key in enumerate(keys) if fresh[number]],)]


def open_deposit(tables: Tables, row: DepositRow) -> None:
    """What a user has announced: the route that does it is not in the simulation."""
    tables.deposits[row.id] = row


@statement("SELECT deposit.id, deposit.user_id")
def _by_references(tables: Tables, values: Any) -> list[Any]:
    return sorted(row for row in tables.deposits.values() if row.reference in values[0])


@statement("UPDATE deposit_requests SET status = 'APPROVED'")
def _approve(tables: Tables, values: Any) -> int:
    now, deposit_id = values
    tables.deposits[deposit_id] = tables.deposits[deposit_id]._replace(status="APPROVED", approved_at=now)
    return 1


@statement("UPDATE deposit_requests SET status = 'COMPLETED'")
def _complete(tables: Tables, values: Any) -> list[Any]:
    found = []
    for each in values[0]:
        row = tables.deposits.get(each)
        if row is not None and row.status == "APPROVED":
            tables.deposits[each] = row._replace(status="COMPLETED")
            found.append((row.id, row.user_id, row.currency, row.amount, row.email))
    return found


@statement("INSERT INTO bank_transfers")
def _record(tables: Tables, values: Any) -> int:
    transaction_id, reference, amount, sender_iban, _, deposit_id = values
    if transaction_id in tables.bank_transfers:
        return 0
    tables.bank_transfers[transaction_id] = (reference, amount, sender_iban, deposit_id)
    return 1


@statement("SELECT FROM bank_transfers")
def _is_known(tables: Tables, values: Any) -> list[Any]:
    return [()] if values[0] in tables.bank_transfers else []


@statement("SELECT reference, amount, sender_iban FROM bank_transfers")
def _same(tables: Tables, values: Any) -> list[Any]:
    known = tables.bank_transfers.get(values[0])
    return [] if known is None else [known[:3]]


@statement("UPDATE bank_accounts account SET is_verified")
def _verify(_tables: Tables, _: Any) -> int:
    return 1


@statement("SELECT first_name")
def _kyc_name(_tables: Tables, _: Any) -> list[Any]:
    return []


@statement("INSERT INTO reconciliation_items")
def _item(tables: Tables, values: Any) -> int:
    if isinstance(values, dict):
        key = ("ENGINE", values["transfer"], values["code"])
    else:
        key = (values[1], values[2], values[3] if len(values) == 10 else "PAYOUT_DISPUTED")
    if key in tables.items:
        return 0
    tables.items[key] = values
    return 1


@statement("SELECT id, source, source_key, reason")
def _no_item(_tables: Tables, _: Any) -> list[Any]:
    return []  # reports that cannot be read are not sent in these histories


@statement("SELECT status = 'SUSPENDED' FROM users")
def _active(_tables: Tables, _: Any) -> list[Any]:
    return [(False,)]
