"""Amounts of TRY and what a day allows."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.wallet.limits import day_start, parse_fiat, require_kyc, require_within_day
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
    ("level", "used", "amount", "allowed"),
    [
        (1, 0, 1_000, True),
        (1, 0, 1_001, False),
        (1, 999, 1, True),
        (1, 1_000, 1, False),
        (2, 0, 50_000, True),
        (2, 1, 50_000, False),
        (3, 10**7, 50_000, True),
    ],
)
def test_the_day_of_each_kyc_level(level: int, used: int, amount: int, allowed: bool) -> None:
    cap = LIMITS[level].deposit
    assert cap == LIMITS[level].withdrawal
    if allowed:
        require_within_day(level, cap, used * ONE, amount * ONE)
    else:
        with pytest.raises(ProblemError) as caught:
            require_within_day(level, cap, used * ONE, amount * ONE)
        assert caught.value.kind.code == "WALLET_002"


def test_level_zero_needs_kyc() -> None:
    with pytest.raises(ProblemError) as caught:
        require_kyc(0)
    assert caught.value.kind.code == "KYC_REQUIRED"
    require_kyc(1)


def test_the_day_is_the_turkish_one() -> None:
    assert day_start(datetime(2026, 11, 23, 20, 59, tzinfo=UTC)) == datetime(2026, 11, 22, 21, tzinfo=UTC)
    assert day_start(datetime(2026, 11, 23, 21, 0, tzinfo=UTC)) == datetime(2026, 11, 23, 21, tzinfo=UTC)
