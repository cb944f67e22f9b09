"""The second factor."""

from __future__ import annotations

from typing import Any, cast

from functions.auth import cookies, models, second_factor
from functions.auth.app import context
from functions.auth.models import ConfirmWithPassword, PasswordOnly, TwoFactorEnrolment, TwoFactorVerify
from functions.auth.routes.shared import OF_A_PAGE
from mycrypto import permissions
from mycrypto.http.operation import BODY_ERRORS, Operation, Parameter
from mycrypto.http.request import Principal, Request
from mycrypto.security import revocation, tokens


def _bearer(request: Request) -> Principal:
    """Who calls a route that the authorizer does not guard because it is open to others too. Raises UNAUTHORIZED, INVALID_TOKEN."""
    claims = tokens.verify_access(tokens.bearer(request.header("authorization")), context().keys.public)
    marks = cast("list[bytes | None]", context().redis.mget(revocation.keys_of(claims)))
    if revocation.is_revoked(claims, marks):
        raise tokens.invalid_token("the token has been revoked")
    return Principal.of(claims)


@Operation(
    method="post",
    path="/api/auth/2fa/setup",
    name="setUpSecondFactor",
    summary="A new secret, waiting fifteen minutes for its first code",
    tag="second factor",
    answer=models.SecondFactorSetup,
    body=models.PasswordOnly,
    errors=(*BODY_ERRORS, "AUTH_001", "2FA_ALREADY_ENABLED"),
    permission=permissions.SIGNED_IN,
)
def post_setup(request: Request) -> Any:
    return second_factor.setup(context(), request.caller, request.json(PasswordOnly), request.client)


@Operation(
    method="post",
    path="/api/auth/2fa/verify-setup",
    name="enableSecondFactor",
    summary="Turn it on with the first code",
    tag="second factor",
    answer=models.BackupCodes,
    body=models.TwoFactorEnrolment,
    errors=(*BODY_ERRORS, "INVALID_SETUP_TOKEN", "INVALID_2FA_CODE", "2FA_ALREADY_ENABLED", "TOO_MANY_ATTEMPTS"),
    permission=permissions.SIGNED_IN,
)
def post_verify_setup(request: Request) -> Any:
    return second_factor.enrol(context(), request.caller, request.json(TwoFactorEnrolment), request.client)


@Operation(
    method="post",
    path="/api/auth/2fa/verify",
    name="verifySecondFactor",
    summary="With a challenge: the second step of a log-in. With an access token: a step-up of the session",
    tag="second factor",
    answer=(models.TokenPair, models.PageSession, models.StepUp),
    body=models.TwoFactorVerify,
    parameters=(Parameter("Authorization", "string", "Bearer and the access token, for a step-up", place="header"), OF_A_PAGE),
    errors=(
        *BODY_ERRORS,
        "FORBIDDEN",
        "UNAUTHORIZED",
        "INVALID_TOKEN",
        "INVALID_CHALLENGE",
        "AUTH_004",
        "2FA_NOT_ENABLED",
        "ACCOUNT_SUSPENDED",
        "TOO_MANY_ATTEMPTS",
        "SERVICE_UNAVAILABLE",
    ),
    permission=permissions.Permission(instead="a challenge of a log-in, or an access token"),
)
def post_verify(request: Request) -> Any:
    body = request.json(TwoFactorVerify)
    if body.challenge_token:
        cookies.require_page(request, body.session)
        return cookies.answered(second_factor.complete_login(context(), body, request.client), body.session)
    return second_factor.step_up(context(), _bearer(request), body.code, request.client)


@Operation(
    method="get",
    path="/api/auth/2fa/status",
    name="getSecondFactor",
    summary="Whether it is on",
    tag="second factor",
    answer=models.SecondFactorState,
    errors=(),
    permission=permissions.SIGNED_IN,
)
def get_status(request: Request) -> Any:
    return second_factor.state(context(), request.caller)


@Operation(
    method="post",
    path="/api/auth/2fa/disable",
    name="disableSecondFactor",
    summary="Turn it off with password and code",
    tag="second factor",
    answer=models.SecondFactorState,
    body=models.ConfirmWithPassword,
    errors=(*BODY_ERRORS, "AUTH_001", "AUTH_004", "2FA_NOT_ENABLED", "TOO_MANY_ATTEMPTS"),
    permission=permissions.SIGNED_IN,
)
def post_disable(request: Request) -> Any:
    return second_factor.disable(context(), request.caller, request.json(ConfirmWithPassword), request.client)


@Operation(
    method="post",
    path="/api/auth/2fa/backup-codes/regenerate",
    name="regenerateBackupCodes",
    summary="Ten new backup codes in place of the old ones",
    tag="second factor",
    answer=models.BackupCodes,
    body=models.ConfirmWithPassword,
    errors=(*BODY_ERRORS, "AUTH_001", "AUTH_004", "2FA_NOT_ENABLED", "TOO_MANY_ATTEMPTS"),
    permission=permissions.SIGNED_IN,
)
def post_regenerate(request: Request) -> Any:
    return second_factor.regenerate(context(), request.caller, request.json(ConfirmWithPassword), request.client)
