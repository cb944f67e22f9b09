"""Accounts and sessions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from functions.auth import login, profile, registration, sessions
from functions.auth.app import api, caller, client, context, limited, meter
from functions.auth.context import SERVICE
from functions.auth.models import (
    EmailRequest,
    Listed,
    LoginRequest,
    LogoutRequest,
    Pagination,
    ProfileUpdate,
    RefreshRequest,
    RegisterRequest,
    Session,
    VerifyEmailRequest,
)
from mycrypto import health
from mycrypto.errors import ProblemError
from mycrypto.health import Health
from mycrypto.http.request import Reply, Request
from mycrypto.security import keys


@contextmanager
def counted(name: str, **more: str) -> Iterator[None]:
    """Count what the block does by how it ends. ``duration`` and ``failures`` name metrics of how long it takes, and of what went wrong
    though the form was right.
    """
    started = time.perf_counter()
    status = "refused"
    try:
        yield
        status = "success"
    except ProblemError as problem:
        status = "invalid" if problem.kind.code == "VALIDATION_ERROR" else "refused"
        raise
    finally:
        figures = {"duration": round(time.perf_counter() - started, 6), "failures": int(status == "refused")}
        meter.write({name: 1, **{metric: figures[figure] for figure, metric in more.items()}}, status=status)


@api.get("/api/auth/health")
def get_health(_: Request) -> Health:
    return health.alive(SERVICE)


@api.get("/api/auth/health/ready")
def get_ready(_: Request) -> Reply:
    needed: dict[str, Callable[[], object]] = {
        "database": lambda: context().db.connection().execute("SELECT 1 FROM users LIMIT 1"),
        "redis": context().redis.ping,
        "token_keys": lambda: context().keys.signing,
    }
    state = health.readiness(needed, {}, context().part_missing)
    return Reply(state, status=state.http_status)


@api.get("/api/auth/openapi.json")
def get_document(_: Request) -> Reply:
    from functions.auth.openapi import SERVICE

    return Reply(msgspec.Raw(SERVICE.text().encode()), headers={"Cache-Control": "public, max-age=300"})


@api.get("/api/auth/.well-known/jwks.json")
def get_keys(_: Request) -> Reply:
    return Reply(keys.publish(context().keys.public), headers={"Cache-Control": "public, max-age=300"})


@api.post("/api/auth/register")
def post_register(request: Request) -> Reply:
    with counted("auth_registration_total", duration="auth_registration_duration_seconds", failures="auth_registration_failures"):
        limited(request, context().settings.register_limit, request.client_ip)
        body = request.json(RegisterRequest)
        done = registration.register(context(), body, client(request), request.header("x-recaptcha-token") or "")
    return Reply(done, status=201)


@api.post("/api/auth/verify-email")
def post_verify_email(request: Request) -> Any:
    with counted("auth_email_verification_total"):
        limited(request, context().settings.verify_limit, request.client_ip)
        return registration.verify_email(context(), request.json(VerifyEmailRequest), client(request))


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
    body = request.json(RefreshRequest)
    try:
        claims = sessions.claims_of(context(), body)
    except ProblemError:
        limited(request, context().settings.bad_refresh_limit, request.client_ip)
        raise
    limited(request, context().settings.refresh_limit, str(claims.sid))
    return sessions.refresh(context(), body, claims, client(request))


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
def get_sessions(request: Request) -> Listed[Session]:
    found = sessions.devices(context(), caller(request))
    return Listed(found, Pagination(limit=len(found), offset=0, total=len(found)))


@api.delete("/api/auth/sessions/<session_id>")
def delete_session(request: Request, session_id: str) -> Reply:
    sessions.end_one(context(), caller(request), request.uuid(session_id), client(request))
    return Reply(status=204)
