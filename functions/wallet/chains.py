"""The chains that deposits come from: what they need, and how their amounts become ours. Pure."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import msgspec

from mycrypto import currencies
from mycrypto.errors import ProblemError
from mycrypto.money import SCALE, UNITS_PER_ONE


class Chain(msgspec.Struct, frozen=True):
    """``minimum`` in units of 10^-8: smaller deposits are not credited by themselves."""

    currency: str
    network: str
    confirmations: int
    minimum: int
    confirmation_time: str


CHAINS: Final = {
    "BTC": Chain("BTC", "BITCOIN", 3, UNITS_PER_ONE // 10_000, "30-60 minutes"),
    "ETH": Chain("ETH", "ETHEREUM", 12, UNITS_PER_ONE // 1_000, "3-5 minutes"),
    "USDT": Chain("USDT", "ERC20", 12, UNITS_PER_ONE, "3-5 minutes"),
}

_AMOUNT: Final = re.compile(r"(?P<whole>0|[1-9][0-9]{0,9})(?:\.(?P<fraction>[0-9]{1,18}))?")
CHAIN_SCALE: Final = 18


class ChainAmount(msgspec.Struct, frozen=True):
    """``exact`` as the chain has it; ``units`` (10^-8) are credited; ``rest`` (a decimal below 10^-8) is dust."""

    exact: Decimal
    units: int
    rest: Decimal


def find(currency: str) -> Chain:
    """The chain of a currency, in any case. Raises CURRENCY_NOT_SUPPORTED, also for fiat."""
    code = currencies.find(currency).code
    if code not in CHAINS:
        raise ProblemError("CURRENCY_NOT_SUPPORTED", f"{code} has no deposit address")
    return CHAINS[code]


def parse_chain_amount(text: str, currency: str) -> ChainAmount:
    """Read a positive decimal string with at most as many decimals as the chain has; rounds down to 10^-8, keeps the rest.

    Raises ``ValueError``.
    """
    match = _AMOUNT.fullmatch(text)
    fraction = (match["fraction"] or "") if match else ""
    decimals = currencies.SUPPORTED[currency].chain_decimals
    if match is None or len(fraction.rstrip("0")) > decimals:
        raise ValueError(f"must be a plain decimal number with at most {decimals} decimals")
    wei = int(match["whole"]) * 10**CHAIN_SCALE + int(fraction.ljust(CHAIN_SCALE, "0"))
    if wei == 0:
        raise ValueError("must be greater than zero")
    units, rest = divmod(wei, 10 ** (CHAIN_SCALE - SCALE))
    return ChainAmount(Decimal(wei).scaleb(-CHAIN_SCALE), units, Decimal(rest).scaleb(-CHAIN_SCALE))
