"""What may leave, and where to."""

from __future__ import annotations

import pytest

from functions.wallet.withdrawal_rules import parse_crypto, parse_destination
from mycrypto.errors import ProblemError
from mycrypto.money import format_amount
from mycrypto.networks import DECLARED, Network, find


@pytest.mark.parametrize(
    ("text", "currency", "normal"),
    [
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "BTC", "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"),
        ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "BTC", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"),
        ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "BTC", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "ETH", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        ("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", "USDT", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        (" 0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED ", "ETH", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        (" TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH\n", "USDT/TRC20", "TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH"),
    ],
)
def test_addresses_in_their_normal_form(text: str, currency: str, normal: str) -> None:
    assert parse_destination(text, find(*currency.split("/"))) == normal


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
        ("TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH", "USDT"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "USDT/TRC20"),
        ("TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdh", "USDT/TRC20"),
        ("TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYd", "USDT/TRC20"),
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "USDT/TRC20"),
        ("41c8599111f29c1e1e061265b4af93ea1f274ad78a", "USDT/TRC20"),
    ],
)
def test_other_texts_are_no_addresses(text: str, currency: str) -> None:
    with pytest.raises(ProblemError) as caught:
        parse_destination(text, find(*currency.split("/")))
    assert caught.value.kind.code == "VALIDATION_ERROR"


@pytest.mark.parametrize("network", DECLARED, ids=lambda network: network.name)
def test_the_bounds_of_each_network(network: Network) -> None:
    least, most = network.withdrawal_minimum, network.withdrawal_maximum
    assert parse_crypto(format_amount(least), network) == least
    assert parse_crypto(format_amount(most), network) == most
    step = 100 if network.currency == "USDT" else 1
    for units, code in ((least - step, "INVALID_AMOUNT"), (most + step, "WALLET_002")):
        with pytest.raises(ProblemError) as caught:
            parse_crypto(format_amount(units), network)
        assert caught.value.kind.code == code


def test_a_token_has_the_decimals_of_its_chain() -> None:
    with pytest.raises(ProblemError) as caught:
        parse_crypto("10.0000001", find("USDT"))
    assert caught.value.kind.code == "INVALID_AMOUNT"
