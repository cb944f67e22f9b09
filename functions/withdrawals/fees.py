"""What the networks ask for now becomes what the next withdrawals are charged: with a margin, within bounds."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from functions.withdrawals.ports import NetworkFee
from mycrypto.money import UNITS_PER_ONE, AmountError, parse_amount

MARGIN_PERCENT: Final = {"BTC": 120, "ETH": 130}
"""A fee rises between the request and the payout. The gas of a token is paid in ETH, out of the platform's fee, so it has no fee here."""
CAP: Final = {"BTC": UNITS_PER_ONE // 10_000 * 2, "ETH": UNITS_PER_ONE // 1_000 * 6}
"""100 sat/vB for an ordinary transaction of 200 vB; 200 gwei for 21,000 gas, with the margin."""


def charged(observed: NetworkFee) -> Decimal | None:
    """What users are charged, rounded up to 10^-8, or ``None`` where the answer is no fee of ours."""
    if observed.currency not in MARGIN_PERCENT:
        return None
    try:
        units = parse_amount(observed.fee)
    except AmountError:
        return None
    if units <= 0:
        return None
    with_margin = -(-units * MARGIN_PERCENT[observed.currency] // 100)
    return Decimal(min(with_margin, CAP[observed.currency])).scaleb(-8)
