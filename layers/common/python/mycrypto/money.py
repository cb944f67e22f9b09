"""Amounts of money: parsing, printing and rounding.

One scale everywhere: an amount is a whole number of units of 10^-8 of an asset. Python integers in code,
``NUMERIC(28,8)`` in PostgreSQL, decimal strings on every wire. Nothing here, and nothing that calls this module,
uses binary floating point for money.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

SCALE: Final = 8
UNITS_PER_ONE: Final = 10**SCALE
"""Units in one whole coin, lira or dollar."""

FIAT_DECIMALS: Final = 2
"""TRY enters and leaves the platform in whole kurus."""

AMOUNT_UNITS_MAX: Final = 10**18 - 1
"""The largest amount accepted from outside (ten digits before the point): fits ``NUMERIC(28,8)`` with room to add up."""

PPM: Final = 1_000_000
"""Fee rates are parts per million: 0.05 % is 500."""

BPS: Final = 10_000
"""Bands and trailing distances are basis points: 10 % is 1,000."""

_AMOUNT_TEXT: Final = re.compile(r"(?P<whole>0|[1-9][0-9]{0,9})(?:\.(?P<fraction>[0-9]{1,8}))?")
_FACTOR: Final = Decimal(UNITS_PER_ONE)
_REMEMBERED: Final = 16_384
"""Texts and amounts that are kept with their counterpart: orders say the same few thousand prices and quantities again and again."""


class AmountError(ValueError):
    """A text is no amount; ``str()`` of the error says why, in words for a person."""


def parse_amount(text: object, *, decimals: int = SCALE) -> int:
    """Read a non-negative decimal string as units of 10^-8.

    Accepted: digits with at most ``decimals`` of them after one point. Refused, with :class:`AmountError`: anything that is
    not a ``str``, a sign, an exponent, white space, digits other than ASCII, more than ten digits before the point.
    """
    if not isinstance(text, str):
        raise AmountError('must be a decimal number written as a string, such as "0.25"')
    return _parsed(text, decimals)


@lru_cache(_REMEMBERED)
def _parsed(text: str, decimals: int) -> int:
    match = _AMOUNT_TEXT.fullmatch(text)
    if match is None:
        if text.startswith("-"):
            raise AmountError("must not be negative")
        raise AmountError("must be a plain decimal number with at most 10 digits before the point and 8 after it")
    fraction = match["fraction"] or ""
    if len(fraction) > decimals:
        raise AmountError(f"must have at most {decimals} decimals")
    return int(match["whole"]) * UNITS_PER_ONE + int(fraction.ljust(SCALE, "0"))


def parse_positive(text: object, *, decimals: int = SCALE) -> int:
    """As :func:`parse_amount`, and zero is refused as well."""
    units = parse_amount(text, decimals=decimals)
    if units == 0:
        raise AmountError("must be greater than zero")
    return units


@lru_cache(_REMEMBERED)
def format_amount(units: int) -> str:
    """Print units as the shortest exact decimal string: 150000000 is ``"1.5"``, 0 is ``"0"``."""
    sign = "-" if units < 0 else ""
    whole, fraction = divmod(abs(units), UNITS_PER_ONE)
    if fraction == 0:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{fraction:08d}".rstrip("0")


def to_numeric(units: int) -> Decimal:
    """The value for a ``NUMERIC(28,8)`` column."""
    return Decimal(units).scaleb(-SCALE)


def from_numeric(value: Decimal) -> int:
    """Units of a ``NUMERIC(28,8)`` column; raises :class:`AmountError` if the value has more than 8 decimals."""
    scaled = value * _FACTOR
    units = int(scaled)
    if units != scaled:
        raise AmountError(f"{value} has more than {SCALE} decimals")
    return units


def fee_units(value_units: int, rate_ppm: int) -> int:
    """The fee on a traded value, in units of 10^-8 of the quote asset, rounded up in the platform's favour."""
    return -(-value_units * rate_ppm // PPM)


def notional_units(price_units: int, quantity_units: int) -> int:
    """Price times quantity in quote units; exact for every listed symbol (tick x lot is a whole number of units).

    Raises :class:`AmountError` where the product is no whole number of units, as no rounding of a fill is ever right.
    """
    value, rest = divmod(price_units * quantity_units, UNITS_PER_ONE)
    if rest:
        raise AmountError("price x quantity is not a whole number of 10^-8 quote units")
    return value
