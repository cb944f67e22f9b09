"""Accounts and sessions."""

from __future__ import annotations

from typing import Any

from functions.auth import health, login, profile, registration, sessions
from functions.auth.app import api, caller, client, context, limited, meter
from functions.auth.models import (
    EmailRequest,
    Listed,
    LoginRequest,
    LogoutRequest,
    Pagination,
    ProfileUpdate,
    RefreshRequest,
    RegisterRequest,
    VerifyEmailRequest,
)
from mycrypto.http import Reply, Request
from mycrypto.security import keys


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
    limited(request, context().settings.register_limit, request.client_ip)
    body = request.json(RegisterRequest)
    done = registration.register(context(), body, client(request), request.header("x-recaptcha-token") or "")
    meter.count("auth_registration_total", status="success")
    return Reply(done, status=201)


@api.post("/api/auth/verify-email")
def post_verify_email(request: Request) -> Any:
    limited(request, context().settings.verify_limit, request.client_ip)
    done = registration.verify_email(context(), request.json(VerifyEmailRequest), client(request))
    meter.count("auth_email_verification_total", status="success")
    return done


@api.post("/api/auth/resend-verification")
def post_resend(request: Request) -> Any:
    limited(request, context().settings.verify_limit, request.client_ip)
    return registration.resend(context(), request.json(EmailRequest), client(request))


@api.post("/api/auth/login")
def post_login(request: Request) -> Any:
    limited(request, context().settings.login_limit, request.client_ip)
    return login.login(context(), request.json(LoginRequest), client(request))


@api.post("/api/auth/refresh")
def post_refresh(request: Request) -> Any:
    limited(request, context().settings.refresh_limit, request.client_ip)
    return sessions.refresh(context(), request.json(RefreshRequest), client(request))


@api.post("/api/auth/logout")
def post_logout(request: Request) -> Any:
    principal = caller(request)
    body = request.json(LogoutRequest) if request.body else LogoutRequest()
    return sessions.logout(context(), body, principal, client(request))


@api.get("/api/auth/profile")
def get_profile(request: Request) -> Any:
    return profile.read(context(), caller(request))


@api.put("/api/auth/profile")
def put_profile(request: Request) -> Any:
    return profile.update(context(), caller(request), request.json(ProfileUpdate), client(request))


@api.get("/api/auth/sessions")
def get_sessions(request: Request) -> Listed:
    found = sessions.devices(context(), caller(request))
    return Listed(found, Pagination(limit=len(found), offset=0, total=len(found)))


@api.delete("/api/auth/sessions/<session_id>")
def delete_session(request: Request, session_id: str) -> Reply:
    sessions.end_one(context(), caller(request), request.uuid(session_id), client(request))
    return Reply(status=204)
