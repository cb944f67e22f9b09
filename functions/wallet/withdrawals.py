"""Money goes out: asked for with a second factor, debited by the engine, paid out or given back.

The engine is the one who knows whether the money is there; the check here only spares an obvious refusal the way through the log.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from psycopg import Connection

from functions.wallet import codes, destinations, holds, limits, value_limits, whitelist
from functions.wallet import withdrawal_records as records
from functions.wallet import withdrawal_rules as rules
from functions.wallet.context import Context
from functions.wallet.iban import mask_iban
from functions.wallet.models import (
    PageQuery,
    Pagination,
    StaffWithdrawal,
    Withdrawal,
    WithdrawalFees,
    WithdrawCrypto,
    WithdrawFiat,
    iso,
    iso_or_none,
)
from functions.wallet.store import balances, bank_accounts
from functions.wallet.store import withdrawals as store
from mycrypto.currencies import TRY
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.request import Principal, Request
from mycrypto.ids import new_uuid
from mycrypto.ledger import Kind
from mycrypto.ledger.crossing import Crossing, out_of_trading
from mycrypto.mail import MailKind
from mycrypto.money import format_amount, to_numeric
from mycrypto.networks import Network
from mycrypto.security import withdrawal_hold
from mycrypto.withdrawals import internal, owners, transitions
from mycrypto.withdrawals.rows import REFERENCE_TYPES, WithdrawalRow

BANK: Final = "BANK"
"""The network of a withdrawal in TRY."""
FEE_AGE_MAX: Final = timedelta(minutes=15)
"""An older answer of a node says nothing about the network of now."""


def shown(row: WithdrawalRow) -> Withdrawal:
    return Withdrawal(
        id=row.id,
        kind=row.kind,
        currency=row.currency,
        amount=format_amount(row.amount_units),
        platform_fee=f"{row.platform_fee.normalize():f}",
        network_fee=f"{row.network_fee.normalize():f}",
        total_amount=format_amount(row.total_units),
        destination=mask_iban(row.destination) if row.kind == "FIAT" else row.destination,
        network=row.network,
        status=row.status,
        requires_admin_approval=row.requires_approval,
        approvals_required=row.approvals_required,
        reason=row.reason,
        payout_reference=row.payout_reference,
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
        completed_at=iso_or_none(row.completed_at),
    )


def _terms(connection: Connection, network: Network, now: datetime) -> Network:
    """With the network fee of now."""
    observed = store.network_fee(connection, network.currency, now - FEE_AGE_MAX) if network.network_fee else None
    return network if observed is None else msgspec.structs.replace(network, network_fee=observed)


def fees(context: Context, currency: str, name: str | None) -> WithdrawalFees:
    """What a withdrawal costs now. Raises CURRENCY_NOT_SUPPORTED, NETWORK_NOT_SUPPORTED, VALIDATION_ERROR (network)."""
    found = _terms(context.db.connection(), context.network(currency, name), context.now())
    return WithdrawalFees(
        currency=found.currency,
        network=found.name,
        platform_fee=format_amount(found.platform_fee),
        network_fee=format_amount(found.network_fee),
        total_fee=format_amount(found.fees),
        minimum=format_amount(found.withdrawal_minimum),
        maximum=format_amount(found.withdrawal_maximum),
    )


def fiat_fees() -> WithdrawalFees:
    """What a withdrawal to a bank account costs."""
    fee = format_amount(rules.FIAT_FEE)
    return WithdrawalFees(
        currency=TRY.code,
        network=BANK,
        platform_fee=fee,
        network_fee=format_amount(0),
        total_fee=fee,
        minimum=format_amount(limits.FIAT_MIN),
        maximum=format_amount(limits.FIAT_MAX),
    )


def withdraw_fiat(context: Context, connection: Connection, request: Request, principal: Principal, body: WithdrawFiat) -> Withdrawal:
    """Raises, in this order: INVALID_AMOUNT, KYC_REQUIRED, WITHDRAWALS_HELD, WALLET_002 (count, then value), DEPOSITS_OVER_LIMIT,
    AUTH_003/AUTH_004, ACCOUNT_NOT_FOUND, ACCOUNT_NOT_VERIFIED, WALLET_001.
    """
    units = limits.parse_fiat(body.amount)
    limits.require_kyc(principal.kyc_level)
    now = context.now()
    owners.lock(connection, principal.user_id)
    require_not_held(connection, principal.user_id, now)
    if store.count_since(connection, principal.user_id, TRY.code, limits.day_start(now)) >= rules.FIAT_PER_DAY_MAX:
        raise ProblemError("WALLET_002", f"at most {rules.FIAT_PER_DAY_MAX} withdrawals a day", maximum=rules.FIAT_PER_DAY_MAX)
    value = value_limits.require_out(connection, principal, TRY.code, units, now)
    codes.require(context, request, principal, body.two_fa_code)
    account = bank_accounts.find(connection, principal.user_id, body.fiat_account_id)
    if account is None:
        raise ProblemError("ACCOUNT_NOT_FOUND", "there is no such bank account of yours")
    if not account.is_verified:
        raise ProblemError("ACCOUNT_NOT_VERIFIED", "an account is verified by the first deposit from it")
    row = _new(
        principal,
        now,
        kind="FIAT",
        currency=TRY.code,
        amount=units,
        platform_fee=rules.FIAT_FEE,
        network_fee=0,
        bank_account_id=account.id,
        destination=account.iban,
        network=BANK,
        recipient=None,
        value=value,
        approvals=rules.approvals(
            first=not store.has_completed(connection, principal.user_id), large=units >= rules.FIAT_APPROVAL_FROM, value=value
        ),
    )
    return _ask(connection, row, request)


def withdraw_crypto(context: Context, connection: Connection, request: Request, principal: Principal, body: WithdrawCrypto) -> Withdrawal:
    """Raises CURRENCY_NOT_SUPPORTED, NETWORK_NOT_SUPPORTED, VALIDATION_ERROR (address, network), ADDRESS_NOT_FOUND, ADDRESS_HELD, INVALID_AMOUNT,
    WALLET_002, KYC_REQUIRED, WITHDRAWALS_HELD, PRICE_UNAVAILABLE, DEPOSITS_OVER_LIMIT, AUTH_003/AUTH_004, WALLET_001. A person approves the first
    one and large ones. One to a deposit address of another user here is booked inside, without a network fee.
    """
    now = context.now()
    network, address = _destination(context, connection, principal, body, now)
    bounds, currency = _terms(connection, network, now), network.currency
    goes_to = destinations.find(connection, principal.user_id, address, network, bitcoin_network=context.settings.bitcoin_network)
    units = rules.parse_crypto(body.amount, network)
    limits.require_kyc(principal.kyc_level)
    owners.lock(connection, principal.user_id)
    require_not_held(connection, principal.user_id, now)
    value = value_limits.require_out(connection, principal, currency, units, now)
    codes.require(context, request, principal, body.two_fa_code)
    row = _new(
        principal,
        now,
        kind="CRYPTO",
        currency=currency,
        amount=units,
        platform_fee=bounds.platform_fee,
        network_fee=0 if goes_to.recipient else bounds.network_fee,
        bank_account_id=None,
        destination=goes_to.address,
        network=internal.NETWORK if goes_to.recipient else network.name,
        recipient=goes_to.recipient,
        value=value,
        approvals=rules.approvals(
            first=not store.has_completed(connection, principal.user_id), large=units >= bounds.approval_from, value=value
        ),
    )
    return _ask(connection, row, request)


def _destination(
    context: Context, connection: Connection, principal: Principal, body: WithdrawCrypto, now: datetime
) -> tuple[Network, str]:
    """Where to, and on which network; an address that was named before carries its own.

    Raises CURRENCY_NOT_SUPPORTED, NETWORK_NOT_SUPPORTED, VALIDATION_ERROR unless exactly one is named, ADDRESS_NOT_FOUND, ADDRESS_HELD.
    """
    asked = context.network(body.currency, body.network)
    if (body.destination_address is None) == (body.whitelisted_address_id is None):
        raise invalid("destination_address", "or whitelisted_address_id is needed, one of the two")
    if body.whitelisted_address_id is None:
        return asked, body.destination_address or ""
    named = whitelist.usable(connection, principal.user_id, body.whitelisted_address_id, asked.currency, now)
    if body.network is not None and asked.name != named.network:
        raise invalid("network", f"must be {named.network} for this address")
    return context.network(named.currency, named.network), named.address


def require_not_held(connection: Connection, user_id: UUID, now: datetime) -> None:
    """Raises WITHDRAWALS_HELD within a day of a change of the account's security, ACCOUNT_SUSPENDED."""
    if owners.is_suspended(connection, user_id):
        raise ProblemError("ACCOUNT_SUSPENDED")
    hold = withdrawal_hold.of_users(connection, [user_id], now).get(user_id)
    if hold is not None:
        raise ProblemError("WITHDRAWALS_HELD", f"nothing leaves before {iso(hold.until)}", until=iso(hold.until), reason=hold.reason.value)


