"""Balances, cache-aside: Redis for five seconds, PostgreSQL for the truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

import msgspec
from psycopg import Connection

from functions.wallet import prices
from functions.wallet.context import Context
from functions.wallet.models import Balance, iso
from functions.wallet.store import balances as store
from functions.wallet.store import values
from mycrypto import currencies
from mycrypto.balance_cache import KEPT_SECONDS, balance_key, balances_key
from mycrypto.money import format_amount, from_numeric

T = TypeVar("T")

_one = msgspec.json.Decoder(Balance)
_all = msgspec.json.Decoder(list[Balance])


def _balance(currency: str, row: store.WalletRow | None, known: Mapping[str, int]) -> Balance:
    """``known`` are the prices of the last trades."""
    if row is None:
        return Balance(currency, "0", "0", "0", value_try="0")
    locked = row.locked + row.withdrawing
    total = row.available + locked
    value = prices.value_down(total, currency, known)
    return Balance(
        currency,
        format_amount(row.available),
        format_amount(locked),
        format_amount(total),
        iso(row.updated_at),
        None if value is None else format_amount(value),
    )


def total_try(balances: Iterable[Balance]) -> str:
    """What balances are worth together, as far as there are prices."""
    return format_amount(sum(from_numeric(Decimal(each.value_try)) for each in balances if each.value_try is not None))


def balance(context: Context, user_id: UUID, currency: str) -> Balance:
    """One balance, at most five seconds old; zeros where there never was any. Raises CURRENCY_NOT_SUPPORTED."""
    code = currencies.find(currency).code
    key = balance_key(user_id, code)
    context.meter.count("wallet_balance_queries")
    if (kept := _kept(context, key, _one)) is not None:
        return kept
    connection = context.db.connection()
    found = _balance(code, store.of_currency(connection, user_id, code), _prices(context, connection))
    context.cache.put(key, msgspec.json.encode(found), seconds=KEPT_SECONDS)
    return found


def balances(context: Context, user_id: UUID) -> list[Balance]:
    """All balances in the order of the currencies, zeros included."""
    key = balances_key(user_id)
    context.meter.count("wallet_balance_queries")
    if (kept := _kept(context, key, _all)) is not None:
        return kept
    connection = context.db.connection()
    rows, known = store.of_user(connection, user_id), _prices(context, connection)
    found = [_balance(code, rows.get(code), known) for code in currencies.SUPPORTED]
    context.cache.put(key, msgspec.json.encode(found), seconds=KEPT_SECONDS)
    return found


def _prices(context: Context, connection: Connection) -> dict[str, int]:
    return values.last_prices(connection, context.now() - prices.AGE_MAX)


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
