"""The forgotten password."""

from __future__ import annotations

from typing import Any

from functions.auth import password_reset
from functions.auth.app import api, client, context, limited
from functions.auth.models import PasswordResetConfirm, PasswordResetRequest
from mycrypto.errors import invalid
from mycrypto.http import Request


@api.post("/api/auth/password/reset")
def post_reset(request: Request) -> Any:
    body = request.json(PasswordResetRequest)
    if body.token:
        limited(request, context().settings.verify_limit, request.client_ip)
        return password_reset.confirm(
            context(), PasswordResetConfirm(body.token, body.new_password, body.confirm_password), client(request)
        )
    if not body.email:
        raise invalid("email", "is required")
    return password_reset.ask(context(), body.email, client(request))


@api.post("/api/auth/password/reset/confirm")
def post_confirm(request: Request) -> Any:
    limited(request, context().settings.verify_limit, request.client_ip)
    return password_reset.confirm(context(), request.json(PasswordResetConfirm), client(request))