def _new(
    principal: Principal,
    now: datetime,
    *,
    kind: str,
    currency: str,
    amount: int,
    platform_fee: int,
    network_fee: int,
    bank_account_id: UUID | None,
    destination: str,
    network: str,
    recipient: UUID | None,
    value: int | None,
    approvals: int,
) -> WithdrawalRow:
    return WithdrawalRow(
        id=new_uuid(),
        user_id=principal.user_id,
        kind=kind,
        currency=currency,
        amount=to_numeric(amount),
        platform_fee=to_numeric(platform_fee),
        network_fee=to_numeric(network_fee),
        bank_account_id=bank_account_id,
        destination=destination,
        network=network,
        value_try=None if value is None else to_numeric(value),
        recipient_id=recipient,
        status="PENDING",
        requires_approval=approvals > 0,
        approvals_required=approvals,
        email=principal.email,
        reason=None,
        payout_reference=None,
        confirmations=0,
        created_at=now,
        updated_at=now,
        debited_at=None,
        approved_at=None,
        completed_at=None,
        refund_started_at=None,
    )


def _ask(connection: Connection, row: WithdrawalRow, request: Request) -> Withdrawal:
    wallet = balances.of_currency(connection, row.user_id, row.currency)
    available = wallet.available if wallet else 0
    if available < row.total_units:
        raise ProblemError(
            "WALLET_001",
            f"{format_amount(row.total_units)} {row.currency} are needed, {format_amount(available)} are available",
            required=format_amount(row.total_units),
            available=format_amount(available),
        )
    holds.require_covered(connection, row.user_id, currency=row.currency, amount=row.total_units)
    transitions.ask(connection, row)
    crossing = Crossing(
        transfer_id=row.id,
        user_id=row.user_id,
        currency=row.currency,
        amount=row.total_units,
        kind=Kind.WITHDRAWAL,
        reference=(REFERENCE_TYPES[row.kind], row.id),
        why="Banka hesabına çekme" if row.kind == "FIAT" else f"{row.currency} çekme",
    )
    out_of_trading(connection, crossing, fee=row.fee_units)
    records.note(connection, "withdrawal.requested", row, request, actor=row.user_id)
    where = mask_iban(row.destination) if row.kind == "FIAT" else row.destination
    records.tell(connection, row, MailKind.WITHDRAWAL_REQUESTED, destination=where)
    return shown(row)


