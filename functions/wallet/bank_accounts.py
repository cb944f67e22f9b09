"""Bank accounts that a user deposits from and withdraws to."""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from functions.wallet.context import Context
from functions.wallet.iban import InvalidIbanError, InvalidSwiftError, mask_iban, parse_iban, parse_swift
from functions.wallet.models import AddBankAccount, BankAccount, iso, iso_or_none
from functions.wallet.store import bank_accounts as store
from functions.wallet.store import withdrawals
from functions.wallet.store.bank_accounts import BankAccountRow
from mycrypto import currencies, mail
from mycrypto.errors import FieldError, ProblemError, invalid
from mycrypto.http.request import Principal
from mycrypto.ids import new_uuid
from mycrypto.mail import MailKind
from mycrypto.withdrawals import owners

ACCOUNTS_MAX: Final = 3
"""Per user and currency."""


def _shown(row: BankAccountRow) -> BankAccount:
    return BankAccount(
        id=row.id,
        currency=row.currency,
        bank_name=row.bank_name,
        account_holder_name=row.account_holder_name,
        iban=row.iban,
        swift_code=row.swift,
        is_verified=row.is_verified,
        verified_at=iso_or_none(row.verified_at),
        created_at=iso(row.created_at),
    )


def add(context: Context, principal: Principal, body: AddBankAccount) -> BankAccount:
    """Raises INVALID_IBAN, WALLET_003 (SWIFT, or too many), DUPLICATE_IBAN, CURRENCY_NOT_SUPPORTED."""
    currency = currencies.find(body.currency)
    if not currency.is_fiat:
        raise ProblemError("CURRENCY_NOT_SUPPORTED", f"{currency.code} has no bank accounts")
    names = {"bank_name": body.bank_name.strip(), "account_holder_name": body.account_holder_name.strip()}
    for field, text in names.items():
        if not text:
            raise invalid(field, "must not be blank")
    try:
        iban = parse_iban(body.iban, currency=currency.code)
    except InvalidIbanError as error:
        raise ProblemError("INVALID_IBAN", f"iban {error}", errors=[FieldError("iban", str(error))]) from None
    try:
        swift = parse_swift(body.swift_code) if body.swift_code else None
    except InvalidSwiftError as error:
        raise ProblemError("WALLET_003", f"swift_code {error}", errors=[FieldError("swift_code", str(error))]) from None
    row = BankAccountRow(
        new_uuid(), currency.code, iban=iban, swift=swift, is_verified=False, verified_at=None, created_at=context.now(), **names
    )
    try:
        with context.db.transaction() as connection:
            owners.lock(connection, principal.user_id)
            if store.count(connection, principal.user_id, currency.code) >= ACCOUNTS_MAX:
                raise ProblemError("WALLET_003", f"at most {ACCOUNTS_MAX} accounts in {currency.code}", maximum=ACCOUNTS_MAX)
            store.insert(connection, principal.user_id, row)
            mail.add(
                connection,
                MailKind.BANK_ACCOUNT_ADDED,
                to=principal.email,
                user_id=principal.user_id,
                bank_name=row.bank_name,
                iban=mask_iban(row.iban),
            )
    except store.DuplicateIbanError:
        raise ProblemError("DUPLICATE_IBAN") from None
    context.flush()
    context.logger.info("bank account added", account_id=str(row.id), bank=iban[:4])
    return _shown(row)


def of_user(context: Context, user_id: UUID) -> list[BankAccount]:
    """Newest first, IBANs masked."""
    rows = store.of_user(context.db.connection(), user_id)
    return [msgspec.structs.replace(_shown(row), iban=mask_iban(row.iban)) for row in rows]


def delete(context: Context, user_id: UUID, account_id: UUID) -> None:
    """Raises ACCOUNT_NOT_FOUND, and ACCOUNT_HAS_PENDING_DEPOSITS or -_WITHDRAWALS while one is under way."""
    with context.db.transaction() as connection:
        if store.find(connection, user_id, account_id) is None:
            raise ProblemError("ACCOUNT_NOT_FOUND")
        if store.has_open_deposits(connection, account_id):
            raise ProblemError("ACCOUNT_HAS_PENDING_DEPOSITS")
        if withdrawals.has_open(connection, account_id):
            raise ProblemError("ACCOUNT_HAS_PENDING_WITHDRAWALS")
        store.mark_deleted(connection, account_id, context.now())
