"""Deposit addresses from extended PUBLIC keys (BIP-32, BIP-44): the wallet can make addresses and cannot spend. Pure."""

from __future__ import annotations

import base64
import io
from typing import Final

import msgspec
import qrcode
from Crypto.Hash import keccak
from embit import bip32, script
from embit.networks import NETWORKS
from qrcode.constants import ERROR_CORRECT_M

EXTERNAL_CHAIN: Final = 0
QR_PIXELS: Final = 256
QR_BORDER_MODULES: Final = 4

COIN_TYPES: Final = {"BTC": 0, "ETH": 60, "USDT": 60}
"""USDT is an ERC-20 token: its addresses are ETH addresses and come from the same sequence."""


class DerivedAddress(msgspec.Struct, frozen=True):
    """``public_key`` is the compressed key in hex."""

    address: str
    path: str
    public_key: str


def derive(account_key: str, currency: str, index: int, *, bitcoin_network: str = "main") -> DerivedAddress:
    """Address number ``index`` of the external chain of an account-level extended public key (``m/44'/coin'/0'``).

    Raises ``ValueError`` for a key that is none, or that is private: this function must not hold one.
    """
    account = bip32.HDKey.from_base58(account_key)
    if account.is_private:
        raise ValueError("the wallet must be given an extended public key")
    key = account.derive([EXTERNAL_CHAIN, index]).key
    path = f"m/44'/{COIN_TYPES[currency]}'/0'/{EXTERNAL_CHAIN}/{index}"
    compressed = bytes(key.sec())
    if currency == "BTC":
        return DerivedAddress(script.p2wpkh(key).address(NETWORKS[bitcoin_network]), path, compressed.hex())
    key.compressed = False
    digest = keccak.new(digest_bits=256, data=bytes(key.sec())[1:]).digest()
    return DerivedAddress(checksum_address(digest[-20:].hex()), path, compressed.hex())


def checksum_address(digits: str) -> str:
    """40 hex digits, with or without 0x, in the mixed case of EIP-55. Raises ``ValueError`` for anything else."""
    plain = digits.removeprefix("0x").lower()
    if len(plain) != 40 or not set(plain) <= set("0123456789abcdef"):
        raise ValueError("an Ethereum address has 40 hex digits")
    marks = keccak.new(digest_bits=256, data=plain.encode()).hexdigest()
    return "0x" + "".join(digit.upper() if int(mark, 16) >= 8 else digit for digit, mark in zip(plain, marks, strict=False))


def qr_code(address: str) -> str:
    """The address as a PNG data URI of 256 x 256 pixels."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QR_BORDER_MODULES)
    code.add_data(address)
    code.make(fit=True)
    code.box_size = QR_PIXELS // (code.modules_count + 2 * QR_BORDER_MODULES)
    image = code.make_image().get_image().resize((QR_PIXELS, QR_PIXELS))
    png = io.BytesIO()
    image.save(png, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(png.getvalue()).decode()
