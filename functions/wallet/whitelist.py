"""Addresses that a user names beforehand: confirmed by a mailed token, and usable a day after that.

The day gives the owner time to read the mail and object, in case a stranger has got into the account.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from psycopg import Connection

from functions.wallet import destinations
from functions.wallet.context import Context
from functions.wallet.models import AddAddress, ConfirmAddress, WhitelistedAddress, iso, iso_or_none
from functions.wallet.store import whitelist as store
from functions.wallet.store.whitelist import AddressRow
from mycrypto import audit, mail
from mycrypto.audit import AuditRecord
from mycrypto.errors import ProblemError
from mycrypto.http.request import Principal, Request
from mycrypto.ids import new_uuid
from mycrypto.mail import MailKind
from mycrypto.withdrawals import owners

HELD: Final = timedelta(hours=24)
TOKEN_LIFE: Final = timedelta(hours=24)
ADDRESSES_MAX: Final = 20


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def shown(row: AddressRow) -> WhitelistedAddress:
    return WhitelistedAddress(
        id=row.id,
        currency=row.currency,
        network=row.network,
        address=row.address,
        label=row.label,
        created_at=iso(row.created_at),
        confirmed_at=iso_or_none(row.confirmed_at),
        usable_at=iso_or_none(row.usable_at),
    )


def _note(connection: Connection, action: str, row: AddressRow, request: Request) -> None:
    record = AuditRecord(
        action,
        user_id=row.user_id,
        actor_id=row.user_id,
        resource=f"whitelist:{row.id}",
        new_value={"currency": row.currency, "network": row.network, "address": row.address},
    )
    audit.add_from(connection, record, request.client)


def add(context: Context, request: Request, principal: Principal, body: AddAddress) -> WhitelistedAddress:
    """Raises CURRENCY_NOT_SUPPORTED, NETWORK_NOT_SUPPORTED, VALIDATION_ERROR (address, network), DUPLICATE_ADDRESS, WALLET_002 for too many."""
    network = context.network(body.currency, body.network)
    now, token = context.now(), secrets.token_hex(32)
    with context.db.transaction() as connection:
        owners.lock(connection, principal.user_id)
        goes_to = destinations.find(
            connection, principal.user_id, body.destination_address, network, bitcoin_network=context.settings.bitcoin_network
        )
        if len(store.of_user(connection, principal.user_id)) >= ADDRESSES_MAX:
            raise ProblemError("WALLET_002", f"at most {ADDRESSES_MAX} addresses", maximum=ADDRESSES_MAX)
        row = AddressRow(
            new_uuid(),
            principal.user_id,
            network.currency,
            network.name,
            goes_to.address,
            body.label.strip(),
            now,
            confirmed_at=None,
            usable_at=None,
        )
        try:
            store.insert(connection, row, _hash(token), now + TOKEN_LIFE)
        except store.DuplicateAddressError:
            raise ProblemError("DUPLICATE_ADDRESS") from None
        mail.add(
            connection,
            MailKind.ADDRESS_CONFIRMATION,
            to=principal.email,
            user_id=principal.user_id,
            currency=network.currency,
            network=network.title,
            address=row.address,
            label=row.label,
            link=f"{context.settings.public_url}/confirm-address#token={token}",
        )
        _note(connection, "whitelist.added", row, request)
    context.flush()
    return shown(row)


def of_user(context: Context, user_id: UUID) -> list[WhitelistedAddress]:
    return [shown(row) for row in store.of_user(context.db.connection(), user_id)]


def confirm(context: Context, request: Request, principal: Principal, body: ConfirmAddress) -> WhitelistedAddress:
    """Raises VERIFICATION_TOKEN_INVALID for a token that is unknown, used, too old or another user's."""
    now = context.now()
    with context.db.transaction() as connection:
        row = store.confirm(connection, principal.user_id, _hash(body.token), now, now + HELD)
        if row is None:
            raise ProblemError("VERIFICATION_TOKEN_INVALID")
        _note(connection, "whitelist.confirmed", row, request)
    context.flush()
    return shown(row)


def delete(context: Context, request: Request, user_id: UUID, address_id: UUID) -> None:
    """Raises ADDRESS_NOT_FOUND."""
    with context.db.transaction() as connection:
        row = store.find(connection, user_id, address_id)
        if row is None or not store.delete(connection, user_id, address_id, context.now()):
            raise ProblemError("ADDRESS_NOT_FOUND", "there is no such address of yours")
        _note(connection, "whitelist.deleted", row, request)
    context.flush()


def usable(connection: Connection, user_id: UUID, address_id: UUID, currency: str, now: datetime) -> AddressRow:
    """The address for a withdrawal. Raises ADDRESS_NOT_FOUND, ADDRESS_HELD while it is not confirmed or its day is not over."""
    row = store.find(connection, user_id, address_id)
    if row is None or row.currency != currency:
        raise ProblemError("ADDRESS_NOT_FOUND", f"there is no such {currency} address of yours")
    if row.usable_at is None:
        raise ProblemError("ADDRESS_HELD", "confirm the address by the mail about it first")
    if row.usable_at > now:
        raise ProblemError("ADDRESS_HELD", f"the address is usable from {iso(row.usable_at)} on", until=iso(row.usable_at))
    return row
