"""Money goes out: asked for with a second factor, debited by the engine, paid out or given back.

The engine is the one who knows whether the money is there; the check here only spares an obvious refusal the way through the log.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg import Connection

from functions.wallet import holds, limits
from functions.wallet import withdrawal_rules as rules
from functions.wallet.codes import Code
from functions.wallet.context import Context
from functions.wallet.iban import mask_iban
from functions.wallet.models import (
    PageQuery,
    Pagination,
    Withdrawal,
    WithdrawalFees,
    WithdrawCrypto,
    WithdrawFiat,
    iso,
    iso_or_none,
)
from functions.wallet.store import balances, bank_accounts
from functions.wallet.store import withdrawals as store
from functions.wallet.store.withdrawals import WithdrawalRow
from mycrypto import audit, kyc
from mycrypto.audit import AuditRecord
from mycrypto.currencies import TRY
from mycrypto.errors import ProblemError, invalid
from mycrypto.http import Principal, Request
from mycrypto.ids import new_uuid
from mycrypto.ledger import Kind
from mycrypto.ledger.crossing import Crossing, out_of_trading
from mycrypto.ledger.refunds import REFERENCE_TYPES, start_due
from mycrypto.money import format_amount, to_numeric


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
        reason=row.reason,
        payout_reference=row.payout_reference,
        created_at=iso(row.created_at),
        updated_at=iso(row.updated_at),
        completed_at=iso_or_none(row.completed_at),
    )


def fees(currency: str) -> WithdrawalFees:
    """What a withdrawal costs now. Raises CURRENCY_NOT_SUPPORTED."""
    code, found = rules.terms(currency)
    return WithdrawalFees(
        currency=code,
        network=found.network,
        platform_fee=format_amount(found.platform_fee),
        network_fee=format_amount(found.network_fee),
        total_fee=format_amount(found.fees),
        minimum=format_amount(found.minimum),
        maximum=format_amount(found.maximum),
    )


def withdraw_fiat(
    context: Context, connection: Connection, request: Request, principal: Principal, body: WithdrawFiat, code: Code
) -> Withdrawal:
    """Raises, in this order: INVALID_AMOUNT, KYC_REQUIRED, WALLET_002 (count, then value), AUTH_003/AUTH_004, ACCOUNT_NOT_FOUND,
    ACCOUNT_NOT_VERIFIED, WALLET_001.
    """
    units = limits.parse_fiat(body.amount)
    limits.require_kyc(principal.kyc_level)
    now = context.now()
    bank_accounts.lock_user(connection, principal.user_id)
    count, used = store.used_since(connection, principal.user_id, TRY.code, limits.day_start(now))
    if count >= rules.FIAT_PER_DAY_MAX:
        raise ProblemError("WALLET_002", f"at most {rules.FIAT_PER_DAY_MAX} withdrawals a day", maximum=rules.FIAT_PER_DAY_MAX)
    limits.require_within_day(principal.kyc_level, kyc.LIMITS[principal.kyc_level].withdrawal, used, units)
    code.require(connection, body.two_fa_code)
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
        network="BANK",
        requires_approval=units > rules.FIAT_APPROVAL_FROM or not store.has_completed(connection, principal.user_id),
    )
    return _ask(connection, row, request)


def withdraw_crypto(
    context: Context, connection: Connection, request: Request, principal: Principal, body: WithdrawCrypto, code: Code
) -> Withdrawal:
    """Raises CURRENCY_NOT_SUPPORTED, VALIDATION_ERROR (address, network), INVALID_AMOUNT, WALLET_002, KYC_REQUIRED, AUTH_003/AUTH_004,
    WALLET_001. A person approves the first one, large ones, and all of a user whose level has a daily limit in TRY.
    """
    currency, bounds = rules.terms(body.currency)
    if body.network is not None and body.network.upper() not in {bounds.network, currency}:
        raise invalid("network", f"must be {bounds.network} for {currency}")
    destination = rules.parse_destination(body.destination_address, currency, bitcoin_network=context.settings.bitcoin_network)
    units = rules.parse_crypto(body.amount, currency)
    limits.require_kyc(principal.kyc_level)
    bank_accounts.lock_user(connection, principal.user_id)
    code.require(connection, body.two_fa_code)
    row = _new(
        principal,
        context.now(),
        kind="CRYPTO",
        currency=currency,
        amount=units,
        platform_fee=bounds.platform_fee,
        network_fee=bounds.network_fee,
        bank_account_id=None,
        destination=destination,
        network=bounds.network,
        requires_approval=units >= bounds.approval_from
        or kyc.LIMITS[principal.kyc_level].withdrawal is not None
        or not store.has_completed(connection, principal.user_id),
    )
    return _ask(connection, row, request)


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
    requires_approval: bool,
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
        status="PENDING",
        requires_approval=requires_approval,
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
    store.insert(connection, row)
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
    _record(connection, "withdrawal.requested", row, request, actor=row.user_id)
    return shown(row)


def one(context: Context, user_id: UUID, withdrawal_id: UUID) -> Withdrawal:
    """Raises WITHDRAWAL_NOT_FOUND."""
    row = store.find(context.db.connection(), user_id, withdrawal_id)
    if row is None:
        raise ProblemError("WITHDRAWAL_NOT_FOUND")
    return shown(row)


def page(context: Context, user_id: UUID | None, query: PageQuery, status: str | None = None) -> tuple[list[Withdrawal], Pagination]:
    rows, total = store.page(
        context.db.connection(), user_id=user_id, status=status.upper() if status else None, limit=query.limit, offset=query.offset
    )
    return [shown(row) for row in rows], Pagination.of(query, total)


def cancel(context: Context, request: Request, user_id: UUID, withdrawal_id: UUID) -> Withdrawal:
    """The user thinks better of it. Raises WITHDRAWAL_NOT_FOUND, WITHDRAWAL_STATUS once it is approved."""
    with context.db.transaction() as connection:
        row = store.lock(connection, withdrawal_id)
        if row is None or row.user_id != user_id:
            raise ProblemError("WITHDRAWAL_NOT_FOUND")
        _end_unpaid(connection, row, "CANCELLED", "USER", context.now())
        _record(connection, "withdrawal.cancelled", row, request, actor=user_id)
    context.flush()
    return one(context, user_id, withdrawal_id)


def approve(context: Context, request: Request, staff: Principal, withdrawal_id: UUID) -> Withdrawal:
    """Staff lets a withdrawal go. Raises WITHDRAWAL_NOT_FOUND, WITHDRAWAL_STATUS, WITHDRAWALS_BLOCKED, FORBIDDEN for one's own."""
    with context.db.transaction() as connection:
        holds.lock_owner(connection, withdrawal_id)
        row = _pending(connection, withdrawal_id)
        if row.user_id == staff.user_id:
            raise ProblemError("FORBIDDEN", "nobody approves a withdrawal of their own")
        if row.debited_at is None:
            raise ProblemError("WITHDRAWAL_STATUS", "the money is not out of trading yet; try again", status_now=row.status)
        holds.require_covered(connection, row.user_id)
        store.approve(connection, withdrawal_id, staff.user_id, context.now())
        _record(connection, "withdrawal.approved", row, request, actor=staff.user_id)
    context.flush()
    return one(context, row.user_id, withdrawal_id)


