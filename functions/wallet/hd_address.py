"""Deposit addresses from extended PUBLIC keys (BIP-32, BIP-44, BIP-84): the wallet can make addresses and cannot spend. Pure."""

from __future__ import annotations

import base64
import io
from typing import Final

import msgspec
import qrcode
from Crypto.Hash import keccak
from embit import base58, bip32, script
from embit.networks import NETWORKS
from qrcode.constants import ERROR_CORRECT_M

from mycrypto.networks import Form, Network

EXTERNAL_CHAIN: Final = 0
QR_PIXELS: Final = 256
QR_BORDER_MODULES: Final = 4
TRON_VERSION: Final = b"\x41"


class DerivedAddress(msgspec.Struct, frozen=True):
    """``public_key`` is the compressed key in hex."""

    address: str
    path: str
    public_key: str


def derive(account_key: str, network: Network, index: int, *, bitcoin_network: str = "main") -> DerivedAddress:
    """Address number ``index`` of the external chain of an account-level extended public key.

    Bitcoin's is that of BIP-84 (``m/84'/0'/0'``), written as zpub; an xpub is one of BIP-44 (``m/44'/coin'/0'``), which Ethereum and Tron have, and
    which Bitcoin's accounts had before. Bitcoin's addresses are native SegWit from either. Raises ``ValueError`` for a key that is none, or that is private: this function must not hold one.
    """
    account = bip32.HDKey.from_base58(account_key)
    if account.is_private:
        raise ValueError("the wallet must be given an extended public key")
    key = account.derive([EXTERNAL_CHAIN, index]).key
    segwit = account.version in {known["zpub"] for known in NETWORKS.values()}
    if segwit and network.form is not Form.BITCOIN:
        raise ValueError(f"a zpub makes addresses of Bitcoin, not of {network.name}")
    path = f"m/{84 if segwit else 44}'/{network.coin_type}'/0'/{EXTERNAL_CHAIN}/{index}"
    compressed = bytes(key.sec())
    if network.form is Form.BITCOIN:
        return DerivedAddress(script.p2wpkh(key).address(NETWORKS[bitcoin_network]), path, compressed.hex())
    key.compressed = False
    hashed = keccak.new(digest_bits=256, data=bytes(key.sec())[1:]).digest()[-20:]
    address = tron_address(hashed) if network.form is Form.TRON else checksum_address(hashed.hex())
    return DerivedAddress(address, path, compressed.hex())


def checksum_address(digits: str) -> str:
    """40 hex digits, with or without 0x, in the mixed case of EIP-55. Raises ``ValueError`` for anything else."""
    plain = digits.removeprefix("0x").lower()
    if len(plain) != 40 or not set(plain) <= set("0123456789abcdef"):
        raise ValueError("an Ethereum address has 40 hex digits")
    marks = keccak.new(digest_bits=256, data=plain.encode()).hexdigest()
    return "0x" + "".join(digit.upper() if int(mark, 16) >= 8 else digit for digit, mark in zip(plain, marks, strict=False))


def tron_address(hashed: bytes) -> str:
    """The 20 bytes of a key or contract as Tron writes them: ``T`` and 33 more digits of base58, with a checksum."""
    return str(base58.encode_check(TRON_VERSION + hashed))


def tron_hash(address: str) -> bytes:
    """The 20 bytes behind an address of Tron. Raises ``ValueError`` for a text that is no such address."""
    try:
        payload = bytes(base58.decode_check(address))
    except Exception:  # noqa: BLE001 - the decoder raises whatever it stumbles over; each means the same
        raise ValueError("a Tron address is written in base58 with a checksum") from None
    if len(payload) != 21 or payload[:1] != TRON_VERSION:
        raise ValueError("a Tron address has 20 bytes behind its version")
    return payload[1:]


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
