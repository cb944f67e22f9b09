"""Logging in with a password; the second factor, where there is one, comes after."""

from __future__ import annotations

from datetime import datetime

from psycopg import Connection

from functions.auth import challenges, rules, sessions
from functions.auth.context import Client, Context, subject_of
from functions.auth.models import LoginRequest, SecondFactorNeeded, TokenPair
from functions.auth.rules import LockState, LoginOutcome
from functions.auth.store import users
from functions.auth.store.users import User
from mycrypto import mail
from mycrypto.audit import AuditRecord, Result
from mycrypto.errors import ProblemError
from mycrypto.mail import MailKind
from mycrypto.security import passwords
from mycrypto.security.passwords import Verification

REFUSALS = {
    LoginOutcome.WRONG: "AUTH_001",
    LoginOutcome.LOCKED: "ACCOUNT_LOCKED",
    LoginOutcome.SUSPENDED: "ACCOUNT_SUSPENDED",
    LoginOutcome.UNVERIFIED: "AUTH_002",
}


def login(context: Context, request: LoginRequest, client: Client) -> TokenPair | SecondFactorNeeded:
    """Tokens, or a challenge for the second factor.

    Raises AUTH_001 for an unknown user and a wrong password alike, after the same work; ACCOUNT_LOCKED, ACCOUNT_SUSPENDED and AUTH_002
    only to who knows the password; RATE_LIMIT_EXCEEDED to who keeps guessing.
    """
    email = rules.normal_email(request.email)
    known = users.by_email(context.db.connection(), email)
    check = _verify(known, request.password)
    if not check.matches:
        context.take(context.settings.login_failure_limit, subject_of(email)).require()
    now = context.now()
    issued = None
    with context.db.transaction() as connection:
        # judged again under the row's lock: guesses that run side by side are counted one by one
        user = users.lock_by_id(connection, known.id) if known else None
        if user is None or user.password_hash != (known.password_hash if known else ""):
            check = Verification(matches=False)
        outcome = _judge(user, check, now)
        if outcome is LoginOutcome.WRONG:
            _count_failure(context, connection, user, client, now)
        elif user is not None and outcome is LoginOutcome.OPEN:
            if check.outdated:
                users.set_password_hash(connection, user.id, passwords.hash_password(request.password))
            issued = open_session(context, connection, user, client, now)
        elif user is not None and outcome is LoginOutcome.SECOND_FACTOR:
            users.set_lock_state(connection, user.id, LockState(0, None))  # the password was right
        elif user is not None:
            record = AuditRecord("login.refused", Result.FAILURE, user.id, user.id, reason=outcome.value)
            context.record(connection, record, client)
    context.meter.count("auth_login_total", outcome=outcome.value)
    context.flush()
    if issued is not None:
        context.forget(context.settings.login_failure_limit, subject_of(email))
        sessions.remember(context, issued.session)
        return issued.pair
    if outcome is LoginOutcome.SECOND_FACTOR and known is not None:
        context.forget(context.settings.login_failure_limit, subject_of(email))
        return challenges.open_challenge(context, known.id)
    context.meter.count("auth_login_failures", reason=outcome.value)
    raise ProblemError(REFUSALS[outcome])


def _verify(user: User | None, password: str) -> Verification:
    if len(password) > rules.PASSWORD_LENGTH_MAX:
        password = password[: rules.PASSWORD_LENGTH_MAX] + "\N{REPLACEMENT CHARACTER}"  # cannot match, costs what a real one costs
    if user is None:
        passwords.waste_time(password)
        return Verification(matches=False)
    return passwords.verify_password(user.password_hash, password)


def _judge(user: User | None, check: Verification, now: datetime) -> LoginOutcome:
    if user is None:
        return LoginOutcome.WRONG
    return rules.judge_login(
        password_matches=check.matches,
        lock=user.lock_state,
        status=user.account_status,
        email_verified=user.email_verified,
        second_factor=user.two_fa_enabled,
        now=now,
    )


def _count_failure(context: Context, connection: Connection, user: User | None, client: Client, now: datetime) -> None:
    user_id = user.id if user else None
    context.record(connection, AuditRecord("login.failed", Result.FAILURE, user_id, user_id), client)
    if user is None:
        return
    before, after = user.lock_state, rules.after_failure(user.lock_state, now)
    users.set_lock_state(connection, user.id, after)
    if not before.is_locked(now) and after.is_locked(now):
        _tell_of_lock(context, connection, user, after, client)


def _tell_of_lock(context: Context, connection: Connection, user: User, lock: LockState, client: Client) -> None:
    until = lock.locked_until.isoformat(timespec="seconds") if lock.locked_until else ""
    context.record(connection, AuditRecord("account.locked", Result.FAILURE, user.id, user.id, reason=f"until {until}"), client)
    mail.add(
        connection,
        MailKind.ACCOUNT_LOCKED,
        to=user.email,
        user_id=user.id,
        trace_id=client.trace_id,
        locked_until=until,
        ip_address=client.ip,
    )


def open_session(context: Context, connection: Connection, user: User, client: Client, now: datetime) -> sessions.Issued:
    """Everything was right: the counter starts anew and a session begins."""
    users.record_login(connection, user.id, client.ip, now)
    context.record(connection, AuditRecord("login.succeeded", user_id=user.id, actor_id=user.id), client)
    return sessions.issue(context, connection, user, client, now=now)
