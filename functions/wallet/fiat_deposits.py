"""TRY comes in: the user announces a transfer, the bank reports it, the engine takes it (flow F4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from psycopg import Connection

from functions.wallet import limits, names, reports, value_limits
from functions.wallet.context import Context
from functions.wallet.models import BankReport, FiatDeposit, OpenFiatDeposit, PageQuery, Pagination, WebhookOutcome, iso, iso_or_none
from functions.wallet.references import new_reference, references_in
from functions.wallet.reports import Transfer, Unreadable
from functions.wallet.store import bank_accounts, reconciliation
from functions.wallet.store import fiat_deposits as store
from functions.wallet.store.fiat_deposits import DepositRow
from mycrypto import ledger, mail
from mycrypto.currencies import TRY
from mycrypto.errors import ProblemError
from mycrypto.http.request import Principal
from mycrypto.ids import new_uuid
from mycrypto.ledger import CUSTODY_BANK, EXTERNAL, Entry, Kind, Move
from mycrypto.ledger.crossing import Crossing, into_trading
from mycrypto.mail import MailKind
from mycrypto.money import AmountError, format_amount, to_numeric
from mycrypto.withdrawals import owners

REFERENCE_TRIES_MAX: Final = 10


def shown(row: DepositRow, bank_name: str) -> FiatDeposit:
    return FiatDeposit(
        deposit_id=row.id,
        fiat_account_id=row.bank_account_id,
        currency=row.currency,
        amount=format_amount(row.units),
        virtual_iban=row.virtual_iban,
        bank_name=bank_name,
        reference=row.reference,
        status=row.status,
        created_at=iso(row.created_at),
        expires_at=iso(row.expires_at),
        approved_at=iso_or_none(row.approved_at),
        completed_at=iso_or_none(row.completed_at),
    )


def open_deposit(context: Context, connection: Connection, principal: Principal, body: OpenFiatDeposit) -> FiatDeposit:
    """Announce a deposit. Raises INVALID_AMOUNT, KYC_REQUIRED, WALLET_002 (limits), ACCOUNT_NOT_FOUND."""
    units = limits.parse_fiat(body.amount)
    limits.require_kyc(principal.kyc_level)
    now = context.now()
    owners.lock(connection, principal.user_id)
    account = bank_accounts.find(connection, principal.user_id, body.fiat_account_id)
    if account is None:
        raise ProblemError("ACCOUNT_NOT_FOUND", "there is no such bank account of yours")
    value_limits.require_in(connection, principal, units, now)
    for _ in range(REFERENCE_TRIES_MAX):
        row = DepositRow(
            id=new_uuid(),
            user_id=principal.user_id,
            bank_account_id=account.id,
            iban=account.iban,
            holder_name=account.account_holder_name,
            currency=TRY.code,
            amount=to_numeric(units),
            virtual_iban=context.settings.virtual_iban,
            reference=new_reference(now),
            status="PENDING",
            email=principal.email,
            created_at=now,
            expires_at=now + timedelta(hours=context.settings.deposit_hours),
            approved_at=None,
            completed_at=None,
        )
        if store.insert(connection, row):
            return shown(row, context.settings.bank_name)
    raise RuntimeError("no free deposit reference was found")


def one(context: Context, user_id: UUID, deposit_id: UUID) -> FiatDeposit:
    """Raises DEPOSIT_NOT_FOUND."""
    row = store.find(context.db.connection(), user_id, deposit_id)
    if row is None:
        raise ProblemError("DEPOSIT_NOT_FOUND")
    return shown(row, context.settings.bank_name)


def cancel(context: Context, user_id: UUID, deposit_id: UUID) -> FiatDeposit:
    """The user takes an announcement back; a repetition changes nothing. Raises DEPOSIT_NOT_FOUND, DEPOSIT_STATUS.

    The bank's report and the cancellation lock the same row: the first one wins, and money that comes after a cancellation is for people.
    """
    with context.db.transaction() as connection:
        row = store.lock(connection, user_id, deposit_id)
        if row is None:
            raise ProblemError("DEPOSIT_NOT_FOUND")
        if row.status not in {"PENDING", "CANCELLED"}:
            raise ProblemError("DEPOSIT_STATUS", f"the deposit is {row.status}", status_now=row.status)
        store.cancel(connection, deposit_id)
    return one(context, user_id, deposit_id)


def page(context: Context, user_id: UUID, query: PageQuery) -> tuple[list[FiatDeposit], Pagination]:
    rows, total = store.page(context.db.connection(), user_id, limit=query.limit, offset=query.offset)
    return [shown(row, context.settings.bank_name) for row in rows], Pagination.of(query, total)


def receive(context: Context, body: bytes) -> WebhookOutcome:
    """The bank reports a transfer, perhaps not for the first time; ``body`` is what it has signed.

    Money that matches a waiting deposit by reference, amount, sender and name crosses into trading; any other is booked as received and waits
    for a person, and so does a report that cannot be read. In one transaction: what was reported, the deposit, the posting, the command for
    the engine.
    """
    report = reports.read(body, BankReport)
    with context.db.transaction() as connection:
        outcome = _keep_unread(connection, report) if isinstance(report, Unreadable) else _receive(context, connection, report)
    context.flush()
    return outcome


def _receive(context: Context, connection: Connection, report: BankReport) -> WebhookOutcome:
    transaction = Transfer.of(report)
    try:
        units = reports.parse_bank_amount(report.amount)
    except AmountError as error:
        reason = "CONFLICTING_REPORT" if store.is_known(connection, transaction) else reports.UNREADABLE
        return _keep(connection, transaction, reason, report, Decimal(0), why=f"amount {error}")
    if transaction.currency != TRY.code:
        reason = "CONFLICTING_REPORT" if store.is_known(connection, transaction) else reports.OTHER_CURRENCY
        return _keep(connection, transaction, reason, report, to_numeric(units))
    if not reconciliation.settle_unread(connection, "BANK", transaction.id, context.now()):
        return _keep(connection, transaction, "CONFLICTING_REPORT", report, to_numeric(units))
    now = context.now()
    deposits = store.lock_by_references(connection, references_in(report.reference))
    deposit = deposits[0] if len(deposits) == 1 else None
    name = bank_accounts.kyc_name(connection, deposit.user_id) if deposit else None
    refusal = "AMBIGUOUS_REFERENCE" if len(deposits) > 1 else mismatch(deposit, transaction, units, name, now)
    matched = deposit if refusal is None else None
    if not store.record_transfer(connection, transaction, units, matched.id if matched else None):
        if store.same_transfer(connection, transaction, units):
            return WebhookOutcome("REPEATED")
        return _keep(connection, transaction, "CONFLICTING_REPORT", report, to_numeric(units))
    if matched is not None:
        _credit(connection, matched, transaction, now)
        return WebhookOutcome("ACCEPTED", matched.id)
    _book(connection, transaction, units, str(refusal), now)
    outcome = _keep(connection, transaction, str(refusal), report, to_numeric(units), booked=to_numeric(units), deposit=deposit)
    if deposit is not None:
        amount = format_amount(units)
        mail.add(connection, MailKind.DEPOSIT_HELD, to=deposit.email, user_id=deposit.user_id, amount=amount, currency=TRY.code)
    return outcome


def mismatch(deposit: DepositRow | None, transfer: Transfer, units: int, kyc_name: str | None, now: datetime) -> str | None:
    """Why a transfer does not fit the deposit of its reference; ``None`` if it does. Pure.

    For a user with a verified identity, both the account's holder and the sender (where the bank names one) must have that name. For a user
    without one there is no name to compare with; the limits of such a user are low.
    """
    if deposit is None:
        return "UNKNOWN_REFERENCE"
    if deposit.status != "PENDING":
        return f"DEPOSIT_{deposit.status}"
    if deposit.expires_at <= now:
        return "DEPOSIT_EXPIRED"
    if deposit.units != units:
        return "AMOUNT_MISMATCH"
    if transfer.sender_iban != deposit.iban:
        return "SENDER_MISMATCH"
    claimed = [deposit.holder_name, *([transfer.sender_name] if transfer.sender_name.strip() else [])]
    if kyc_name is not None and not all(names.same_name(kyc_name, name) for name in claimed):
        return "NAME_MISMATCH"
    return None


def _keep_unread(connection: Connection, report: Unreadable) -> WebhookOutcome:
    key = reports.transaction_key(report.text("transaction_id")) or f"SHA256:{report.digest}"
    document = {name: reports.kept(report.members[name]) for name in BankReport.__struct_fields__ if name in report.members}
    document |= {"why": report.why, "raw": report.raw}
    fresh = reconciliation.report(connection, "BANK", key, reports.UNREADABLE, currency=TRY.code, amount=Decimal(0), document=document)
    return WebhookOutcome("RECONCILIATION" if fresh else "REPEATED", reason=reports.UNREADABLE)


def _keep(
    connection: Connection,
    transfer: Transfer,
    reason: str,
    report: BankReport,
    amount: Decimal,
    *,
    booked: Decimal = Decimal(0),
    deposit: DepositRow | None = None,
    why: str = "",
) -> WebhookOutcome:
    document = {name: reports.kept(getattr(report, name)) for name in BankReport.__struct_fields__} | ({"why": why} if why else {})
    fresh = reconciliation.report(
        connection,
        "BANK",
        transfer.id,
        reason,
        currency=transfer.currency,
        amount=amount,
        document=document,
        user_id=deposit.user_id if deposit else None,
        booked=booked,
    )
    return WebhookOutcome("RECONCILIATION" if fresh else "REPEATED", reason=reason)


def _credit(connection: Connection, deposit: DepositRow, transfer: Transfer, now: datetime) -> None:
    store.approve(connection, deposit.id, now)
    bank_accounts.verify_by_transfer(connection, deposit.bank_account_id, now)
    into_trading(
        connection,
        Crossing(
            transfer_id=deposit.id,
            user_id=deposit.user_id,
            currency=deposit.currency,
            amount=deposit.units,
            kind=Kind.DEPOSIT,
            reference=("DEPOSIT_REQUEST", deposit.id),
            why=f"Banka havalesi ile yatırma {deposit.reference}",
        ),
        source=CUSTODY_BANK,
        moment=now,
        metadata={"bank_transaction_id": transfer.id},
    )


def _book(connection: Connection, transfer: Transfer, units: int, reason: str, now: datetime) -> None:
    """The money is in our bank account, so the ledger says so; whose it is will be decided."""
    entry = Entry(
        key=f"bank-unmatched:{transfer.id}",
        why=f"Eşleşmeyen banka havalesi: {reason}",
        reference=("BANK_TRANSFER", transfer.id),
        moment=now,
        moves=(Move(amount=units, currency=TRY.code, source=CUSTODY_BANK, target=EXTERNAL, kind=Kind.DEPOSIT),),
    )
    ledger.post(connection, [entry])
