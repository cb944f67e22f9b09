from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mycrypto import money

UNITS = st.integers(min_value=0, max_value=money.AMOUNT_UNITS_MAX)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("0", 0),
        ("1", 100_000_000),
        ("0.00000001", 1),
        ("42500.00", 4_250_000_000_000),
        ("9999999999.99999999", money.AMOUNT_UNITS_MAX),
    ],
)
def test_decimal_strings_are_read_exactly(text: str, units: int) -> None:
    assert money.parse_amount(text) == units


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "+1",
        "-1",
        "1e3",
        "1E-8",
        ".5",
        "5.",
        "01",
        "1,5",
        "0x1",
        "NaN",
        "Infinity",
        "\u0661",
        "1.123456789",
        "10000000000",
        "1_0",
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(money.AmountError):
        money.parse_amount(text)


@pytest.mark.parametrize("value", [1, 1.5, None, True, ["1"], b"1", Decimal(1)])
def test_only_strings_are_amounts(value: object) -> None:
    with pytest.raises(money.AmountError, match="written as a string"):
        money.parse_amount(value)


def test_fiat_has_two_decimals() -> None:
    assert money.parse_amount("10.25", decimals=money.FIAT_DECIMALS) == 1_025_000_000
    with pytest.raises(money.AmountError, match="at most 2 decimals"):
        money.parse_amount("10.255", decimals=money.FIAT_DECIMALS)


def test_zero_is_not_positive() -> None:
    with pytest.raises(money.AmountError, match="greater than zero"):
        money.parse_positive("0.00")


@pytest.mark.parametrize(("units", "text"), [(0, "0"), (150_000_000, "1.5"), (1, "0.00000001"), (-250_000_000, "-2.5"), (10**10, "100")])
def test_printing_is_the_shortest_exact_form(units: int, text: str) -> None:
    assert money.format_amount(units) == text


@given(UNITS)
def test_printing_and_reading_are_inverse(units: int) -> None:
    assert money.parse_amount(money.format_amount(units)) == units


@given(st.integers(min_value=-money.AMOUNT_UNITS_MAX, max_value=money.AMOUNT_UNITS_MAX))
def test_numeric_columns_keep_every_unit(units: int) -> None:
    assert money.from_numeric(money.to_numeric(units)) == units


def test_a_ninth_decimal_in_a_column_is_an_error() -> None:
    with pytest.raises(money.AmountError):
        money.from_numeric(Decimal("0.000000001"))


@given(UNITS, st.integers(min_value=0, max_value=money.PPM))
def test_fees_round_up_and_never_by_a_whole_unit(value: int, rate_ppm: int) -> None:
    fee = money.fee_units(value, rate_ppm)
    assert fee * money.PPM >= value * rate_ppm > (fee - 1) * money.PPM


def test_a_fill_that_would_need_rounding_is_an_error() -> None:
    assert money.notional_units(4_250_000_000_000, 1_000) == 42_500_000
    with pytest.raises(money.AmountError):
        money.notional_units(1_000_000, 1)
