"""Addresses against published vectors of the all-'abandon' mnemonic and of EIP-55."""

from __future__ import annotations

import base64
import io

import pytest
from embit import bip32, bip39
from PIL import Image

from functions.wallet.hd_address import checksum_address, derive, qr_code

MNEMONIC = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
ROOT = bip32.HDKey.from_seed(bip39.mnemonic_to_seed(MNEMONIC))
BTC = str(ROOT.derive("m/44h/0h/0h").to_public().to_base58())
ETH = str(ROOT.derive("m/44h/60h/0h").to_public().to_base58())


@pytest.mark.parametrize(
    ("key", "currency", "index", "address"),
    [
        (ETH, "ETH", 0, "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"),
        (ETH, "USDT", 0, "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"),
        (ETH, "ETH", 1, "0x6Fac4D18c912343BF86fa7049364Dd4E424Ab9C0"),
        (BTC, "BTC", 0, "bc1qmxrw6qdh5g3ztfcwm0et5l8mvws4eva24kmp8m"),
    ],
)
def test_known_addresses(key: str, currency: str, index: int, address: str) -> None:
    assert derive(key, currency, index).address == address


def test_the_path_and_the_public_key_are_told() -> None:
    derived = derive(BTC, "BTC", 7)
    assert derived.path == "m/44'/0'/0'/0/7"
    assert len(derived.public_key) == 66
    assert len({derive(BTC, "BTC", index).address for index in range(20)}) == 20


def test_a_private_key_is_refused() -> None:
    with pytest.raises(ValueError, match="public key"):
        derive(str(ROOT.derive("m/44h/0h/0h").to_base58()), "BTC", 0)


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


@pytest.mark.parametrize("text", ["", "0x", "0x12", "0x" + "g" * 40, "0x" + "a" * 41])
def test_what_is_no_ethereum_address(text: str) -> None:
    with pytest.raises(ValueError, match="40 hex digits"):
        checksum_address(text)


def test_the_qr_code_is_a_png_of_256_pixels() -> None:
    head, _, data = qr_code("bc1qmxrw6qdh5g3ztfcwm0et5l8mvws4eva24kmp8m").partition(",")
    assert head == "data:image/png;base64"
    assert Image.open(io.BytesIO(base64.b64decode(data))).size == (256, 256)
