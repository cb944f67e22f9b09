"""The second factor."""

from __future__ import annotations

from typing import Any

from functions.auth import two_factor
from functions.auth.app import api, bearer_caller, caller, client, context
from functions.auth.models import ConfirmWithPassword, PasswordOnly, TwoFactorEnrolment, TwoFactorVerify
from mycrypto.http.request import Request


@api.post("/api/auth/2fa/setup")
def post_setup(request: Request) -> Any:
    return two_factor.setup(context(), caller(request), request.json(PasswordOnly), client(request))


@api.post("/api/auth/2fa/verify-setup")
def post_verify_setup(request: Request) -> Any:
    return two_factor.enrol(context(), caller(request), request.json(TwoFactorEnrolment), client(request))


@api.post("/api/auth/2fa/verify")
def post_verify(request: Request) -> Any:
    body = request.json(TwoFactorVerify)
    if body.challenge_token:
        return two_factor.complete_login(context(), body, client(request))
    return two_factor.step_up(context(), bearer_caller(request), body.code, client(request))


@api.get("/api/auth/2fa/status")
def get_status(request: Request) -> Any:
    return two_factor.state(context(), caller(request))


@api.post("/api/auth/2fa/disable")
def post_disable(request: Request) -> Any:
    return two_factor.disable(context(), caller(request), request.json(ConfirmWithPassword), client(request))


@api.post("/api/auth/2fa/backup-codes/regenerate")
def post_regenerate(request: Request) -> Any:
    return two_factor.regenerate(context(), caller(request), request.json(ConfirmWithPassword), client(request))
