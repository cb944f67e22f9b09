"""Money on its way in."""

from __future__ import annotations

from functions.wallet import addresses, chain_deposits, fiat_deposits, idempotency
from functions.wallet.app import api, caller, context, identifier
from functions.wallet.models import CryptoAddress, CryptoDeposit, FiatDeposit, OpenCryptoDeposit, OpenFiatDeposit, Page, PageQuery
from mycrypto.errors import ProblemError
from mycrypto.http.request import Reply, Request
from mycrypto.ratelimit import Limit

OPEN_DEPOSIT = Limit("deposit", 10, 60)


@api.post("/api/wallet/deposit/fiat")
def post_fiat_deposit(request: Request) -> Reply:
    principal = caller(request, OPEN_DEPOSIT)
    body = request.json(OpenFiatDeposit)
    return idempotency.once(
        context(),
        request,
        principal.user_id,
        lambda connection: Reply(fiat_deposits.open_deposit(context(), connection, principal, body), status=201),
    )


@api.get("/api/wallet/deposit/requests")
def get_fiat_deposits(request: Request) -> Page[FiatDeposit]:
    principal = caller(request)
    data, pagination = fiat_deposits.page(context(), principal.user_id, request.params(PageQuery))
    return Page(data, pagination)


@api.get("/api/wallet/deposit/<deposit_id>")
def get_fiat_deposit(request: Request, deposit_id: str) -> FiatDeposit:
    return fiat_deposits.one(context(), caller(request).user_id, identifier(deposit_id, "DEPOSIT_NOT_FOUND"))


@api.post("/api/wallet/deposit/crypto")
def post_crypto_deposit(request: Request) -> Reply:
    principal = caller(request, OPEN_DEPOSIT)
    address, made = addresses.open_address(context(), principal, request.json(OpenCryptoDeposit))
    return Reply(address, status=201 if made else 200)


@api.get("/api/wallet/deposit/crypto/address/<currency>")
def get_crypto_address(request: Request, currency: str) -> CryptoAddress:
    return addresses.address(context(), caller(request).user_id, currency)


@api.get("/api/wallet/deposit/crypto/history")
def get_crypto_deposits(request: Request) -> Page[CryptoDeposit]:
    principal = caller(request)
    data, pagination = chain_deposits.page(context(), principal.user_id, request.params(PageQuery))
    return Page(data, pagination)


@api.get("/api/wallet/deposit/crypto/transaction/<tx_hash>")
def get_crypto_deposit(request: Request, tx_hash: str) -> CryptoDeposit:
    data, _ = chain_deposits.page(context(), caller(request).user_id, PageQuery(limit=1), tx_hash=tx_hash)
    if not data:
        raise ProblemError("DEPOSIT_NOT_FOUND")
    return data[0]
