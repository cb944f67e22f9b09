"""Money on its way out."""

from __future__ import annotations

from collections.abc import Callable

from psycopg import Connection

from functions.wallet import codes, idempotency, withdrawal_decisions, withdrawals
from functions.wallet.app import api, caller, context, identifier, metered
from functions.wallet.codes import Code
from functions.wallet.models import Page, Withdrawal, WithdrawalFees, WithdrawalQuery, WithdrawCrypto, WithdrawFiat
from mycrypto import balance_cache, currencies
from mycrypto.http.request import Principal, Reply, Request
from mycrypto.ratelimit import Limit

WITHDRAW = Limit("withdraw", 5, 60)


@api.post("/api/wallet/withdraw/fiat")
def post_fiat_withdrawal(request: Request) -> Reply:
    principal = caller(request, WITHDRAW)
    body = request.json(WithdrawFiat)
    return _withdraw(
        request, principal, lambda connection, code: withdrawals.withdraw_fiat(context(), connection, request, principal, body, code)
    )


@api.post("/api/wallet/withdraw/crypto")
def post_crypto_withdrawal(request: Request) -> Reply:
    principal = caller(request, WITHDRAW)
    body = request.json(WithdrawCrypto)
    return _withdraw(
        request, principal, lambda connection, code: withdrawals.withdraw_crypto(context(), connection, request, principal, body, code)
    )


def _withdraw(request: Request, principal: Principal, act: Callable[[Connection, Code], Withdrawal]) -> Reply:
    with codes.on_trial(context(), request, principal) as code:

        def ask(connection: Connection) -> Reply:
            return Reply(metered(act(connection, code)), status=201)

        reply = idempotency.once(context(), request, principal.user_id, ask)
    balance_cache.drop(context().cache, ((principal.user_id, currency) for currency in currencies.SUPPORTED))
    context().flush()
    return reply


@api.get("/api/wallet/withdraw/requests")
def get_withdrawals(request: Request) -> Page[Withdrawal]:
    principal = caller(request)
    query = request.params(WithdrawalQuery)
    data, pagination = withdrawals.page(context(), principal.user_id, query, query.status)
    return Page(data, pagination)


@api.get("/api/wallet/withdraw/<withdrawal_id>")
def get_withdrawal(request: Request, withdrawal_id: str) -> Withdrawal:
    return withdrawals.one(context(), caller(request).user_id, identifier(withdrawal_id, "WITHDRAWAL_NOT_FOUND"))


@api.post("/api/wallet/withdraw/<withdrawal_id>/cancel")
def post_cancel(request: Request, withdrawal_id: str) -> Withdrawal:
    principal = caller(request)
    return metered(withdrawal_decisions.cancel(context(), request, principal.user_id, identifier(withdrawal_id, "WITHDRAWAL_NOT_FOUND")))


@api.get("/api/wallet/withdraw/crypto/fees/<currency>")
def get_fees(request: Request, currency: str) -> WithdrawalFees:
    caller(request)
    return withdrawals.fees(currency)
