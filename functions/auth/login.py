"""Logging in with a password; the second factor, where there is one, comes after."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg import Connection

from functions.auth import challenges, confirmation, rules, sessions, trusted_devices
from functions.auth.context import Context, subject_of
from functions.auth.models import LoginRequest, SecondFactorNeeded, TokenPair
from functions.auth.rules import LoginOutcome
from functions.auth.store import users
from functions.auth.store.users import User
from mycrypto.audit import AuditRecord, Result
from mycrypto.errors import ProblemError
from mycrypto.http.request import Client
from mycrypto.security import guard, passwords
from mycrypto.security.guard import Kind, Try

REFUSALS = {
    LoginOutcome.WRONG: "AUTH_001",
    LoginOutcome.SUSPENDED: "ACCOUNT_SUSPENDED",
    LoginOutcome.UNVERIFIED: "AUTH_002",
}


def login(context: Context, request: LoginRequest, client: Client, *, device_token: str = "") -> TokenPair | SecondFactorNeeded:
    """Tokens, or a challenge for the second factor, which a trusted device skips.

    Raises AUTH_001 for an unknown user, a wrong password and a right one while the guard is shut, after the same work; ACCOUNT_SUSPENDED and
    AUTH_002 only to who knows the password.
    """
    email = rules.normal_email(request.email)
    tried = guard.admit(context.db, Kind.LOGIN, subject_of(email), context.now())
    known = users.by_email(context.db.connection(), email)
    check = confirmation.verify(known, request.password)
    issued = None
    with context.db.transaction() as connection:
        user = users.lock_by_id(connection, known.id if known else users.NO_USER_ID)
        # the time is read under the row's lock, so that a password that was changed meanwhile cuts off what is issued here
        now = context.now()
        is_same = user is not None and known is not None and user.password_hash == known.password_hash
        outcome = _judge(user, right=check.matches and is_same and tried.admitted)
        if user is None or outcome is LoginOutcome.WRONG:
            _write_failure(context, connection, user, tried, email, client)
        else:
            guard.clear(connection, tried.kind, tried.subject)
            device_id = None
            if outcome is LoginOutcome.SECOND_FACTOR:
                device_id = trusted_devices.recognise(connection, user, device_token, now)
                outcome = LoginOutcome.OPEN if device_id else outcome
            if outcome is LoginOutcome.OPEN:
                if check.outdated:
                    users.set_password_hash(connection, user.id, passwords.hash_password(request.password))
                issued = open_session(context, connection, user, client, now, device_id)
            elif outcome is not LoginOutcome.SECOND_FACTOR:
                record = AuditRecord("login.refused", Result.FAILURE, user.id, user.id, reason=outcome.value)
                context.record(connection, record, client)
    context.meter.count("auth_login_total", outcome=outcome.value)
    context.flush()
    if issued is not None:
        sessions.remember(context, issued.session)
        return issued.pair
    if outcome is LoginOutcome.SECOND_FACTOR and user is not None:
        return challenges.open_challenge(context, user)
    context.meter.count("auth_login_failures", reason=outcome.value)
    raise ProblemError(REFUSALS[outcome])


def _judge(user: User | None, *, right: bool) -> LoginOutcome:
    if user is None:
        return LoginOutcome.WRONG
    return rules.judge_login(
        password_right=right, status=user.account_status, email_verified=user.email_verified, second_factor=user.two_fa_enabled
    )


def _write_failure(context: Context, connection: Connection, user: User | None, tried: Try, email: str, client: Client) -> None:
    """The same rows whether or not there is such an account, the mail about the lock included."""
    user_id = user.id if user else None
    context.record(connection, AuditRecord("login.failed", Result.FAILURE, user_id, user_id), client)
    confirmation.tell_of_lock(context, connection, user, tried, email, client)


def open_session(
    context: Context, connection: Connection, user: User, client: Client, now: datetime, device_id: UUID | None = None
) -> sessions.Issued:
    """Everything was right: a session begins. ``device_id``: the trusted device that took the place of a code."""
    users.record_login(connection, user.id, client.ip, now)
    context.record(
        connection,
        AuditRecord("login.succeeded", user_id=user.id, actor_id=user.id, resource=f"device:{device_id}" if device_id else ""),
        client,
    )
    return sessions.issue(context, connection, user, client, now=now)
