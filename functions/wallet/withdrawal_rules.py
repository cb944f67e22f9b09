"""What may leave, at which price, and where to. Pure. Amounts are units of 10^-8."""

from __future__ import annotations

from typing import Final

from embit import script
from embit.networks import NETWORKS

from functions.wallet.hd_address import checksum_address, tron_hash
from mycrypto import currencies
from mycrypto.errors import ProblemError, invalid
from mycrypto.money import UNITS_PER_ONE, AmountError, format_amount, parse_positive
from mycrypto.networks import Form, Network

FIAT_FEE: Final = 5 * UNITS_PER_ONE
FIAT_PER_DAY_MAX: Final = 5
FIAT_APPROVAL_FROM: Final = 10_000 * UNITS_PER_ONE
TWO_PEOPLE_FROM: Final = 25_000 * UNITS_PER_ONE
"""Value in TRY. A user of KYC level 2 reaches it: a day allows 50,000."""
BITCOIN_KINDS: Final = frozenset({"p2pkh", "p2sh", "p2wpkh"})


def approvals(*, first: bool, large: bool, value: int | None) -> int:
    """How many people approve a withdrawal: two from a value on, or for a large one whose value is not known; one for a user's first and for
    large ones.
    """
    if large and value is None:
        return 2
    if value is not None and value >= TWO_PEOPLE_FROM:
        return 2
    return 1 if first or large else 0


def parse_crypto(text: object, network: Network) -> int:
    """An amount between the bounds of the network, with no more decimals than it has. Raises INVALID_AMOUNT, WALLET_002."""
    currency, least, most = network.currency, network.withdrawal_minimum, network.withdrawal_maximum
    try:
        units = parse_positive(text, decimals=min(8, currencies.SUPPORTED[currency].chain_decimals))
    except AmountError as error:
        raise ProblemError("INVALID_AMOUNT", f"amount {error}") from None
    minimum, maximum = format_amount(least), format_amount(most)
    if units < least:
        raise ProblemError("INVALID_AMOUNT", f"amount must be at least {minimum} {currency}", minimum=minimum, maximum=maximum)
    if units > most:
        raise ProblemError("WALLET_002", f"amount must be at most {maximum} {currency}", minimum=minimum, maximum=maximum)
    return units


def parse_destination(text: str, network: Network, *, bitcoin_network: str = "main") -> str:
    """The address in its normal form. Raises VALIDATION_ERROR for what the network would not take, or a checksum that is wrong."""
    address = text.strip()
    match network.form:
        case Form.BITCOIN:
            return _bitcoin(address, bitcoin_network)
        case Form.ETHEREUM:
            return _ethereum(address)
        case Form.TRON:
            return _tron(address)


def forms_of_key(address: str, network: Network, *, bitcoin_network: str = "main") -> tuple[str, ...]:
    """The addresses under which the key of this one may be known: Bitcoin writes the same key's hash as P2PKH and as P2WPKH."""
    if network.form is not Form.BITCOIN:
        return (address,)
    target = script.address_to_scriptpubkey(address)
    if target.script_type() != "p2pkh":
        return (address,)
    segwit = script.Script(b"\x00\x14" + target.data[3:23])
    return (address, segwit.address(NETWORKS[bitcoin_network]))


def _bitcoin(address: str, network: str) -> str:
    if address == address.upper() and address.startswith("BC1"):
        address = address.lower()  # bech32 is written in either case, for QR codes in upper
    try:
        target = script.address_to_scriptpubkey(address)
        kind = target.script_type()
        same = kind in BITCOIN_KINDS and target.address(NETWORKS[network]) == address
    except Exception:  # noqa: BLE001 - the decoder raises whatever it stumbles over; each means the same
        raise invalid("destination_address", "is no Bitcoin address") from None
    if not same:
        raise invalid("destination_address", "must be a P2PKH, P2SH or P2WPKH address of this network")
    return address


def _ethereum(address: str) -> str:
    try:
        checked = checksum_address(address)
    except ValueError:
        raise invalid("destination_address", "is no Ethereum address") from None
    digits = address.removeprefix("0x")
    if digits not in {digits.lower(), digits.upper()} and checked.removeprefix("0x") != digits:
        raise invalid("destination_address", "has a wrong checksum (EIP-55)")
    if not address.startswith("0x"):
        raise invalid("destination_address", "must start with 0x")
    return checked


def _tron(address: str) -> str:
    try:
        tron_hash(address)
    except ValueError:
        raise invalid("destination_address", "is no Tron address") from None
    return address
