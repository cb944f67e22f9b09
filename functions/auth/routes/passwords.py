"""New passwords."""

from __future__ import annotations

from typing import Any

from functions.auth import models, new_password
from functions.auth.app import VERIFY, context, is_fresh
from functions.auth.models import PasswordChange, PasswordResetConfirm, PasswordResetRequest
from functions.auth.routes.shared import NEW_PASSWORD, OPEN_BODY
from mycrypto import permissions
from mycrypto.errors import invalid
from mycrypto.http.operation import BODY_ERRORS, Operation
from mycrypto.http.request import Request


@Operation(
    method="post",
    path="/api/auth/password/reset",
    name="resetPassword",
    summary="Ask for a reset mail, or with a token set the new password",
    tag="passwords",
    answer=models.Message,
    body=models.PasswordResetRequest,
    errors=(*OPEN_BODY, "RESET_TOKEN_INVALID"),
    rules=NEW_PASSWORD | {"email": "is required without a token"},
    permission=permissions.OPEN,
)
def post_reset(request: Request) -> Any:
    body = request.json(PasswordResetRequest)
    if body.token:
        request.admit(context().take(context().limit_of(VERIFY), request.client_ip))
        return new_password.confirm(context(), PasswordResetConfirm(body.token, body.new_password, body.confirm_password), request.client)
    if not body.email:
        raise invalid("email", "is required")
    return new_password.ask(context(), body.email, request.client)


@Operation(
    method="post",
    path="/api/auth/password/reset/confirm",
    name="confirmPasswordReset",
    summary="Set the new password with the mailed token",
    tag="passwords",
    answer=models.Message,
    body=models.PasswordResetConfirm,
    errors=(*OPEN_BODY, "RESET_TOKEN_INVALID"),
    rules=NEW_PASSWORD,
    permission=permissions.OPEN,
    limit=VERIFY,
)
def post_confirm(request: Request) -> Any:
    return new_password.confirm(context(), request.json(PasswordResetConfirm), request.client)


@Operation(
    method="put",
    path="/api/auth/password",
    name="changePassword",
    summary="Change the password; every session ends",
    tag="passwords",
    answer=models.Message,
    body=models.PasswordChange,
    errors=(*BODY_ERRORS, "AUTH_001", "AUTH_003"),
    rules=NEW_PASSWORD,
    permission=permissions.SIGNED_IN,
)
def put_password(request: Request) -> Any:
    principal = request.caller
    return new_password.change(context(), principal, request.json(PasswordChange), request.client, fresh=is_fresh(principal))
