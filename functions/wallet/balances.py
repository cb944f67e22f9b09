"""Balances, cache-aside: Redis for five seconds, PostgreSQL for the truth."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

import msgspec

from functions.wallet.context import Context
from functions.wallet.models import Balance, iso
from functions.wallet.store import balances as store
from mycrypto import currencies
from mycrypto.balance_cache import KEPT_SECONDS, balance_key, balances_key
from mycrypto.money import format_amount

T = TypeVar("T")

_one = msgspec.json.Decoder(Balance)
_all = msgspec.json.Decoder(list[Balance])


def _balance(currency: str, row: store.WalletRow | None) -> Balance:
    if row is None:
        return Balance(currency, "0", "0", "0")
    locked = row.locked + row.withdrawing
    return Balance(
        currency, format_amount(row.available), format_amount(locked), format_amount(row.available + locked), iso(row.updated_at)
    )


def balance(context: Context, user_id: UUID, currency: str) -> Balance:
    """One balance, at most five seconds old; zeros where there never was any. Raises CURRENCY_NOT_SUPPORTED."""
    code = currencies.find(currency).code
    key = balance_key(user_id, code)
    context.meter.count("wallet_balance_queries")
    if (kept := _kept(context, key, _one)) is not None:
        return kept
    found = _balance(code, store.of_currency(context.db.connection(), user_id, code))
    context.cache.put(key, msgspec.json.encode(found), seconds=KEPT_SECONDS)
    return found


def balances(context: Context, user_id: UUID) -> list[Balance]:
    """All balances in the order of the currencies, zeros included."""
    key = balances_key(user_id)
    context.meter.count("wallet_balance_queries")
    if (kept := _kept(context, key, _all)) is not None:
        return kept
    rows = store.of_user(context.db.connection(), user_id)
    found = [_balance(code, rows.get(code)) for code in currencies.SUPPORTED]
    context.cache.put(key, msgspec.json.encode(found), seconds=KEPT_SECONDS)
    return found


def _kept(context: Context, key: str, decoder: msgspec.json.Decoder[T]) -> T | None:
    value = context.cache.get(key)
    if value is None:
        context.meter.count("wallet_balance_cache_misses")
        return None
    try:
        found = decoder.decode(value)
    except msgspec.DecodeError:  # of another version
        return None
    context.meter.count("wallet_balance_cache_hits")
    return found