def reject(context: Context, request: Request, staff: Principal, withdrawal_id: UUID, reason: str) -> Withdrawal:
    """Staff refuses a withdrawal; the money goes back. Raises WITHDRAWAL_NOT_FOUND, WITHDRAWAL_STATUS."""
    with context.db.transaction() as connection:
        row = _pending(connection, withdrawal_id)
        _end_unpaid(connection, row, "REJECTED", reason, context.now())
        _record(connection, "withdrawal.rejected", row, request, actor=staff.user_id, reason=reason)
    context.flush()
    return one(context, row.user_id, withdrawal_id)


def _pending(connection: Connection, withdrawal_id: UUID) -> WithdrawalRow:
    row = store.lock(connection, withdrawal_id)
    if row is None:
        raise ProblemError("WITHDRAWAL_NOT_FOUND")
    if row.status != "PENDING":
        raise ProblemError("WITHDRAWAL_STATUS", f"the withdrawal is {row.status}", status_now=row.status)
    return row


def _end_unpaid(connection: Connection, row: WithdrawalRow, status: str, reason: str, now: datetime) -> None:
    if row.status != "PENDING":
        raise ProblemError("WITHDRAWAL_STATUS", f"the withdrawal is {row.status}", status_now=row.status)
    store.end(connection, row.id, status, now, reason=reason)
    start_due(connection)  # where the debit is still under way, settlement starts it when that arrives


def _record(connection: Connection, action: str, row: WithdrawalRow, request: Request, *, actor: UUID, reason: str = "") -> None:
    actor_type = audit.ActorType.USER if actor == row.user_id else audit.ActorType.STAFF
    audit.add(
        connection,
        AuditRecord(
            action,
            user_id=row.user_id,
            actor_id=actor,
            actor_type=actor_type,
            resource=f"withdrawal:{row.id}",
            new_value={"currency": row.currency, "amount": format_amount(row.amount_units)},
            reason=reason,
            ip_address=request.client_ip,
            user_agent=request.user_agent,
        ),
        trace_id=request.trace_id,
    )
