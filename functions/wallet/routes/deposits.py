"""Money on its way in."""

from __future__ import annotations

from functions.wallet import addresses, chain_deposits, fiat_deposits, idempotency, models, offers
from functions.wallet.app import context
from functions.wallet.models import (
    CryptoAddress,
    CryptoDeposit,
    FiatDeposit,
    OpenCryptoDeposit,
    OpenFiatDeposit,
    Page,
    PageQuery,
)
from functions.wallet.network_models import NetworkQuery, OfferedNetworks
from functions.wallet.routes.shared import NETWORK, ONCE_IF_GIVEN, PAGE
from mycrypto import permissions
from mycrypto.errors import ProblemError
from mycrypto.http.operation import BODY_ERRORS, Operation, RateLimit
from mycrypto.http.request import Reply, Request

OPEN_DEPOSIT = RateLimit(name="deposit", count=10, seconds=60)


@Operation(
    method="post",
    path="/api/wallet/deposit/fiat",
    name="openFiatDeposit",
    summary="Announce a bank transfer",
    tag="deposits",
    answer=models.FiatDeposit,
    status=201,
    body=models.OpenFiatDeposit,
    parameters=(ONCE_IF_GIVEN,),
    errors=(*BODY_ERRORS, "INVALID_AMOUNT", "KYC_REQUIRED", "WALLET_002", "ACCOUNT_NOT_FOUND", "IDEMPOTENCY_CONFLICT"),
    permission=permissions.CUSTOMER,
    limit=OPEN_DEPOSIT,
)
def post_fiat_deposit(request: Request) -> Reply:
    principal = request.caller
    body = request.json(OpenFiatDeposit)
    return idempotency.once(
        context(),
        request,
        principal.user_id,
        lambda connection: Reply(fiat_deposits.open_deposit(context(), connection, principal, body), status=201),
        required=False,  # an announcement moves no money
    )


@Operation(
    method="get",
    path="/api/wallet/deposit/requests",
    name="listFiatDeposits",
    summary="Own announced transfers, newest first",
    tag="deposits",
    answer=models.Page[models.FiatDeposit],
    parameters=PAGE,
    permission=permissions.SIGNED_IN,
)
def get_fiat_deposits(request: Request) -> Page[FiatDeposit]:
    principal = request.caller
    data, pagination = fiat_deposits.page(context(), principal.user_id, request.params(PageQuery))
    return Page(data, pagination)


@Operation(
    method="get",
    path="/api/wallet/deposit/{deposit_id}",
    name="getFiatDeposit",
    summary="An announced transfer",
    tag="deposits",
    answer=models.FiatDeposit,
    errors=("DEPOSIT_NOT_FOUND",),
    permission=permissions.SIGNED_IN,
)
def get_fiat_deposit(request: Request, deposit_id: str) -> FiatDeposit:
    return fiat_deposits.one(context(), request.caller.user_id, request.uuid(deposit_id, "DEPOSIT_NOT_FOUND"))


@Operation(
    method="post",
    path="/api/wallet/deposit/{deposit_id}/cancel",
    name="cancelFiatDeposit",
    summary="Take an announced transfer back; money that comes all the same is looked at by people",
    tag="deposits",
    answer=models.FiatDeposit,
    errors=("DEPOSIT_NOT_FOUND", "DEPOSIT_STATUS"),
    permission=permissions.CUSTOMER,
)
def post_cancel(request: Request, deposit_id: str) -> FiatDeposit:
    return fiat_deposits.cancel(context(), request.caller.user_id, request.uuid(deposit_id, "DEPOSIT_NOT_FOUND"))


@Operation(
    method="post",
    path="/api/wallet/deposit/crypto",
    name="openCryptoDeposit",
    summary="The own deposit address; made when there is none",
    tag="deposits",
    answer=models.CryptoAddress,
    also=((201, "Made", models.CryptoAddress),),
    body=models.OpenCryptoDeposit,
    rules={"network": "is one of the currency's"},
    errors=(*BODY_ERRORS, "CURRENCY_NOT_SUPPORTED", "NETWORK_NOT_SUPPORTED", "KYC_REQUIRED"),
    permission=permissions.CUSTOMER,
    limit=OPEN_DEPOSIT,
)
def post_crypto_deposit(request: Request) -> Reply:
    principal = request.caller
    address, made = addresses.open_address(context(), principal, request.json(OpenCryptoDeposit))
    return Reply(address, status=201 if made else 200)


@Operation(
    method="get",
    path="/api/wallet/networks",
    name="listNetworks",
    summary="The networks that currencies come in and leave by here",
    tag="deposits",
    answer=OfferedNetworks,
    errors=(),
    permission=permissions.SIGNED_IN,
)
def get_networks(_: Request) -> OfferedNetworks:
    return OfferedNetworks(offers.shown(context()))


@Operation(
    method="get",
    path="/api/wallet/deposit/crypto/address/{currency}",
    name="getCryptoAddress",
    summary="The own deposit address of a currency on a network",
    tag="deposits",
    answer=models.CryptoAddress,
    parameters=(NETWORK,),
    errors=("VALIDATION_ERROR", "CURRENCY_NOT_SUPPORTED", "NETWORK_NOT_SUPPORTED", "ADDRESS_NOT_FOUND"),
    permission=permissions.SIGNED_IN,
)
def get_crypto_address(request: Request, currency: str) -> CryptoAddress:
    return addresses.address(context(), request.caller.user_id, currency, request.params(NetworkQuery).network)


@Operation(
    method="get",
    path="/api/wallet/deposit/crypto/history",
    name="listCryptoDeposits",
    summary="What came in by chain, newest first",
    tag="deposits",
    answer=models.Page[models.CryptoDeposit],
    parameters=PAGE,
    permission=permissions.SIGNED_IN,
)
def get_crypto_deposits(request: Request) -> Page[CryptoDeposit]:
    principal = request.caller
    data, pagination = chain_deposits.page(context(), principal.user_id, request.params(PageQuery))
    return Page(data, pagination)


@Operation(
    method="get",
    path="/api/wallet/deposit/crypto/transaction/{tx_hash}",
    name="getCryptoDeposit",
    summary="What a transaction brought in",
    tag="deposits",
    answer=models.CryptoDeposit,
    errors=("DEPOSIT_NOT_FOUND",),
    permission=permissions.SIGNED_IN,
)
def get_crypto_deposit(request: Request, tx_hash: str) -> CryptoDeposit:
    data, _ = chain_deposits.page(context(), request.caller.user_id, PageQuery(limit=1), tx_hash=tx_hash)
    if not data:
        raise ProblemError("DEPOSIT_NOT_FOUND")
    return data[0]
