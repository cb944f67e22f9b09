"""A copy of all personal data, and the end of the account."""

from __future__ import annotations

from typing import Any

from functions.auth import closure, models, personal_data
from functions.auth.account_models import ClosedIdentity, PersonalData
from functions.auth.app import context, is_fresh
from functions.auth.models import PasswordOnly
from mycrypto import permissions
from mycrypto.http.operation import BODY_ERRORS, Operation
from mycrypto.http.request import Reply, Request


@Operation(
    method="post",
    path="/api/auth/personal-data",
    name="exportPersonalData",
    summary="A copy of all personal data as a JSON file; the link is good for five minutes",
    tag="accounts",
    answer=PersonalData,
    status=201,
    body=models.PasswordOnly,
    errors=(*BODY_ERRORS, "AUTH_001", "AUTH_003"),
    permission=permissions.SIGNED_IN,
)
def post_personal_data(request: Request) -> Reply:
    password = request.json(PasswordOnly).password
    done = personal_data.export(context(), request.caller, password, request.client, fresh=is_fresh(request.caller))
    return Reply(done, status=201)


@Operation(
    method="post",
    path="/api/auth/closure",
    name="closeAccount",
    summary="Close the own account; refused while there is money or an open order",
    tag="accounts",
    answer=models.Message,
    body=models.PasswordOnly,
    errors=(*BODY_ERRORS, "AUTH_001", "AUTH_003", "ACCOUNT_NOT_EMPTY"),
    permission=permissions.SIGNED_IN,
)
def post_closure(request: Request) -> Any:
    password = request.json(PasswordOnly).password
    return closure.close(context(), request.caller, password, request.client, fresh=is_fresh(request.caller))


@Operation(
    method="get",
    path="/api/auth/admin/users/{user_id}/closed-identity",
    name="getClosedIdentity",
    summary="Whose account it was, for the authorities; that it was looked at is recorded",
    tag="staff",
    answer=ClosedIdentity,
    errors=("NOT_FOUND",),
    permission=permissions.ADMINISTRATION,
)
def get_closed_identity(request: Request, user_id: str) -> Any:
    return closure.identity_of(context(), request.caller, request.uuid(user_id), request.client)
