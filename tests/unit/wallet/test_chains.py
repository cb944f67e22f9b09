"""Amounts of chains: exact, rounded down, the rest kept."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.wallet.chains import parse_chain_amount


@given(wei=st.integers(1, 10**28 - 1))
def test_nothing_is_lost_and_nothing_is_made(wei: int) -> None:
    text = f"{wei // 10**18}.{wei % 10**18:018d}"
    amount = parse_chain_amount(text, "ETH")
    assert Decimal(amount.units).scaleb(-8) + amount.rest == amount.exact == Decimal(wei).scaleb(-18)
    assert 0 <= amount.rest < Decimal("0.00000001")


@pytest.mark.parametrize(
    ("text", "currency"), [("0.00000001", "BTC"), ("1.50000000000", "BTC"), ("0.000001", "USDT"), ("9999999999", "USDT")]
)
def test_amounts_of_each_chain(text: str, currency: str) -> None:
    amount = parse_chain_amount(text, currency)
    assert amount.exact == Decimal(text)
    assert amount.rest == 0


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("0.000000001", "BTC"),
        ("0.0000001", "USDT"),
        ("0.0000000000000000001", "ETH"),
        ("0", "ETH"),
        ("0.0", "BTC"),
        ("-1", "BTC"),
        ("+1", "BTC"),
        ("1e3", "ETH"),
        ("01", "BTC"),
        (".5", "BTC"),
        ("1.", "BTC"),
        ("10000000000", "BTC"),
        ("\u0661", "BTC"),
        ("", "BTC"),
        (" 1", "BTC"),
    ],
)
def test_what_is_no_amount(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        parse_chain_amount(text, currency)
