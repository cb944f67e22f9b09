"""Keys for programs."""

from __future__ import annotations

from typing import Any

from functions.auth import api_keys
from functions.auth.app import api, caller, client, context, is_fresh
from functions.auth.models import ApiKeyRequest, Listed, Pagination, PasswordOnly
from functions.auth.store.api_keys import ApiKey
from mycrypto.http.request import Reply, Request


@api.post("/api/auth/api-keys")
def post_key(request: Request) -> Reply:
    principal = caller(request)
    made = api_keys.create(context(), principal, request.json(ApiKeyRequest), client(request), fresh=is_fresh(principal))
    return Reply(made, status=201)


@api.get("/api/auth/api-keys")
def get_keys(request: Request) -> Listed[ApiKey]:
    found = api_keys.listed(context(), caller(request))
    return Listed(found, Pagination(limit=api_keys.LIVE_MAX, offset=0, total=len(found)))


@api.post("/api/auth/api-keys/<row_id>/resume")
def post_resume(request: Request, row_id: str) -> Any:
    principal = caller(request)
    body = request.json(PasswordOnly)
    return api_keys.resume(context(), principal, request.uuid(row_id), body.password, client(request), fresh=is_fresh(principal))


@api.delete("/api/auth/api-keys/<row_id>")
def delete_key(request: Request, row_id: str) -> Reply:
    api_keys.revoke(context(), caller(request), request.uuid(row_id), client(request))
    return Reply(status=204)
