"""The networks that this platform offers: those whose account key its configuration has."""

from __future__ import annotations

from functions.wallet.context import Context
from functions.wallet.network_models import OfferedNetwork
from functions.wallet.store import offers as store
from mycrypto import networks
from mycrypto.money import format_amount


def shown(context: Context) -> list[OfferedNetwork]:
    """In the order of their declaration: the default of each currency first."""
    return [
        OfferedNetwork(
            currency=network.currency,
            network=network.name,
            title=network.title,
            is_default=network == networks.find(network.currency),
            required_confirmations=network.confirmations,
            estimated_confirmation_time=network.confirmation_time,
            deposit_minimum=format_amount(network.deposit_minimum),
            withdrawal_minimum=format_amount(network.withdrawal_minimum),
            withdrawal_maximum=format_amount(network.withdrawal_maximum),
            platform_fee=format_amount(network.platform_fee),
            network_fee=format_amount(network.network_fee),
            explorer=network.explorer,
        )
        for network in context.offered()
    ]


def keep(context: Context) -> None:
    """Write down what is offered, for the gateway: it reads the wallet's tables and not the wallet's secret."""
    with context.db.transaction() as connection:
        store.replace(connection, [(network.currency, network.name) for network in context.offered()])
