"""The Turkish national id and the limits of its levels."""

from __future__ import annotations

from datetime import date

import pytest

from functions.auth.kyc import age_on
from mycrypto.kyc import LIMITS, is_national_id


@pytest.mark.parametrize("number", ["10000000146", "11111111110"])
def test_numbers_that_exist(number: str) -> None:
    assert is_national_id(number)


@pytest.mark.parametrize(
    "number", ["", "1000000014", "100000001460", "00000000146", "10000000147", "10000000156", "1000000014a", "10000000146\n"]
)
def test_numbers_that_do_not(number: str) -> None:
    assert not is_national_id(number)


def test_every_single_wrong_digit_and_every_swap_of_check_digits_is_noticed() -> None:
    number = "10000000146"
    changed = [number[:at] + str(digit) + number[at + 1 :] for at in range(11) for digit in range(10) if str(digit) != number[at]]
    assert not any(is_national_id(text) for text in changed)


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        (date(2000, 2, 29), date(2018, 2, 28), 17),
        (date(2000, 2, 29), date(2018, 3, 1), 18),
        (date(2000, 6, 1), date(2018, 6, 1), 18),
        (date(2000, 6, 2), date(2018, 6, 1), 17),
    ],
)
def test_age_is_in_whole_years(born: date, today: date, age: int) -> None:
    assert age_on(born, today) == age


def test_limits_rise_with_the_level() -> None:
    assert [limit.deposit.day for limit in LIMITS] == [0, 1_000 * 10**8, 50_000 * 10**8, None]
