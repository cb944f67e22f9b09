"""Accounts and sessions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from functions.auth import cookies, login, models, profile, registration, sessions
from functions.auth.account_models import EndedSessions, MailWord, Preferences
from functions.auth.app import VERIFY, context
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
from functions.auth.routes.shared import NEW_PASSWORD, OF_A_PAGE, OPEN_BODY
from mycrypto import permissions
from mycrypto.errors import ProblemError
from mycrypto.http.operation import BODY_ERRORS, Operation, Parameter, RateLimit
from mycrypto.http.request import Reply, Request

REGISTER: Final = RateLimit(name="register", setting="registrations_per_hour", seconds=3600, per="address")
LOGIN: Final = RateLimit(name="login", setting="logins_per_five_minutes", seconds=300, per="address")


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
        context().meter.write({name: 1, **{metric: figures[figure] for figure, metric in more.items()}}, status=status)


@Operation(
    method="post",
    path="/api/auth/register",
    name="register",
    summary="Open an account; a mail asks for confirmation",
    tag="accounts",
    answer=models.Registered,
    status=201,
    body=models.RegisterRequest,
    parameters=(Parameter("X-Recaptcha-Token", "string", "Instead of the body's recaptcha_token", place="header"),),
    errors=(*OPEN_BODY, "RECAPTCHA_FAILED", "EMAIL_ALREADY_EXISTS"),
    rules={
        "email": "is an address that mail can be sent to",
        "password": NEW_PASSWORD["new_password"],
        "terms_accepted": "is true",
        "kvkk_consent_accepted": "is true",
    },
    permission=permissions.OPEN,
    limit=REGISTER,
)
def post_register(request: Request) -> Reply:
    with counted("auth_registration_total", duration="auth_registration_duration_seconds", failures="auth_registration_failures"):
        body = request.json(RegisterRequest)
        done = registration.register(context(), body, request.client, request.header("x-recaptcha-token") or "")
    return Reply(done, status=201)


@Operation(
    method="post",
    path="/api/auth/verify-email",
    name="verifyEmail",
    summary="Confirm the e-mail address with the mailed token",
    tag="accounts",
    answer=models.Verified,
    body=models.VerifyEmailRequest,
    errors=(*OPEN_BODY, "VERIFICATION_TOKEN_INVALID"),
    permission=permissions.OPEN,
    limit=VERIFY,
)
def post_verify_email(request: Request) -> Any:
    with counted("auth_email_verification_total"):
        return registration.verify_email(context(), request.json(VerifyEmailRequest), request.client)


@Operation(
    method="post",
    path="/api/auth/resend-verification",
    name="resendVerification",
    summary="Send the mail again; the answer does not tell whether there is such an account",
    tag="accounts",
    answer=models.Message,
    body=models.EmailRequest,
    errors=OPEN_BODY,
    permission=permissions.OPEN,
    limit=VERIFY,
)
def post_resend(request: Request) -> Any:
    return registration.resend(context(), request.json(EmailRequest), request.client)


@Operation(
    method="post",
    path="/api/auth/login",
    name="login",
    summary="Log in; where the second factor is on, the answer is a challenge",
    tag="sessions",
    answer=(models.TokenPair, models.PageSession, models.SecondFactorNeeded),
    body=models.LoginRequest,
    parameters=(OF_A_PAGE,),
    errors=(*OPEN_BODY, "AUTH_001", "AUTH_002", "ACCOUNT_SUSPENDED", "FORBIDDEN"),
    permission=permissions.OPEN,
    limit=LOGIN,
)
def post_login(request: Request) -> Any:
    body = request.json(LoginRequest)
    cookies.require_page(request, body.session)
    return cookies.answered(login.login(context(), body, request.client, device_token=cookies.device_token(request, body)), body.session)


@Operation(
    method="post",
    path="/api/auth/refresh",
    name="refresh",
    summary="A new pair of tokens for a refresh token; one that was used counts for twenty seconds more, then it ends the session",
    tag="sessions",
    answer=(models.TokenPair, models.PageSession),
    body=models.RefreshRequest,
    parameters=(OF_A_PAGE,),
    errors=(*OPEN_BODY, "INVALID_TOKEN", "ACCOUNT_SUSPENDED", "FORBIDDEN"),
    rules={"refresh_token": "is required unless it is in the cookie"},
    permission=permissions.OPEN,
)
def post_refresh(request: Request) -> Any:
    body = cookies.completed(request, request.json(RefreshRequest))
    try:
        claims = sessions.claims_of(context(), body)
    except ProblemError:
        request.admit(context().take(context().settings.bad_refresh_limit, request.client_ip))
        raise
    request.admit(context().take(context().settings.refresh_limit, str(claims.sid)))
    return cookies.answered(sessions.refresh(context(), body, claims, request.client), body.session)


@Operation(
    method="post",
    path="/api/auth/logout",
    name="logout",
    summary="End this session, or all",
    tag="sessions",
    answer=models.Message,
    body=models.LogoutRequest,
    body_required=False,
    errors=BODY_ERRORS,
    permission=permissions.SIGNED_IN,
)
def post_logout(request: Request) -> Any:
    principal = request.caller
    body = request.json(LogoutRequest) if request.body else LogoutRequest()
    done = sessions.logout(context(), body, principal, request.client)
    return Reply(done, headers=cookies.CLEARED if cookies.is_page(request) else {})


@Operation(
    method="get",
    path="/api/auth/profile",
    name="getProfile",
    summary="The own account",
    tag="accounts",
    answer=models.Profile,
    errors=(),
    permission=permissions.SIGNED_IN,
)
def get_profile(request: Request) -> Any:
    return profile.read(context(), request.caller)


@Operation(
    method="put",
    path="/api/auth/profile",
    name="updateProfile",
    summary="Change the phone number",
    tag="accounts",
    answer=models.Profile,
    body=models.ProfileUpdate,
    errors=(*BODY_ERRORS, "AUTH_001"),
    rules={"phone": "is a Turkish mobile number, or null"},
    permission=permissions.SIGNED_IN,
)
def put_profile(request: Request) -> Any:
    return profile.update(context(), request.caller, request.json(ProfileUpdate), request.client)


@Operation(
    method="patch",
    path="/api/auth/profile/preferences",
    name="setPreferences",
    summary="Choose the language of the mails and the time zone",
    tag="accounts",
    answer=models.Profile,
    body=Preferences,
    errors=BODY_ERRORS,
    rules={"time_zone": "is a name of the IANA time zone database, such as Europe/Istanbul"},
    permission=permissions.SIGNED_IN,
)
def patch_preferences(request: Request) -> Any:
    return profile.prefer(context(), request.caller, request.json(Preferences), request.client)


@Operation(
    method="put",
    path="/api/auth/profile/anti-phishing-word",
    name="setAntiPhishingWord",
    summary="Choose the word that every mail to this account repeats",
    tag="accounts",
    answer=models.Profile,
    body=MailWord,
    errors=(*BODY_ERRORS, "AUTH_001"),
    rules={"word": "has 4 to 20 letters, digits and spaces, or is null"},
    permission=permissions.SIGNED_IN,
)
def put_mail_word(request: Request) -> Any:
    return profile.set_mail_word(context(), request.caller, request.json(MailWord), request.client)


@Operation(
    method="get",
    path="/api/auth/sessions",
    name="listSessions",
    summary="Own live sessions",
    tag="sessions",
    answer=models.Listed[models.Session],
    errors=(),
    permission=permissions.SIGNED_IN,
)
def get_sessions(request: Request) -> Listed[Session]:
    found = sessions.devices(context(), request.caller)
    return Listed(found, Pagination(limit=len(found), offset=0, total=len(found)))


@Operation(
    method="delete",
    path="/api/auth/sessions/{session_id}",
    name="endSession",
    summary="End one of the own sessions",
    tag="sessions",
    status=204,
    errors=("NOT_FOUND",),
    permission=permissions.SIGNED_IN,
)
def delete_session(request: Request, session_id: str) -> Reply:
    sessions.end_one(context(), request.caller, request.uuid(session_id), request.client)
    return Reply(status=204)


@Operation(
    method="delete",
    path="/api/auth/sessions",
    name="endOtherSessions",
    summary="End all of the own sessions but this one",
    tag="sessions",
    answer=EndedSessions,
    errors=(),
    permission=permissions.SIGNED_IN,
)
def delete_sessions(request: Request) -> EndedSessions:
    return sessions.end_others(context(), request.caller, request.client)
