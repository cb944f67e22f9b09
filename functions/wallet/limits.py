"""How much may move, and when a day and a month begin. Pure. Amounts are units of 10^-8 TRY."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Protocol

from mycrypto import kyc
from mycrypto.errors import ProblemError
from mycrypto.money import FIAT_DECIMALS, UNITS_PER_ONE, AmountError, format_amount, parse_positive

FIAT_MIN: Final = 100 * UNITS_PER_ONE
FIAT_MAX: Final = 50_000 * UNITS_PER_ONE

TURKEY: Final = timezone(timedelta(hours=3))
"""Europe/Istanbul, which has had no other offset since 2016. Limits are by the Turkish day and month."""


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
    """Raises KYC_REQUIRED for a user who has not confirmed an e-mail address."""
    if level < 1:
        raise ProblemError("KYC_REQUIRED", "confirm your e-mail address first", required_level=1, level=level)


class _Used(Protocol):
    @property
    def day(self) -> int: ...
    @property
    def month(self) -> int: ...


def require_within(level: int, limit: kyc.Limit, used: _Used, value: int) -> None:
    """Raises WALLET_002 if ``value`` would take the day's or the month's total beyond what the KYC level allows."""
    for name, cap, moved in (("daily", limit.day, used.day), ("monthly", limit.month, used.month)):
        if cap is not None and moved + value > cap:
            remaining = max(0, cap - moved)
            raise ProblemError(
                "WALLET_002",
                f"the {name} limit of KYC level {level} is {format_amount(cap)} TRY, {format_amount(remaining)} of it remain,"
                f" this is worth {format_amount(value)}",
                limit=format_amount(cap),
                remaining=format_amount(remaining),
                value=format_amount(value),
                period=name.upper(),
                level=level,
            )


def day_start(now: datetime) -> datetime:
    """The beginning of the Turkish day that ``now`` lies in, in UTC."""
    return now.astimezone(TURKEY).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def month_start(now: datetime) -> datetime:
    """The beginning of the Turkish month that ``now`` lies in, in UTC."""
    return day_start(now).astimezone(TURKEY).replace(day=1).astimezone(UTC)


def next_day(now: datetime) -> datetime:
    return day_start(now) + timedelta(days=1)


def next_month(now: datetime) -> datetime:
    return month_start(month_start(now) + timedelta(days=32))
