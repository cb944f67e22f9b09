"""How much may come in, and when a day begins. Pure. Amounts are units of 10^-8 TRY."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from mycrypto.errors import ProblemError
from mycrypto.money import FIAT_DECIMALS, UNITS_PER_ONE, AmountError, format_amount, parse_positive

FIAT_MIN: Final = 100 * UNITS_PER_ONE
FIAT_MAX: Final = 50_000 * UNITS_PER_ONE

TURKEY: Final = timezone(timedelta(hours=3))


def parse_fiat(text: object) -> int:
    """An amount of TRY in whole kurus between the bounds, in units of 10^-8. Raises INVALID_AMOUNT, or WALLET_002 above the maximum."""
    try:
        units = parse_positive(text, decimals=FIAT_DECIMALS)
    except AmountError as error:
        raise ProblemError("INVALID_AMOUNT", f"amount {error}") from None
    minimum, maximum = format_amount(FIAT_MIN), format_amount(FIAT_MAX)
    if units < FIAT_MIN:
        raise ProblemError("INVALID_AMOUNT", f"amount must be at least {minimum} TRY", minimum=minimum, maximum=maximum)
    if units > FIAT_MAX:
        raise ProblemError("WALLET_002", f"amount must be at most {maximum} TRY", minimum=minimum, maximum=maximum)
    return units


def require_kyc(level: int) -> None:
    """Raises KYC_REQUIRED for somebody who has confirmed nothing yet."""
    if level < 1:
        raise ProblemError("KYC_REQUIRED", "confirm your e-mail address first", required_level=1, level=level)


def require_within_day(level: int, cap: int | None, used: int, amount: int) -> None:
    """Raises WALLET_002 if ``amount`` would take the day's total beyond ``cap``, which the KYC level allows."""
    if cap is not None and used + amount > cap:
        remaining = max(0, cap - used)
        raise ProblemError(
            "WALLET_002",
            f"the daily limit of KYC level {level} is {format_amount(cap)} TRY, {format_amount(remaining)} of it remain",
            limit=format_amount(cap),
            remaining=format_amount(remaining),
            level=level,
        )


def day_start(now: datetime) -> datetime:
    """The beginning of the Turkish day that ``now`` lies in, in UTC."""
    return now.astimezone(TURKEY).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
