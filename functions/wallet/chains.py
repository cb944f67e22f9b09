"""The chains that deposits come from: what they need, and the one form of their amounts, addresses and transactions. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Final

import msgspec
from embit import base58

from functions.wallet.hd_address import checksum_address
from mycrypto import currencies
from mycrypto.errors import ProblemError
from mycrypto.money import SCALE, UNITS_PER_ONE


class Chain(msgspec.Struct, frozen=True):
    """``minimum`` in units of 10^-8: smaller deposits are not credited by themselves."""

    currency: str
    network: str
    confirmations: int
    minimum: int
    confirmation_time: str


CHAINS: Final = {
    "BTC": Chain("BTC", "BITCOIN", 3, UNITS_PER_ONE // 10_000, "30-60 minutes"),
    "ETH": Chain("ETH", "ETHEREUM", 12, UNITS_PER_ONE // 1_000, "3-5 minutes"),
    "USDT": Chain("USDT", "ERC20", 12, UNITS_PER_ONE, "3-5 minutes"),
}

_AMOUNT: Final = re.compile(r"(?P<whole>0|[1-9][0-9]{0,9})(?:\.(?P<fraction>[0-9]{1,18}))?")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_BECH32: Final = ("bc1", "tb1", "bcrt1")
_TRON_VERSION: Final = b"\x41"
CHAIN_SCALE: Final = 18


class ChainAmount(msgspec.Struct, frozen=True):
    """``exact`` as the chain has it; ``units`` (10^-8) are credited; ``rest`` (a decimal below 10^-8) is dust."""

    exact: Decimal
    units: int
    rest: Decimal


def find(currency: str) -> Chain:
    """The chain of a currency, in any case. Raises CURRENCY_NOT_SUPPORTED, also for fiat."""
    code = currencies.find(currency).code
    if code not in CHAINS:
        raise ProblemError("CURRENCY_NOT_SUPPORTED", f"{code} has no deposit address")
    return CHAINS[code]


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
    payload = base58.decode_check(text)
    if len(payload) != 21 or payload[:1] != _TRON_VERSION:
        raise ValueError("a Tron address has 20 bytes behind its version")
    return text


class _Network(msgspec.Struct, frozen=True):
    """How a network's names are kept: what stands before the digits of a transaction, and the normal form of an address."""

    hash_prefix: str
    address: Callable[[str], str]


_NETWORKS: Final = {
    "BITCOIN": _Network("", _bitcoin_address),
    "ETHEREUM": _Network("0x", _ethereum_address),
    "ERC20": _Network("0x", _ethereum_address),
    "TRC20": _Network("", _tron_address),
}
_OTHER_NETWORKS: Final = {"USDT": frozenset({"TRC20"})}
"""Where a currency lives as well, without an address of ours: a payment there is kept for a person."""


def network_of(chain: Chain, name: str | None) -> str:
    """The network that a report names, in any case; the chain's own where it names none. Raises ``ValueError`` for another one."""
    if name is None:
        return chain.network
    network = name.strip().upper()
    if network in {chain.network, chain.currency}:
        return chain.network
    if network in _OTHER_NETWORKS.get(chain.currency, ()):
        return network
    raise ValueError(f"{chain.currency} does not live on that network")


def parse_tx_hash(text: str, network: str) -> str:
    """The one spelling of a transaction: 64 lower-case hex digits, behind 0x where the network writes it so.

    Case, a missing or needless 0x and blanks round it make no difference. Raises ``ValueError`` for anything else.
    """
    digits = text.strip().lower().removeprefix("0x")
    if not _HASH.fullmatch(digits):
        raise ValueError("must be 64 hex digits, with or without 0x")
    return _NETWORKS[network].hash_prefix + digits


def spellings_of(tx_hash: str) -> list[str]:
    """Every form in which a transaction of that hash may be kept, whatever its network; none for what is no hash."""
    try:
        return sorted({parse_tx_hash(tx_hash, network) for network in _NETWORKS})
    except ValueError:
        return []


def parse_address(text: str, network: str) -> str:
    """The one spelling of an address: bech32 in lower case, EIP-55 for Ethereum's. Raises ``ValueError`` for what cannot be one."""
    try:
        return _NETWORKS[network].address(text.strip())
    except Exception:  # noqa: BLE001 - the decoder raises whatever it stumbles over; each means the same
        raise ValueError(f"is no address of {network}") from None
