"""The bank accounts of a user."""

from __future__ import annotations

from functions.wallet import bank_accounts, models
from functions.wallet.app import context
from functions.wallet.models import AddBankAccount, BankAccounts, Count
from mycrypto import permissions
from mycrypto.http.operation import BODY_ERRORS, Operation, RateLimit
from mycrypto.http.request import Reply, Request

ADD_ACCOUNT = RateLimit(name="bank-accounts", count=5, seconds=60)
DELETE_ACCOUNT = RateLimit(name="bank-accounts-delete", count=10, seconds=60)


@Operation(
    method="post",
    path="/api/wallet/bank-accounts",
    name="addBankAccount",
    summary="Add a bank account",
    tag="bank accounts",
    answer=models.BankAccount,
    status=201,
    body=models.AddBankAccount,
    errors=(*BODY_ERRORS, "INVALID_IBAN", "WALLET_003", "CURRENCY_NOT_SUPPORTED", "DUPLICATE_IBAN"),
    permission=permissions.CUSTOMER,
    limit=ADD_ACCOUNT,
)
def post_bank_account(request: Request) -> Reply:
    principal = request.caller
    return Reply(bank_accounts.add(context(), principal, request.json(AddBankAccount)), status=201)


@Operation(
    method="get",
    path="/api/wallet/bank-accounts",
    name="listBankAccounts",
    summary="Own bank accounts, IBANs masked",
    tag="bank accounts",
    answer=models.BankAccounts,
    errors=(),
    permission=permissions.SIGNED_IN,
)
def get_bank_accounts(request: Request) -> BankAccounts:
    found = bank_accounts.of_user(context(), request.caller.user_id)
    return BankAccounts(found, Count(len(found)))


@Operation(
    method="delete",
    path="/api/wallet/bank-accounts/{account_id}",
    name="deleteBankAccount",
    summary="Delete a bank account",
    tag="bank accounts",
    status=204,
    errors=("ACCOUNT_NOT_FOUND", "ACCOUNT_HAS_PENDING_DEPOSITS", "ACCOUNT_HAS_PENDING_WITHDRAWALS"),
    permission=permissions.CUSTOMER,
    limit=DELETE_ACCOUNT,
)
def delete_bank_account(request: Request, account_id: str) -> Reply:
    principal = request.caller
    bank_accounts.delete(context(), principal.user_id, request.uuid(account_id, "ACCOUNT_NOT_FOUND"))
    return Reply(status=204)
