"""The networks that currencies come in and leave by: the one declaration of them. Amounts are units of 10^-8."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from mycrypto import currencies
from mycrypto.errors import ProblemError, invalid
from mycrypto.money import UNITS_PER_ONE


class Form(StrEnum):
    """How a network writes its addresses."""

    BITCOIN = "BITCOIN"
    ETHEREUM = "ETHEREUM"
    TRON = "TRON"


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """One way of a currency into the platform and out of it.

    ``coin_type`` is SLIP-44's; networks that share one share the sequence of addresses. ``account_key`` is the member of the wallet's secret that holds
    its account-level extended public key: a platform without it does not offer the network. ``hash_prefix`` stands before the digits of a
    transaction. Deposits below ``deposit_minimum`` are not credited by themselves. ``network_fee`` is in the currency itself, and charged while
    no node has said what its network asks for; for a token it is 0, because the gas is paid in the chain's own coin out of ``platform_fee``. A
    person approves a withdrawal from ``approval_from`` on.
    """

    currency: str
    name: str
    title: str
    form: Form
    coin_type: int
    account_key: str
    hash_prefix: str
    confirmations: int
    confirmation_time: str
    deposit_minimum: int
    withdrawal_minimum: int
    withdrawal_maximum: int
    platform_fee: int
    network_fee: int
    approval_from: int
    explorer: str

    @property
    def fees(self) -> int:
        return self.platform_fee + self.network_fee


_ERC20: Final = Network(
    currency="USDT",
    name="ERC20",
    title="Ethereum (ERC-20)",
    form=Form.ETHEREUM,
    coin_type=60,
    account_key="eth_xpub",
    hash_prefix="0x",
    confirmations=12,
    confirmation_time="3-5 minutes",
    deposit_minimum=UNITS_PER_ONE,
    withdrawal_minimum=10 * UNITS_PER_ONE,
    withdrawal_maximum=100_000 * UNITS_PER_ONE,
    platform_fee=UNITS_PER_ONE,
    network_fee=0,
    approval_from=10_000 * UNITS_PER_ONE,
    explorer="https://etherscan.io/tx/",
)

DECLARED: Final = (
    Network(
        currency="BTC",
        name="BITCOIN",
        title="Bitcoin",
        form=Form.BITCOIN,
        coin_type=0,
        account_key="btc_xpub",
        hash_prefix="",
        confirmations=3,
        confirmation_time="30-60 minutes",
        deposit_minimum=UNITS_PER_ONE // 10_000,
        withdrawal_minimum=UNITS_PER_ONE // 1_000,
        withdrawal_maximum=10 * UNITS_PER_ONE,
        platform_fee=UNITS_PER_ONE // 2_000,
        network_fee=UNITS_PER_ONE // 100_000,
        approval_from=UNITS_PER_ONE // 5,
        explorer="https://mempool.space/tx/",
    ),
    Network(
        currency="ETH",
        name="ETHEREUM",
        title="Ethereum",
        form=Form.ETHEREUM,
        coin_type=60,
        account_key="eth_xpub",
        hash_prefix="0x",
        confirmations=12,
        confirmation_time="3-5 minutes",
        deposit_minimum=UNITS_PER_ONE // 1_000,
        withdrawal_minimum=UNITS_PER_ONE // 100,
        withdrawal_maximum=100 * UNITS_PER_ONE,
        platform_fee=UNITS_PER_ONE // 200,
        network_fee=UNITS_PER_ONE // 500,
        approval_from=3 * UNITS_PER_ONE,
        explorer="https://etherscan.io/tx/",
    ),
    _ERC20,
    msgspec.structs.replace(
        _ERC20,
        name="TRC20",
        title="Tron (TRC-20)",
        form=Form.TRON,
        coin_type=195,
        account_key="trx_xpub",
        hash_prefix="",
        confirmations=19,
        confirmation_time="1-2 minutes",
        explorer="https://tronscan.org/#/transaction/",
    ),
)
"""The first one of a currency is meant where none is named."""
CURRENCIES: Final = tuple(dict.fromkeys(network.currency for network in DECLARED))
ACCOUNT_KEYS: Final = {network.account_key: network.coin_type for network in DECLARED}


def of_currency(currency: str) -> tuple[Network, ...]:
    """The networks of a currency, in any case, the default first. Raises CURRENCY_NOT_SUPPORTED, also for fiat."""
    code = currencies.find(currency).code
    found = tuple(network for network in DECLARED if network.currency == code)
    if not found:
        raise ProblemError("CURRENCY_NOT_SUPPORTED", f"{code} moves on no chain")
    return found


def named(currency: str, name: str | None) -> Network | None:
    """The network of this name, in any case, or ``None``; without a name, or by the name of the currency, the default. Raises CURRENCY_NOT_SUPPORTED."""
    known = of_currency(currency)
    wanted = known[0].name if name is None else name.strip().upper()
    if wanted == known[0].currency:
        return known[0]
    return next((network for network in known if network.name == wanted), None)


def find(currency: str, name: str | None = None) -> Network:
    """Raises CURRENCY_NOT_SUPPORTED, VALIDATION_ERROR for a network that the currency does not live on."""
    found = named(currency, name)
    if found is None:
        known = of_currency(currency)
        raise invalid("network", f"must be {' or '.join(network.name for network in known)} for {known[0].currency}")
    return found
