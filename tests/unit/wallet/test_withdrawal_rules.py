"""What may leave, and where to."""

from __future__ import annotations

import pytest

from functions.wallet.withdrawal_rules import CRYPTO, parse_crypto, parse_destination
from mycrypto.errors import ProblemError


@pytest.mark.parametrize(
    ("text", "currency", "normal"),
    [
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "BTC", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
        ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "BTC", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
        ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "BTC", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "ETH", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        ("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "USDT", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        (" 0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED ", "ETH", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
    ],
)
def test_addresses_in_their_normal_form(text: str, currency: str, normal: str) -> None:
    assert parse_destination(text, currency) == normal


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "BTC"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "BTC"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3", "BTC"),
        ("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "BTC"),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "BTC"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "BTC"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "ETH"),
        ("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "ETH"),
        ("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "ETH"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeA", "USDT"),
        ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "USDT"),
    ],
)
def test_other_texts_are_no_addresses(text: str, currency: str) -> None:
    with pytest.raises(ProblemError) as caught:
        parse_destination(text, currency)
    assert caught.value.kind.code == "VALIDATION_ERROR"


@pytest.mark.parametrize("currency", sorted(CRYPTO))
def test_the_bounds_of_each_currency(currency: str) -> None:
    from mycrypto.money import format_amount

    terms = CRYPTO[currency]
    assert parse_crypto(format_amount(terms.minimum), currency) == terms.minimum
    assert parse_crypto(format_amount(terms.maximum), currency) == terms.maximum
    step = 100 if currency == "USDT" else 1
    for units, code in ((terms.minimum - step, "INVALID_AMOUNT"), (terms.maximum + step, "WALLET_002")):
        with pytest.raises(ProblemError) as caught:
            parse_crypto(format_amount(units), currency)
        assert caught.value.kind.code == code


def test_a_token_has_the_decimals_of_its_chain() -> None:
    with pytest.raises(ProblemError) as caught:
        parse_crypto("10.0000001", "USDT")
    assert caught.value.kind.code == "INVALID_AMOUNT"
