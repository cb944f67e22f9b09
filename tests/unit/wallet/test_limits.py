"""Amounts of TRY and what a day allows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.wallet.limits import day_start, month_start, next_day, next_month, parse_fiat, require_kyc, require_within
from functions.wallet.prices import worth
from functions.wallet.store.values import Moved
from mycrypto.errors import ProblemError
from mycrypto.kyc import LIMITS

ONE = 10**8


@pytest.mark.parametrize(
    ("text", "units"), [("100", 100 * ONE), ("100.01", 100_01000000), ("50000", 50_000 * ONE), ("50000.00", 50_000 * ONE)]
)
def test_amounts_within_the_bounds(text: str, units: int) -> None:
    assert parse_fiat(text) == units


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("99.99", "INVALID_AMOUNT"),
        ("0", "INVALID_AMOUNT"),
        ("100.001", "INVALID_AMOUNT"),
        (100, "INVALID_AMOUNT"),
        ("50000.01", "WALLET_002"),
    ],
)
def test_amounts_outside(text: object, code: str) -> None:
    with pytest.raises(ProblemError) as caught:
        parse_fiat(text)
    assert caught.value.kind.code == code


@pytest.mark.parametrize(
    ("level", "day", "month", "amount", "period"),
    [
        (1, 0, 0, 1_000, None),
        (1, 0, 0, 1_001, "DAILY"),
        (1, 999, 999, 1, None),
        (1, 1_000, 1_000, 1, "DAILY"),
        (2, 0, 450_000, 50_000, None),
        (2, 1, 1, 50_000, "DAILY"),
        (2, 0, 450_001, 50_000, "MONTHLY"),
        (2, 0, 500_000, 1, "MONTHLY"),
        (3, 10**7, 10**8, 50_000, None),
    ],
)
def test_the_day_and_the_month_of_each_kyc_level(level: int, day: int, month: int, amount: int, period: str | None) -> None:
    limit = LIMITS[level].deposit
    assert limit == LIMITS[level].withdrawal
    used = Moved(day * ONE, month * ONE)
    if period is None:
        require_within(level, limit, used, amount * ONE)
    else:
        with pytest.raises(ProblemError) as caught:
            require_within(level, limit, used, amount * ONE)
        assert (caught.value.kind.code, caught.value.extra["period"]) == ("WALLET_002", period)


def test_level_zero_needs_kyc() -> None:
    with pytest.raises(ProblemError) as caught:
        require_kyc(0)
    assert caught.value.kind.code == "KYC_REQUIRED"
    require_kyc(1)


def test_the_day_is_the_turkish_one() -> None:
    assert day_start(datetime(2026, 11, 23, 20, 59, tzinfo=UTC)) == datetime(2026, 11, 22, 21, tzinfo=UTC)
    assert day_start(datetime(2026, 11, 23, 21, 0, tzinfo=UTC)) == datetime(2026, 11, 23, 21, tzinfo=UTC)
    assert next_day(datetime(2026, 11, 23, 21, 0, tzinfo=UTC)) == datetime(2026, 11, 24, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        (datetime(2026, 11, 30, 20, 59, 59, tzinfo=UTC), datetime(2026, 10, 31, 21, tzinfo=UTC), datetime(2026, 11, 30, 21, tzinfo=UTC)),
        (datetime(2026, 11, 30, 21, 0, tzinfo=UTC), datetime(2026, 11, 30, 21, tzinfo=UTC), datetime(2026, 12, 31, 21, tzinfo=UTC)),
        (datetime(2028, 2, 29, 12, 0, tzinfo=UTC), datetime(2028, 1, 31, 21, tzinfo=UTC), datetime(2028, 2, 29, 21, tzinfo=UTC)),
    ],
)
def test_so_is_the_month(now: datetime, start: datetime, end: datetime) -> None:
    assert (month_start(now), next_month(now)) == (start, end)


@pytest.mark.parametrize(
    ("currency", "prices", "value"),
    [
        ("TRY", {}, 2 * ONE),
        ("ETH", {"ETH/TRY": 100_000 * ONE}, 200_000 * ONE),
        ("ETH", {"ETH/TRY": 100_000 * ONE, "ETH/USDT": ONE, "USDT/TRY": ONE}, 200_000 * ONE),
        ("ETH", {"ETH/USDT": 2_500 * ONE, "USDT/TRY": 40 * ONE}, 200_000 * ONE),
        ("ETH", {"ETH/USDT": 2_500 * ONE}, None),
        ("ETH", {"BTC/TRY": ONE}, None),
        ("USDT", {"USDT/USDT": ONE}, None),
    ],
)
def test_what_an_amount_is_worth(currency: str, prices: dict[str, int], value: int | None) -> None:
    assert worth(2 * ONE, currency, prices) == value


def test_a_fraction_of_a_unit_is_rounded_against_the_user() -> None:
    assert worth(1, "USDT", {"USDT/TRY": ONE + 1}) == 2
