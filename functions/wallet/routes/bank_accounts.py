"""The bank accounts of a user."""

from __future__ import annotations

from functions.wallet import bank_accounts
from functions.wallet.app import api, caller, context, identifier
from functions.wallet.models import AddBankAccount, BankAccounts, Count
from mycrypto.http.request import Reply, Request
from mycrypto.ratelimit import Limit

ADD_ACCOUNT = Limit("bank-accounts", 5, 60)
DELETE_ACCOUNT = Limit("bank-accounts-delete", 10, 60)


@api.post("/api/wallet/bank-accounts")
def post_bank_account(request: Request) -> Reply:
    principal = caller(request, ADD_ACCOUNT)
    return Reply(bank_accounts.add(context(), principal, request.json(AddBankAccount)), status=201)


@api.get("/api/wallet/bank-accounts")
def get_bank_accounts(request: Request) -> BankAccounts:
    found = bank_accounts.of_user(context(), caller(request).user_id)
    return BankAccounts(found, Count(len(found)))


@api.delete("/api/wallet/bank-accounts/<account_id>")
def delete_bank_account(request: Request, account_id: str) -> Reply:
    principal = caller(request, DELETE_ACCOUNT)
    bank_accounts.delete(context(), principal.user_id, identifier(account_id, "ACCOUNT_NOT_FOUND"))
    return Reply(status=204)
