"""Lambda entry of auth: which path is which rule, and who may call how often."""

from __future__ import annotations

from functools import cache
from typing import Any

from functions.auth import health, login, profile, registration, sessions
from functions.auth.context import SERVICE, Client, Context
from functions.auth.models import (
    EmailRequest,
    LoginRequest,
    LogoutRequest,
    ProfileUpdate,
    RefreshRequest,
    RegisterRequest,
    VerifyEmailRequest,
)
from functions.auth.settings import load
from mycrypto import telemetry
from mycrypto.http import Api, Principal, Reply, Request
from mycrypto.ratelimit import Limit, api_limit
from mycrypto.security import keys

logger = telemetry.logger(SERVICE)
meter = telemetry.Meter(SERVICE)
settings = load()
api = Api(logger, meter, proxy=settings.proxy)


@cache
def context() -> Context:
    """The one of this execution environment."""
    return Context.from_settings(settings, logger, meter)


def limited(request: Request, limit: Limit, subject: str) -> None:
    """Count the call; the limit's figures go out with the answer whatever it is. Raises RATE_LIMIT_EXCEEDED."""
    verdict = context().take(limit, subject)
    request.answer_headers.update(verdict.headers())
    verdict.require()


def caller(request: Request) -> Principal:
    """Who calls, within the calls per minute of their tier."""
    principal = request.principal()
    limited(request, api_limit(principal.tier), str(principal.user_id))
    return principal


@api.get("/api/auth/health")
def get_health(_: Request) -> dict[str, Any]:
    return health.alive()


@api.get("/api/auth/health/ready")
def get_ready(_: Request) -> Reply:
    return health.ready(context())


@api.get("/api/auth/.well-known/jwks.json")
def get_keys(_: Request) -> Reply:
    return Reply(keys.publish(context().keys.public), headers={"Cache-Control": "public, max-age=300"})


@api.post("/api/auth/register")
def post_register(request: Request) -> Reply:
    limited(request, settings.register_limit, request.client_ip)
    body = request.json(RegisterRequest)
    done = registration.register(context(), body, Client.of(request), request.header("x-recaptcha-token") or "")
    meter.count("auth_registration_total", status="success")
    return Reply(done, status=201)


@api.post("/api/auth/verify-email")
def post_verify_email(request: Request) -> Any:
    limited(request, settings.verify_limit, request.client_ip)
    done = registration.verify_email(context(), request.json(VerifyEmailRequest), Client.of(request))
    meter.count("auth_email_verification_total", status="success")
    return done


@api.post("/api/auth/resend-verification")
def post_resend(request: Request) -> Any:
    limited(request, settings.verify_limit, request.client_ip)
    return registration.resend(context(), request.json(EmailRequest), Client.of(request))


@api.post("/api/auth/login")
def post_login(request: Request) -> Any:
    limited(request, settings.login_limit, request.client_ip)
    return login.login(context(), request.json(LoginRequest), Client.of(request))


@api.post("/api/auth/refresh")
def post_refresh(request: Request) -> Any:
    limited(request, settings.refresh_limit, request.client_ip)
    return sessions.refresh(context(), request.json(RefreshRequest), Client.of(request))


@api.post("/api/auth/logout")
def post_logout(request: Request) -> Any:
    principal = caller(request)
    body = request.json(LogoutRequest) if request.body else LogoutRequest()
    return sessions.logout(context(), body, principal, Client.of(request))


@api.get("/api/auth/profile")
def get_profile(request: Request) -> Any:
    return profile.read(context(), caller(request))


@api.put("/api/auth/profile")
def put_profile(request: Request) -> Any:
    return profile.update(context(), caller(request), request.json(ProfileUpdate), Client.of(request))


@api.get("/api/auth/sessions")
def get_sessions(request: Request) -> dict[str, Any]:
    found = sessions.devices(context(), caller(request))
    return {"data": found, "pagination": {"total": len(found), "limit": len(found), "offset": 0}}


@api.delete("/api/auth/sessions/<session_id>")
def delete_session(request: Request, session_id: str) -> Reply:
    sessions.end_one(context(), caller(request), request.uuid(session_id), Client.of(request))
    return Reply(status=204)


handler = api
