"""The currencies that a wallet can hold, in the order in which they are listed."""

from __future__ import annotations

from typing import Final

import msgspec

from mycrypto.errors import ProblemError
from mycrypto.money import FIAT_DECIMALS, SCALE


class Currency(msgspec.Struct, frozen=True):
    """``decimals`` is the precision of amounts that users enter and see leave; ``chain_decimals`` that of its own chain, 0 for fiat."""

    code: str
    name: str
    decimals: int
    chain_decimals: int = 0

    @property
    def is_fiat(self) -> bool:
        return self.chain_decimals == 0


TRY: Final = Currency("TRY", "Türk Lirası", FIAT_DECIMALS)
BTC: Final = Currency("BTC", "Bitcoin", SCALE, 8)
ETH: Final = Currency("ETH", "Ethereum", SCALE, 18)
USDT: Final = Currency("USDT", "Tether", SCALE, 6)

SUPPORTED: Final = {currency.code: currency for currency in (TRY, BTC, ETH, USDT)}


def find(code: str) -> Currency:
    """The currency of a code, in any case. Raises CURRENCY_NOT_SUPPORTED."""
    found = SUPPORTED.get(code.upper())
    if found is None:
        raise ProblemError("CURRENCY_NOT_SUPPORTED", f"{code[:16]!r} is none of {', '.join(SUPPORTED)}")
    return found
