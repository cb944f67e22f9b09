"""The addresses that users are paid at: one per user and currency."""

from __future__ import annotations

from uuid import UUID

from functions.wallet import chains, hd_address, limits
from functions.wallet.chains import Chain
from functions.wallet.context import Context
from functions.wallet.models import CryptoAddress, OpenCryptoDeposit, iso
from functions.wallet.store import chain_deposits as store
from functions.wallet.store.chain_deposits import AddressRow
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.request import Principal
from mycrypto.ids import new_uuid
from mycrypto.money import format_amount
from mycrypto.withdrawals import owners


def _shown_address(row: AddressRow, chain: Chain) -> CryptoAddress:
    return CryptoAddress(
        id=row.id,
        currency=row.currency,
        network=chain.network,
        address=row.address,
        qr_code_url=hd_address.qr_code(row.address),
        required_confirmations=chain.confirmations,
        minimum_amount=format_amount(chain.minimum),
        estimated_confirmation_time=chain.confirmation_time,
        created_at=iso(row.created_at),
    )


def open_address(context: Context, principal: Principal, body: OpenCryptoDeposit) -> tuple[CryptoAddress, bool]:
    """The user's address of a currency, and whether it was made just now.

    Raises CURRENCY_NOT_SUPPORTED, KYC_REQUIRED, VALIDATION_ERROR for another network.
    """
    chain = chains.find(body.currency)
    if body.network is not None and body.network.upper() not in {chain.network, chain.currency}:
        raise invalid("network", f"must be {chain.network} for {chain.currency}")
    limits.require_kyc(principal.kyc_level)
    with context.db.transaction() as connection:
        owners.lock(connection, principal.user_id)
        known = store.active_address(connection, principal.user_id, chain.currency)
        if known is not None:
            return _shown_address(known, chain), False
        coin_type = hd_address.COIN_TYPES[chain.currency]
        index = store.next_index(connection, coin_type)
        derived = hd_address.derive(context.account_key(coin_type), chain.currency, index, bitcoin_network=context.settings.bitcoin_network)
        row = AddressRow(new_uuid(), principal.user_id, chain.currency, derived.address, principal.email, context.now())
        store.insert_address(connection, row, coin_type=coin_type, index=index, path=derived.path, public_key=derived.public_key)
    return _shown_address(row, chain), True


def address(context: Context, user_id: UUID, currency: str) -> CryptoAddress:
    """The address that the user has. Raises ADDRESS_NOT_FOUND, CURRENCY_NOT_SUPPORTED."""
    chain = chains.find(currency)
    row = store.active_address(context.db.connection(), user_id, chain.currency)
    if row is None:
        raise ProblemError("ADDRESS_NOT_FOUND", f"you have no {chain.currency} address yet")
    return _shown_address(row, chain)
