"""Balances in Redis, kept for five seconds: the wallet reads them, and every function that changes a balance drops them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from mycrypto.cache import Cache

KEPT_SECONDS: Final = 5


def balance_key(user_id: UUID, currency: str) -> str:
    """One balance of one user."""
    return f"balance:{user_id}:{currency}"


def balances_key(user_id: UUID) -> str:
    """All balances of one user."""
    return f"user:balances:{user_id}"


def drop(cache: Cache, changed: Iterable[tuple[UUID, str]]) -> None:
    """Forget the balances of these users and currencies."""
    keys = {key for user_id, currency in changed for key in (balance_key(user_id, currency), balances_key(user_id))}
    cache.drop(*sorted(keys))
