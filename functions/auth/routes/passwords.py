"""New passwords."""

from __future__ import annotations

from typing import Any

from functions.auth import new_password
from functions.auth.app import api, caller, client, context, is_fresh, limited
from functions.auth.models import PasswordChange, PasswordResetConfirm, PasswordResetRequest
from mycrypto.errors import invalid
from mycrypto.http.request import Request


@api.post("/api/auth/password/reset")
def post_reset(request: Request) -> Any:
    body = request.json(PasswordResetRequest)
    if body.token:
        limited(request, context().settings.verify_limit, request.client_ip)
        return new_password.confirm(context(), PasswordResetConfirm(body.token, body.new_password, body.confirm_password), client(request))
    if not body.email:
        raise invalid("email", "is required")
    return new_password.ask(context(), body.email, client(request))


@api.post("/api/auth/password/reset/confirm")
def post_confirm(request: Request) -> Any:
    limited(request, context().settings.verify_limit, request.client_ip)
    return new_password.confirm(context(), request.json(PasswordResetConfirm), client(request))


@api.put("/api/auth/password")
def put_password(request: Request) -> Any:
    principal = caller(request)
    return new_password.change(context(), principal, request.json(PasswordChange), client(request), fresh=is_fresh(principal))
