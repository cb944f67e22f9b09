"""Addresses against published vectors: of BIP-84, of the all-'abandon' mnemonic, and of EIP-55."""

from __future__ import annotations

import base64
import io

import pytest
from embit import bip32, bip39
from embit.networks import NETWORKS
from PIL import Image

from functions.wallet.hd_address import checksum_address, derive, qr_code, tron_address, tron_hash
from mycrypto.networks import Network, find

MNEMONIC = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
ROOT = bip32.HDKey.from_seed(bip39.mnemonic_to_seed(MNEMONIC))
BTC = str(ROOT.derive("m/44h/0h/0h").to_public().to_base58())
BIP_84 = "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs"
"""The account of the BIP's test vectors, which have the same mnemonic."""
ETH = str(ROOT.derive("m/44h/60h/0h").to_public().to_base58())
TRX = str(ROOT.derive("m/44h/195h/0h").to_public().to_base58())


@pytest.mark.parametrize(
    ("key", "network", "index", "address"),
    [
        (ETH, find("ETH"), 0, "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"),
        (ETH, find("USDT"), 0, "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"),
        (ETH, find("ETH"), 1, "0x6Fac4D18c912343BF86fa7049364Dd4E424Ab9C0"),
        (BTC, find("BTC"), 0, "bc1qmxrw6qdh5g3ztfcwm0et5l8mvws4eva24kmp8m"),
        (TRX, find("USDT", "TRC20"), 0, "TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH"),
    ],
)
def test_known_addresses(key: str, network: Network, index: int, address: str) -> None:
    assert derive(key, network, index).address == address


def test_the_path_and_the_public_key_are_told() -> None:
    derived = derive(BTC, find("BTC"), 7)
    assert derived.path == "m/44'/0'/0'/0/7"
    assert len(derived.public_key) == 66
    assert derive(TRX, find("USDT", "TRC20"), 3).path == "m/44'/195'/0'/0/3"
    assert len({derive(BTC, find("BTC"), index).address for index in range(20)}) == 20


@pytest.mark.parametrize(
    ("index", "address", "public_key"),
    [
        (0, "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", "0330d54fd0dd420a6e5f8d3624f5f3482cae350f79d5f0753bf5beef9c2d91af3c"),
        (1, "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g", "03e775fd51f0dfb8cd865d9ff1cca2a158cf651fe997fdc9fee9c1d3b5e995ea77"),
    ],
)
def test_native_segwit_is_derived_as_bip_84_says(index: int, address: str, public_key: str) -> None:
    derived = derive(BIP_84, find("BTC"), index)
    assert (derived.address, derived.public_key, derived.path) == (address, public_key, f"m/84'/0'/0'/0/{index}")
    version = NETWORKS["main"]["zpub"]
    assert ROOT.derive("m/84h/0h/0h").to_public(version=version).to_base58() == BIP_84


def test_a_zpub_makes_no_address_of_another_coin() -> None:
    with pytest.raises(ValueError, match="not of ETHEREUM"):
        derive(BIP_84, find("ETH"), 0)


def test_a_private_key_is_refused() -> None:
    with pytest.raises(ValueError, match="public key"):
        derive(str(ROOT.derive("m/44h/0h/0h").to_base58()), find("BTC"), 0)


@pytest.mark.parametrize(
    "address",
    [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ],
)
def test_checksums_of_the_standard(address: str) -> None:
    assert checksum_address(address.lower()) == checksum_address(address[2:]) == address


def test_an_address_of_tron_is_its_twenty_bytes() -> None:
    black_hole = "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"
    assert tron_hash(black_hole) == bytes(20)
    assert tron_address(bytes(20)) == black_hole
    assert tron_address(tron_hash("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")) == "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "T" * 34,
        "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u",
        "tr7nhqjekqxgtci8q8zy4pl8otszgjlj6t",
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
        "T9yD1\u0131",
    ],
)
def test_what_is_no_tron_address(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        tron_hash(text)


@pytest.mark.parametrize("text", ["", "0x", "0x12", "0x" + "g" * 40, "0x" + "a" * 41])
def test_what_is_no_ethereum_address(text: str) -> None:
    with pytest.raises(ValueError, match="40 hex digits"):
        checksum_address(text)


def test_the_qr_code_is_a_png_of_256_pixels() -> None:
    head, _, data = qr_code("bc1qmxrw6qdh5g3ztfcwm0et5l8mvws4eva24kmp8m").partition(",")
    assert head == "data:image/png;base64"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (256, 256)
