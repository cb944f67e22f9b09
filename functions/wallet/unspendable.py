"""Addresses that money cannot come back from: no key exists, or the address is a contract that cannot use what it is sent. Pure.

Addresses are in their normal form. Known ones are data. Rules cover addresses whose key cannot have been found: on Bitcoin every form of an address
with a burnt hash; on Ethereum the numbers that the protocol keeps for itself, and one repeated digit; on Tron, whose addresses have the same 20 bytes,
the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from embit import base58, script

from functions.wallet.hd_address import checksum_address, tron_hash
from mycrypto.errors import ProblemError, invalid
from mycrypto.networks import Form, Network

_RUN_BASE58: Final = re.compile(r"(.)\1{9}")
"""Ten times the same character: one address in 10^15 by chance. Burn addresses are written words, filled up with X or 1."""
_RUN_HEX: Final = re.compile(r"(.)\1{17}")
"""More than the longest run of zeros that was mined for a contract (14)."""
_RESERVED_ETHEREUM: Final = 0xFFFF
"""The zero address, precompiled contracts and what is kept for more of them (EIP-1352), with 0x…dEaD among them."""

_BITCOIN_BURNT: Final = (
    "1111111111111111111114oLvT2",
    "1BitcoinEaterAddressDontSendf59kuE",
    "1CounterpartyXXXXXXXXXXXXXXXUWLpVr",
    "1ChancecoinXXXXXXXXXXXXXXXXXZELUFD",
    "1QLbz7JHiBTspS962RLKV8GndWFwi5j6Qr",
)
ETHEREUM_BURNT: Final = frozenset(
    {
        "0xdEAD000000000000000042069420694206942069",
        "0x00000000000000000000045261D4Ee77acdb3286",
        "0xDeaDDEaDDeAdDeAdDEAdDEaddeAddEAdDEAd0001",
        "0x0123456789012345678901234567890123456789",
        "0x1234567890123456789012345678901234567890",
        "0x1234567890AbcdEF1234567890aBcdef12345678",
    }
)
ETHEREUM_CONTRACTS: Final = {
    "0xdAC17F958D2ee523a2206206994597C13D831ec7": "USDT",
    "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48": "USDC",
    "0x6B175474E89094C44Da98b954EedeAC495271d0F": "DAI",
    "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2": "WETH",
    "0x2260FAC5E5542a773Aa44fBCfeDf7C193bc2C599": "WBTC",
    "0x4Fabb145d64652a948d72533023f6E7A623C7C53": "BUSD",
    "0x0000000000085d4780B73119b644AE5ecd22b376": "TUSD",
    "0x514910771AF9Ca656af840dff83E8264EcF986CA": "LINK",
    "0x95aD61b0a150d79219dCF64E1E6Cc01f0B64C4cE": "SHIB",
    "0x1f9840a85d5aF5bf1D1762F925BDADdC4201F984": "UNI",
    "0xB8c77482e45F1F44dE1745F52C74426C631bDD52": "BNB",
    "0xae7ab96520DE3A18E5e111B5EaAb095312D7fE84": "stETH",
    "0x7D1AfA7B718fb893dB30A3aBc0Cfc608AaCfeBB0": "MATIC",
    "0x6982508145454Ce325dDbE47a25d4ec3d2311933": "PEPE",
    "0x6c3ea9036406852006290770BEdFcAbA0e23A0e8": "PYUSD",
    "0xc5f0f7b66764F6ec8C8Dff7BA683102295E16409": "FDUSD",
    "0x00000000219ab540356cBB839Cbe05303d7705Fa": "the deposit contract of Ethereum's stakers",
}
TRON_CONTRACTS: Final = {
    "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t": "USDT",
    "TEkxiTehnzSmSe2XqrBj4w32RUN966rdz8": "USDC",
    "TUpMhErZL2fhh4sVNULAbNKLokS4GjC1F4": "TUSD",
    "TPYmHEhy5n8TCEfYGqW2rPxsghSfzghPDn": "USDD",
    "TMwFHYXLJaRUPeW6421aqXL4ZEzPRFGkGT": "USDJ",
    "TNUC9Qb1rRpS5CbWLmNMxXBjyFoydXjWFR": "WTRX",
    "TCFLL5dx5ZJdKnWuesXxi1VPwjLVmWZZy9": "JST",
    "TSSMHYeV2uE9qYH95DqyoCuNCzEL1NvU3S": "SUN",
    "TAFjULxiVgT4qWk6UZwjqwZXTSaGaqnVp4": "BTT",
    "TLa2f6VPqDgRE67v1736s7bJ8Ray5wYjU7": "WIN",
}


def bitcoin_hash(address: str) -> bytes:
    """The 20 bytes of a P2PKH, P2SH or P2WPKH address."""
    target = script.address_to_scriptpubkey(address)
    start = 3 if target.script_type() == "p2pkh" else 2
    return bytes(target.data[start : start + 20])


_BURNT_HASHES: Final = frozenset(bitcoin_hash(address) for address in _BITCOIN_BURNT)
_HASH_OF_NO_KEY: Final = bitcoin_hash("1HT7xU2Ngenf7D4yocz2SAcnNLW7rK8d4E")
"""Burnt where a key is asked for; as the hash of an empty script it is everybody's example of an address, and open to anybody."""


def require_spendable(address: str, network: Network) -> None:
    """Raises VALIDATION_ERROR for an address from which nothing comes back."""
    refusal = _refusal(address, network.form)
    if refusal:
        raise refusal


def _refusal(address: str, form: Form) -> ProblemError | None:
    match form:
        case Form.BITCOIN:
            return _bitcoin(address)
        case Form.ETHEREUM:
            return _of_twenty_bytes(address, address, ETHEREUM_CONTRACTS)
        case Form.TRON:
            return _of_twenty_bytes(address, checksum_address(tron_hash(address).hex()), TRON_CONTRACTS)


_WORDS: Final = ("dead", "deadbeef", "cafebabe", "beef", "babe", "c0de", "f00d", "feed", "face")
"""What people write out to forty digits. Other pairs of digits that repeat are as good as any address."""


def _bitcoin(address: str) -> ProblemError | None:
    hashed = bitcoin_hash(address)
    keyless = hashed == _HASH_OF_NO_KEY and not address.startswith(("3", "2"))
    written = base58.encode_check(b"\x00" + hashed)
    if hashed in _BURNT_HASHES or keyless or len(set(hashed)) == 1 or _RUN_BASE58.search(written) or _RUN_BASE58.search(address):
        return invalid("destination_address", "is an address without a known key")
    return None


def _of_twenty_bytes(address: str, as_ethereum: str, contracts: Mapping[str, str]) -> ProblemError | None:
    if address in contracts:
        return invalid("destination_address", f"is a contract ({contracts[address]}) that keeps what it is sent")
    digits = as_ethereum[2:].lower()
    repeats = any(digits == word * (len(digits) // len(word)) for word in _WORDS)
    if as_ethereum in ETHEREUM_BURNT or int(digits, 16) <= _RESERVED_ETHEREUM or repeats or _RUN_HEX.search(digits):
        return invalid("destination_address", "is an address without a known key")
    return None