def one(context: Context, user_id: UUID, withdrawal_id: UUID) -> Withdrawal:
    """Raises WITHDRAWAL_NOT_FOUND."""
    row = store.find(context.db.connection(), user_id, withdrawal_id)
    if row is None:
        raise ProblemError("WITHDRAWAL_NOT_FOUND")
    return shown(row)


def page(context: Context, user_id: UUID, query: PageQuery, status: str | None = None) -> tuple[list[Withdrawal], Pagination]:
    rows, total = store.page(
        context.db.connection(), user_id=user_id, status=status.upper() if status else None, limit=query.limit, offset=query.offset
    )
    return [shown(row) for row in rows], Pagination.of(query, total)


def page_for_staff(context: Context, query: PageQuery, status: str | None = None) -> tuple[list[StaffWithdrawal], Pagination]:
    """Everybody's. One that waits for a person names what should make that person look closer."""
    connection = context.db.connection()
    rows, total = store.page(connection, status=status.upper() if status else None, limit=query.limit, offset=query.offset)
    held = withdrawal_hold.of_users(connection, {row.user_id for row in rows if row.status == "PENDING"}, context.now())
    data = [
        StaffWithdrawal(
            **msgspec.structs.asdict(shown(row)),
            risks=[held[row.user_id].reason.value] if row.status == "PENDING" and row.user_id in held else [],
        )
        for row in rows
    ]
    return data, Pagination.of(query, total)
