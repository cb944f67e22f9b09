"""TRY comes in: the user announces a transfer, the bank reports it, the engine takes it (flow F4)."""

from __future__ import annotations

import secrets
import string
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from psycopg import Connection

from functions.wallet import limits
from functions.wallet.context import Context
from functions.wallet.iban import InvalidIbanError, parse_iban
from functions.wallet.models import BankReport, FiatDeposit, OpenFiatDeposit, PageQuery, Pagination, WebhookOutcome, iso, iso_or_none
from functions.wallet.store import bank_accounts, reconciliation
from functions.wallet.store import fiat_deposits as store
from functions.wallet.store.fiat_deposits import DepositRow
from mycrypto import kyc, ledger
from mycrypto.currencies import TRY
from mycrypto.errors import ProblemError, invalid
from mycrypto.http import Principal
from mycrypto.ids import new_uuid
from mycrypto.ledger import CUSTODY_BANK, EXTERNAL, Entry, Kind, Move
from mycrypto.ledger.crossing import Crossing, into_trading
from mycrypto.money import FIAT_DECIMALS, AmountError, format_amount, parse_positive, to_numeric

REFERENCE_ALPHABET: Final = string.ascii_uppercase + string.digits
REFERENCE_TRIES_MAX: Final = 10


def new_reference(now: datetime) -> str:
    """``DEP-YYYYMMDD-`` and six random characters."""
    return f"DEP-{now:%Y%m%d}-" + "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(6))


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
    bank_accounts.lock_user(connection, principal.user_id)
    account = bank_accounts.find(connection, principal.user_id, body.fiat_account_id)
    if account is None:
        raise ProblemError("ACCOUNT_NOT_FOUND", "there is no such bank account of yours")
    used = store.used_since(connection, principal.user_id, limits.day_start(now))
    limits.require_within_day(principal.kyc_level, kyc.LIMITS[principal.kyc_level].deposit, used, units)
    for _ in range(REFERENCE_TRIES_MAX):
        row = DepositRow(
            id=new_uuid(),
            user_id=principal.user_id,
            bank_account_id=account.id,
            iban=account.iban,
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


def page(context: Context, user_id: UUID, query: PageQuery) -> tuple[list[FiatDeposit], Pagination]:
    rows, total = store.page(context.db.connection(), user_id, limit=query.limit, offset=query.offset)
    return [shown(row, context.settings.bank_name) for row in rows], Pagination.of(query, total)


def receive(context: Context, report: BankReport) -> WebhookOutcome:
    """The bank reports a transfer, perhaps not for the first time. Raises VALIDATION_ERROR for a report that cannot be read.

    Money that matches a waiting deposit by reference, amount and sender crosses into trading; any other is booked as received
    and waits for a person. In one transaction: what was reported, the deposit, the posting, the command for the engine.
    """
    try:
        units = parse_positive(report.amount, decimals=FIAT_DECIMALS)
    except AmountError as error:
        raise invalid("amount", str(error)) from None
    with context.db.transaction() as connection:
        deposit = store.lock_by_reference(connection, report.reference.strip().upper())
        refusal = mismatch(deposit, report, units, context.now())
        matched = deposit if refusal is None else None
        if not store.record_transfer(connection, report, units, matched.id if matched else None):
            return _known_transfer(connection, report, units)
        if matched is None:
            _keep_for_a_person(connection, report, units, str(refusal), context.now())
            outcome = WebhookOutcome("RECONCILIATION", reason=refusal)
        else:
            _credit(connection, matched, report, context.now())
            outcome = WebhookOutcome("ACCEPTED", matched.id)
    context.flush()
    return outcome


def mismatch(deposit: DepositRow | None, report: BankReport, units: int, now: datetime) -> str | None:
    """Why a transfer does not fit the deposit of its reference; ``None`` if it does. Pure."""
    if deposit is None:
        return "UNKNOWN_REFERENCE"
    if deposit.status != "PENDING":
        return f"DEPOSIT_{deposit.status}"
    if deposit.expires_at <= now:
        return "DEPOSIT_EXPIRED"
    if deposit.units != units:
        return "AMOUNT_MISMATCH"
    try:
        sender = parse_iban(report.sender_iban)
    except InvalidIbanError:
        return "SENDER_MISMATCH"
    return None if sender == deposit.iban else "SENDER_MISMATCH"


def _known_transfer(connection: Connection, report: BankReport, units: int) -> WebhookOutcome:
    if store.same_transfer(connection, report, units):
        return WebhookOutcome("REPEATED")
    reason = "CONFLICTING_REPORT"
    reconciliation.report(connection, "BANK", report.transaction_id, reason, currency=TRY.code, amount=to_numeric(units), document=report)
    return WebhookOutcome("RECONCILIATION", reason=reason)


def _credit(connection: Connection, deposit: DepositRow, report: BankReport, now: datetime) -> None:
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
        metadata={"bank_transaction_id": report.transaction_id},
    )


def _keep_for_a_person(connection: Connection, report: BankReport, units: int, reason: str, now: datetime) -> None:
    """The money is in our bank account, so the ledger says so; whose it is will be decided."""
    reconciliation.report(connection, "BANK", report.transaction_id, reason, currency=TRY.code, amount=to_numeric(units), document=report)
    entry = Entry(
        key=f"bank-unmatched:{report.transaction_id}",
        why=f"Eşleşmeyen banka havalesi: {reason}",
        reference=("BANK_TRANSFER", report.transaction_id),
        moment=now,
        moves=(Move(amount=units, currency=TRY.code, source=CUSTODY_BANK, target=EXTERNAL, kind=Kind.DEPOSIT),),
    )
    ledger.post(connection, [entry])
