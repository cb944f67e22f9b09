"""Keys for programs."""

from __future__ import annotations

from typing import Any

from functions.auth import api_keys, models
from functions.auth.app import context, is_fresh
from functions.auth.models import ApiKeyRequest, Listed, Pagination, PasswordOnly
from functions.auth.store.api_keys import ApiKey
from mycrypto import permissions
from mycrypto.http.operation import BODY_ERRORS, Operation
from mycrypto.http.request import Reply, Request


@Operation(
    method="post",
    path="/api/auth/api-keys",
    name="createApiKey",
    summary="A key for a program; its secret is shown once",
    tag="API keys",
    answer=models.ApiKeyCreated,
    status=201,
    body=models.ApiKeyRequest,
    errors=(*BODY_ERRORS, "AUTH_001", "AUTH_003", "API_KEY_LIMIT"),
    rules={
        "label": "has 1 to 50 characters",
        "scopes": "names each scope once; withdraw asks for the second factor to be on",
        "ip_list": "holds at most 20 addresses or networks; the scope withdraw asks for one",
        "expires_in_days": "is 1 to 365",
    },
    permission=permissions.SIGNED_IN,
)
def post_key(request: Request) -> Reply:
    principal = request.caller
    made = api_keys.create(context(), principal, request.json(ApiKeyRequest), request.client, fresh=is_fresh(principal))
    return Reply(made, status=201)


@Operation(
    method="get",
    path="/api/auth/api-keys",
    name="listApiKeys",
    summary="Own live keys",
    tag="API keys",
    answer=models.Listed[ApiKey],
    errors=(),
    permission=permissions.SIGNED_IN,
)
def get_keys(request: Request) -> Listed[ApiKey]:
    found = api_keys.listed(context(), request.caller)
    return Listed(found, Pagination(limit=api_keys.LIVE_MAX, offset=0, total=len(found)))


@Operation(
    method="post",
    path="/api/auth/api-keys/{row_id}/resume",
    name="resumeApiKey",
    summary="Let a key work again that a new password has suspended",
    tag="API keys",
    answer=ApiKey,
    body=models.PasswordOnly,
    errors=(*BODY_ERRORS, "AUTH_001", "AUTH_003", "NOT_FOUND"),
    permission=permissions.SIGNED_IN,
)
def post_resume(request: Request, row_id: str) -> Any:
    principal = request.caller
    body = request.json(PasswordOnly)
    return api_keys.resume(context(), principal, request.uuid(row_id), body.password, request.client, fresh=is_fresh(principal))


@Operation(
    method="delete",
    path="/api/auth/api-keys/{row_id}",
    name="revokeApiKey",
    summary="The key is worth nothing from now on",
    tag="API keys",
    status=204,
    errors=("NOT_FOUND",),
    permission=permissions.SIGNED_IN,
)
def delete_key(request: Request, row_id: str) -> Reply:
    api_keys.revoke(context(), request.caller, request.uuid(row_id), request.client)
    return Reply(status=204)
