"""Balances are cut into random parts and shuffled, so that the neighbours in a proof say nothing about any one balance. Pure but for the randomness."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from mycrypto.liabilities.tree import Leaf

NONCE_BYTES: Final = 32
SHARE: Final = 64
"""No leaf is more than a 64th of all that is owed in its currency."""


def parts_of(units: int, most: int) -> Iterable[int]:
    """Random positive parts that add up to ``units``; none is above ``most``, and none above half, rounded up, of the whole."""
    largest = max(1, min(most, (units + 1) // 2))
    left = units
    while left > 0:
        part = min(left, 1 + secrets.randbelow(largest))
        yield part
        left -= part


def leaves_of(balances: Mapping[UUID, int]) -> list[Leaf]:
    """The leaves of a currency, in an order that says nothing."""
    most = max(1, sum(balances.values()) // SHARE)
    found = [Leaf(user_id, part, secrets.token_bytes(NONCE_BYTES)) for user_id, units in balances.items() for part in parts_of(units, most)]
    secrets.SystemRandom().shuffle(found)
    return found
