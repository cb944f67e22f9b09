"""Nothing goes where nothing comes back from, however the place is written."""

from __future__ import annotations

import pytest
from embit import script
from embit.networks import NETWORKS

from functions.wallet.hd_address import checksum_address, tron_address, tron_hash
from functions.wallet.unspendable import ETHEREUM_BURNT, ETHEREUM_CONTRACTS, TRON_CONTRACTS, bitcoin_hash, require_spendable
from functions.wallet.withdrawal_rules import forms_of_key, parse_destination
from mycrypto.errors import ProblemError
from mycrypto.networks import find

MAIN = NETWORKS["main"]
BURNT_BITCOIN = (
    "1BitcoinEaterAddressDontSendf59kuE",
    "1CounterpartyXXXXXXXXXXXXXXXUWLpVr",
    "1ChancecoinXXXXXXXXXXXXXXXXXZELUFD",
    "1111111111111111111114oLvT2",
    "31h1vYVSYuKP6AhS86fbRdMw9XHieotbST",
    "bc1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq9e75rs",
)


def kinds(hashed: bytes) -> list[str]:
    """The same hash in every kind of address."""
    scripts = (b"\x76\xa9\x14" + hashed + b"\x88\xac", b"\xa9\x14" + hashed + b"\x87", b"\x00\x14" + hashed)
    return [script.Script(data).address(MAIN) for data in scripts]


def refused(text: str, currency: str, name: str | None = None) -> bool:
    """By the whole way that a request takes; a refusal names the field."""
    network = find(currency, name)
    address = parse_destination(text, network)
    try:
        require_spendable(address, network)
    except ProblemError as problem:
        return (problem.kind.code, problem.errors[0].field) == ("VALIDATION_ERROR", "destination_address")
    return False


@pytest.mark.parametrize("known", BURNT_BITCOIN)
def test_a_burnt_hash_is_refused_in_every_kind_of_address(known: str) -> None:
    for address in kinds(bitcoin_hash(known)):
        assert refused(address, "BTC"), address
        if address.startswith("bc1"):
            assert refused(address.upper(), "BTC")


def test_the_hash_of_no_key_is_refused_where_a_key_is_asked_for() -> None:
    legacy, nested, segwit = kinds(bitcoin_hash("1HT7xU2Ngenf7D4yocz2SAcnNLW7rK8d4E"))
    assert [refused(address, "BTC") for address in (legacy, nested, segwit)] == [True, False, True]


@pytest.mark.parametrize("byte", [0, 1, 0x58, 0xFF])
def test_so_is_a_hash_of_one_byte(byte: int) -> None:
    assert all(refused(address, "BTC") for address in kinds(bytes([byte]) * 20))


NUMBERS = [*range(20), 0xDEAD, 0xFFFF, 0x100, 2**160 - 1, 2**160 - 2]
PATTERNS = ["1" * 40, "deaddead" * 5, "1234567890" * 4, "deadbeef" * 5, "0123456789" * 4, "c0de" * 10, "e" * 40, "0" * 20 + "dead" * 5]


@pytest.mark.parametrize("currency", ["ETH", "USDT"])
@pytest.mark.parametrize("digits", [*(f"{number:040x}" for number in NUMBERS), *PATTERNS])
def test_an_address_without_a_key_is_refused_on_ethereum(digits: str, currency: str) -> None:
    for text in (f"0x{digits}", f"0x{digits.upper()}", checksum_address(digits), f" 0x{digits}\n"):
        assert refused(text, currency), text


@pytest.mark.parametrize("currency", ["ETH", "USDT"])
@pytest.mark.parametrize("address", sorted(ETHEREUM_BURNT | ETHEREUM_CONTRACTS.keys()))
def test_listed_addresses_are_real_and_refused(address: str, currency: str) -> None:
    assert checksum_address(address) == address, "a slip in the list changes the checksum"
    for text in (address, address.lower(), "0x" + address[2:].upper()):
        assert refused(text, currency)


@pytest.mark.parametrize(
    ("address", "currency"),
    [
        ("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2", "BTC"),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "BTC"),
        ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "BTC"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "BTC"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "ETH"),
        ("0x000000000022D473030F116dDEE9F6B43aC78BA3", "ETH"),
        ("0x0000000000000068F116a894984e2DB1123eB395", "USDT"),
        ("0x52908400098527886E0F7030069857D2E4169EE7", "USDT"),
        ("0x" + "ab" * 20, "ETH"),
    ],
)
def test_others_are_taken_vanity_addresses_among_them(address: str, currency: str) -> None:
    assert not refused(address, currency)


@pytest.mark.parametrize("digits", [*(f"{number:040x}" for number in NUMBERS), *PATTERNS])
def test_an_address_without_a_key_is_refused_on_tron_too(digits: str) -> None:
    assert refused(tron_address(bytes.fromhex(digits)), "USDT", "TRC20")


@pytest.mark.parametrize("address", sorted(TRON_CONTRACTS))
def test_contracts_of_tron_are_real_and_refused(address: str) -> None:
    assert tron_address(tron_hash(address)) == address, "a slip in the list breaks the checksum"
    assert refused(address, "USDT", "TRC20")


def test_the_burnt_ones_of_ethereum_are_burnt_on_tron_and_its_black_hole_is() -> None:
    for address in [*(tron_address(bytes.fromhex(burnt[2:])) for burnt in ETHEREUM_BURNT), "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"]:
        assert refused(address, "USDT", "TRC20"), address


@pytest.mark.parametrize("address", ["TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH", "TSeJkUh4Qv67VNFwY8LaAxERygNdy6NQZK"])
def test_an_ordinary_address_of_tron_is_taken_there_alone(address: str) -> None:
    assert not refused(address, "USDT", "TRC20")
    with pytest.raises(ProblemError) as caught:
        refused(address, "USDT")
    assert caught.value.errors[0].field == "destination_address"


def test_the_same_key_is_found_in_its_other_form() -> None:
    old, nested, segwit = kinds(bytes(range(20)))
    assert forms_of_key(old, find("BTC")) == (old, segwit)
    assert forms_of_key(segwit, find("BTC")) == (segwit,)
    assert forms_of_key(nested, find("BTC")) == (nested,)
