"""The chains that deposits come from: what they need, and the one form of their amounts, addresses and transactions. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

import msgspec

from functions.wallet.hd_address import checksum_address, tron_hash
from mycrypto import currencies, networks
from mycrypto.money import SCALE
from mycrypto.networks import Form, Network

_AMOUNT: Final = re.compile(r"(?P<whole>0|[1-9][0-9]{0,9})(?:\.(?P<fraction>[0-9]{1,18}))?")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_BECH32: Final = ("bc1", "tb1", "bcrt1")
CHAIN_SCALE: Final = 18


class ChainAmount(msgspec.Struct, frozen=True):
    """``exact`` as the chain has it; ``units`` (10^-8) are credited; ``rest`` (a decimal below 10^-8) is dust."""

    exact: Decimal
    units: int
    rest: Decimal


def parse_chain_amount(text: str, currency: str) -> ChainAmount:
    """Read a positive decimal string with at most as many decimals as the chain has; rounds down to 10^-8, keeps the rest.

    Raises ``ValueError``.
    """
    match = _AMOUNT.fullmatch(text)
    fraction = (match["fraction"] or "") if match else ""
    decimals = currencies.SUPPORTED[currency].chain_decimals
    if match is None or len(fraction.rstrip("0")) > decimals:
        raise ValueError(f"must be a plain decimal number with at most {decimals} decimals")
    wei = int(match["whole"]) * 10**CHAIN_SCALE + int(fraction.ljust(CHAIN_SCALE, "0"))
    if wei == 0:
        raise ValueError("must be greater than zero")
    units, rest = divmod(wei, 10 ** (CHAIN_SCALE - SCALE))
    return ChainAmount(Decimal(wei).scaleb(-CHAIN_SCALE), units, Decimal(rest).scaleb(-CHAIN_SCALE))


def _bitcoin_address(text: str) -> str:
    return text.lower() if text.lower().startswith(_BECH32) else text


def _ethereum_address(text: str) -> str:
    return checksum_address(text.replace("0X", "0x", 1))


def _tron_address(text: str) -> str:
    tron_hash(text)
    return text


_ADDRESSES: Final[dict[Form, Callable[[str], str]]] = {
    Form.BITCOIN: _bitcoin_address,
    Form.ETHEREUM: _ethereum_address,
    Form.TRON: _tron_address,
}
"""The normal form of an address."""


def reported(currency: str, name: str | None) -> Network:
    """The network of a report, the currency's first one where it names none. Raises CURRENCY_NOT_SUPPORTED, ``ValueError`` for another network."""
    found = networks.named(currency, name)
    if found is None:
        raise ValueError(f"{currency} does not live on that network")
    return found


def parse_tx_hash(text: str, network: Network) -> str:
    """The one spelling of a transaction: 64 lower-case hex digits, behind 0x where the network writes it so.

    Case, a missing or needless 0x and blanks round it make no difference. Raises ``ValueError`` for anything else.
    """
    digits = text.strip().lower().removeprefix("0x")
    if not _HASH.fullmatch(digits):
        raise ValueError("must be 64 hex digits, with or without 0x")
    return network.hash_prefix + digits


def spellings_of(tx_hash: str) -> list[str]:
    """Every form in which a transaction of that hash may be kept, whatever its network; none for what is no hash."""
    try:
        return sorted({parse_tx_hash(tx_hash, network) for network in networks.DECLARED})
    except ValueError:
        return []


def parse_address(text: str, network: Network) -> str:
    """The one spelling of an address: bech32 in lower case, EIP-55 for Ethereum's. Raises ``ValueError`` for what cannot be one."""
    try:
        return _ADDRESSES[network.form](text.strip())
    except Exception:  # noqa: BLE001 - the decoder raises whatever it stumbles over; each means the same
        raise ValueError(f"is no address of {network.name}") from None
