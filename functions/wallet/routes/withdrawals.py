"""Money on its way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from psycopg import Connection

from functions.wallet import idempotency, models, withdrawal_decisions, withdrawals
from functions.wallet.app import context, metered
from functions.wallet.models import Page, Withdrawal, WithdrawalFees, WithdrawalQuery, WithdrawCrypto, WithdrawFiat
from functions.wallet.network_models import NetworkQuery
from functions.wallet.routes.shared import NETWORK, ONCE, PAGE, STATUS
from mycrypto import balance_cache, currencies, permissions
from mycrypto.http.operation import BODY_ERRORS, Operation, RateLimit
from mycrypto.http.request import Principal, Reply, Request

WITHDRAW = RateLimit(name="withdraw", count=5, seconds=60)

_ERRORS: Final = (
    *BODY_ERRORS,
    "INVALID_AMOUNT",
    "KYC_REQUIRED",
    "WALLET_001",
    "WALLET_002",
    "WITHDRAWALS_HELD",
    "DEPOSITS_OVER_LIMIT",
    "AUTH_003",
    "AUTH_004",
    "IDEMPOTENCY_CONFLICT",
    "WITHDRAWALS_BLOCKED",
    "ACCOUNT_SUSPENDED",
)


@Operation(
    method="post",
    path="/api/wallet/withdraw/fiat",
    name="withdrawFiat",
    summary="Withdraw TRY to a verified bank account",
    tag="withdrawals",
    answer=models.Withdrawal,
    status=201,
    body=models.WithdrawFiat,
    parameters=(ONCE,),
    errors=(*_ERRORS, "ACCOUNT_NOT_FOUND", "ACCOUNT_NOT_VERIFIED"),
    permission=permissions.CUSTOMER,
    limit=WITHDRAW,
)
def post_fiat_withdrawal(request: Request) -> Reply:
    principal = request.caller
    body = request.json(WithdrawFiat)
    return _withdraw(request, principal, lambda connection: withdrawals.withdraw_fiat(context(), connection, request, principal, body))


@Operation(
    method="post",
    path="/api/wallet/withdraw/crypto",
    name="withdrawCrypto",
    summary="Withdraw to an address of a chain",
    tag="withdrawals",
    answer=models.Withdrawal,
    status=201,
    body=models.WithdrawCrypto,
    rules={
        "destination_address": "is an address of the network, with a right checksum; or whitelisted_address_id is there instead",
        "network": "is one of the currency's, and that of the address where it was named before",
    },
    parameters=(ONCE,),
    errors=(*_ERRORS, "CURRENCY_NOT_SUPPORTED", "NETWORK_NOT_SUPPORTED", "PRICE_UNAVAILABLE", "ADDRESS_NOT_FOUND", "ADDRESS_HELD"),
    permission=permissions.CUSTOMER,
    limit=WITHDRAW,
)
def post_crypto_withdrawal(request: Request) -> Reply:
    principal = request.caller
    body = request.json(WithdrawCrypto)
    return _withdraw(request, principal, lambda connection: withdrawals.withdraw_crypto(context(), connection, request, principal, body))


def _withdraw(request: Request, principal: Principal, act: Callable[[Connection], Withdrawal]) -> Reply:
    def ask(connection: Connection) -> Reply:
        return Reply(metered(act(connection)), status=201)

    reply = idempotency.once(context(), request, principal.user_id, ask)
    balance_cache.drop(context().cache, ((principal.user_id, currency) for currency in currencies.SUPPORTED))
    context().flush()
    return reply


@Operation(
    method="get",
    path="/api/wallet/withdraw/requests",
    name="listWithdrawals",
    summary="Own withdrawals, newest first",
    tag="withdrawals",
    answer=models.Page[models.Withdrawal],
    parameters=(STATUS, *PAGE),
    permission=permissions.SIGNED_IN,
)
def get_withdrawals(request: Request) -> Page[Withdrawal]:
    principal = request.caller
    query = request.params(WithdrawalQuery)
    data, pagination = withdrawals.page(context(), principal.user_id, query, query.status)
    return Page(data, pagination)


@Operation(
    method="get",
    path="/api/wallet/withdraw/{withdrawal_id}",
    name="getWithdrawal",
    summary="A withdrawal",
    tag="withdrawals",
    answer=models.Withdrawal,
    errors=("WITHDRAWAL_NOT_FOUND",),
    permission=permissions.SIGNED_IN,
)
def get_withdrawal(request: Request, withdrawal_id: str) -> Withdrawal:
    return withdrawals.one(context(), request.caller.user_id, request.uuid(withdrawal_id, "WITHDRAWAL_NOT_FOUND"))


@Operation(
    method="post",
    path="/api/wallet/withdraw/{withdrawal_id}/cancel",
    name="cancelWithdrawal",
    summary="Cancel a withdrawal that is not approved yet",
    tag="withdrawals",
    answer=models.Withdrawal,
    errors=("WITHDRAWAL_NOT_FOUND", "WITHDRAWAL_STATUS"),
    permission=permissions.CUSTOMER,
)
def post_cancel(request: Request, withdrawal_id: str) -> Withdrawal:
    principal = request.caller
    return metered(withdrawal_decisions.cancel(context(), request, principal.user_id, request.uuid(withdrawal_id, "WITHDRAWAL_NOT_FOUND")))


@Operation(
    method="get",
    path="/api/wallet/withdraw/fiat/fees",
    name="getFiatWithdrawalFees",
    summary="What a withdrawal to a bank account costs",
    tag="withdrawals",
    answer=models.WithdrawalFees,
    permission=permissions.SIGNED_IN,
)
def get_fiat_fees(_: Request) -> WithdrawalFees:
    return withdrawals.fiat_fees()


@Operation(
    method="get",
    path="/api/wallet/withdraw/crypto/fees/{currency}",
    name="getWithdrawalFees",
    summary="What a withdrawal costs now",
    tag="withdrawals",
    answer=models.WithdrawalFees,
    parameters=(NETWORK,),
    errors=("VALIDATION_ERROR", "CURRENCY_NOT_SUPPORTED", "NETWORK_NOT_SUPPORTED"),
    permission=permissions.SIGNED_IN,
)
def get_fees(request: Request, currency: str) -> WithdrawalFees:
    return withdrawals.fees(context(), currency, request.params(NetworkQuery).network)
