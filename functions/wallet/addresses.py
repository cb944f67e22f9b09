"""The addresses that users are paid at: one per user, currency and network."""

from __future__ import annotations

from uuid import UUID

from functions.wallet import hd_address, limits
from functions.wallet.context import Context
from functions.wallet.models import CryptoAddress, OpenCryptoDeposit, iso
from functions.wallet.store import chain_deposits as store
from functions.wallet.store.chain_deposits import AddressRow
from mycrypto.errors import ProblemError
from mycrypto.http.request import Principal
from mycrypto.ids import new_uuid
from mycrypto.money import format_amount
from mycrypto.networks import Network
from mycrypto.withdrawals import owners


def _shown_address(row: AddressRow, network: Network) -> CryptoAddress:
    return CryptoAddress(
        id=row.id,
        currency=row.currency,
        network=row.network,
        address=row.address,
        qr_code_url=hd_address.qr_code(row.address),
        required_confirmations=network.confirmations,
        minimum_amount=format_amount(network.deposit_minimum),
        estimated_confirmation_time=network.confirmation_time,
        created_at=iso(row.created_at),
    )


def open_address(context: Context, principal: Principal, body: OpenCryptoDeposit) -> tuple[CryptoAddress, bool]:
    """The user's address of a currency on a network, and whether it was made just now.

    Raises CURRENCY_NOT_SUPPORTED, NETWORK_NOT_SUPPORTED, KYC_REQUIRED, VALIDATION_ERROR for a network that the currency does not live on.
    """
    network = context.network(body.currency, body.network)
    limits.require_kyc(principal.kyc_level)
    with context.db.transaction() as connection:
        owners.lock(connection, principal.user_id)
        known = store.active_address(connection, principal.user_id, network)
        if known is not None:
            return _shown_address(known, network), False
        index = store.next_index(connection, network.coin_type)
        key = context.account_keys()[network.account_key]
        derived = hd_address.derive(key, network, index, bitcoin_network=context.settings.bitcoin_network)
        row = AddressRow(new_uuid(), principal.user_id, network.currency, network.name, derived.address, principal.email, context.now())
        store.insert_address(connection, row, coin_type=network.coin_type, index=index, path=derived.path, public_key=derived.public_key)
    return _shown_address(row, network), True


def address(context: Context, user_id: UUID, currency: str, name: str | None) -> CryptoAddress:
    """The address that the user has. Raises ADDRESS_NOT_FOUND, CURRENCY_NOT_SUPPORTED, NETWORK_NOT_SUPPORTED, VALIDATION_ERROR (network)."""
    network = context.network(currency, name)
    row = store.active_address(context.db.connection(), user_id, network)
    if row is None:
        raise ProblemError("ADDRESS_NOT_FOUND", f"you have no {network.currency} address on {network.name} yet")
    return _shown_address(row, network)
