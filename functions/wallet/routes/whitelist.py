"""The addresses that a user has named beforehand."""

from __future__ import annotations

from functions.wallet import models, whitelist
from functions.wallet.app import context
from functions.wallet.models import AddAddress, ConfirmAddress, WhitelistedAddress, WhitelistedAddresses
from mycrypto import permissions
from mycrypto.http.operation import BODY_ERRORS, Operation, RateLimit
from mycrypto.http.request import Reply, Request

CHANGE = RateLimit(name="whitelist", count=10, seconds=60)


@Operation(
    method="post",
    path="/api/wallet/whitelist",
    name="addWhitelistedAddress",
    summary="Name an address for withdrawals; a mail asks to confirm it, and it is usable a day after that",
    tag="withdrawals",
    answer=models.WhitelistedAddress,
    status=201,
    body=models.AddAddress,
    rules={"destination_address": "is an address of the network, with a right checksum", "network": "is one of the currency's"},
    errors=(*BODY_ERRORS, "CURRENCY_NOT_SUPPORTED", "NETWORK_NOT_SUPPORTED", "DUPLICATE_ADDRESS", "WALLET_002"),
    permission=permissions.CUSTOMER,
    limit=CHANGE,
)
def post_address(request: Request) -> Reply:
    return Reply(whitelist.add(context(), request, request.caller, request.json(AddAddress)), status=201)


@Operation(
    method="get",
    path="/api/wallet/whitelist",
    name="listWhitelistedAddresses",
    summary="Own named addresses, newest first",
    tag="withdrawals",
    answer=models.WhitelistedAddresses,
    errors=(),
    permission=permissions.SIGNED_IN,
)
def get_addresses(request: Request) -> WhitelistedAddresses:
    return WhitelistedAddresses(whitelist.of_user(context(), request.caller.user_id))


@Operation(
    method="post",
    path="/api/wallet/whitelist/confirm",
    name="confirmWhitelistedAddress",
    summary="Confirm a named address with the token of the mail",
    tag="withdrawals",
    answer=models.WhitelistedAddress,
    body=models.ConfirmAddress,
    errors=(*BODY_ERRORS, "VERIFICATION_TOKEN_INVALID"),
    permission=permissions.CUSTOMER,
    limit=CHANGE,
)
def post_confirm(request: Request) -> WhitelistedAddress:
    return whitelist.confirm(context(), request, request.caller, request.json(ConfirmAddress))


@Operation(
    method="delete",
    path="/api/wallet/whitelist/{address_id}",
    name="deleteWhitelistedAddress",
    summary="Take a named address off the list",
    tag="withdrawals",
    status=204,
    errors=("ADDRESS_NOT_FOUND",),
    permission=permissions.CUSTOMER,
    limit=CHANGE,
)
def delete_address(request: Request, address_id: str) -> Reply:
    whitelist.delete(context(), request, request.caller.user_id, request.uuid(address_id, "ADDRESS_NOT_FOUND"))
    return Reply(status=204)
