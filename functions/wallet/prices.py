"""What an amount is worth in TRY: by the last trade on this exchange, for as long as that says anything. Pure.

A market of the currency against TRY decides; where there is none, its market against USDT and USDT's against TRY. A price of more than a day
ago is none. The rounding of what counts against a limit is against the user, by less than 10^-8 TRY; that of what is shown is down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from mycrypto.currencies import TRY, USDT
from mycrypto.money import UNITS_PER_ONE

AGE_MAX: Final = timedelta(hours=24)


def worth(units: int, currency: str, prices: Mapping[str, int]) -> int | None:
    """The value in units of 10^-8 TRY for a limit; ``None`` if there is no price."""
    return _value(units, currency, prices, lambda amount, price: -(-amount * price // UNITS_PER_ONE))


def value_down(units: int, currency: str, prices: Mapping[str, int]) -> int | None:
    """The value in units of 10^-8 TRY to show; ``None`` if there is no price, and 0 for nothing."""
    return 0 if units == 0 else _value(units, currency, prices, lambda amount, price: amount * price // UNITS_PER_ONE)


def _value(units: int, currency: str, prices: Mapping[str, int], times: Callable[[int, int], int]) -> int | None:
    if currency == TRY.code:
        return units
    direct = prices.get(f"{currency}/{TRY.code}")
    if direct is not None:
        return times(units, direct)
    through, onwards = prices.get(f"{currency}/{USDT.code}"), prices.get(f"{USDT.code}/{TRY.code}")
    return None if through is None or onwards is None else times(times(units, through), onwards)
