"""The password once more, for what an access token alone must not do; and what follows from wrong ones."""

from __future__ import annotations

import hashlib

import msgspec
from psycopg import Connection

from functions.auth import rules
from functions.auth.context import Context
from functions.auth.store import users
from functions.auth.store.users import User
from mycrypto.audit import AuditRecord, Result
from mycrypto.errors import ProblemError
from mycrypto.http.request import Client, Principal
from mycrypto.security import guard, passwords
from mycrypto.security.guard import Kind, Try
from mycrypto.security.passwords import Verification

GONE = "the account does not exist any more"


def mark_of(user: User) -> str:
    """Says which password something was begun with, and nothing about it: what carries another mark is worth nothing."""
    return hashlib.sha256(f"mark {user.password_hash}".encode()).hexdigest()[:32]


class Confirmed(msgspec.Struct, frozen=True):
    """The password was right a moment ago."""

    mark: str

    def lock_user(self, connection: Connection, caller: Principal) -> User:
        """The caller's row, held. Raises AUTH_001 if the password has been changed meanwhile, UNAUTHORIZED if the account is gone."""
        user = users.lock_by_id(connection, caller.user_id)
        if user is None:
            raise ProblemError("UNAUTHORIZED", GONE)
        if mark_of(user) != self.mark:
            raise ProblemError("AUTH_001")
        return user


def verify(user: User | None, password: str) -> Verification:
    """Compare with the user's hash. The work is the same without a user, and for a password that is too long to be right."""
    if len(password) > rules.PASSWORD_LENGTH_MAX:
        password = password[: rules.PASSWORD_LENGTH_MAX] + "\N{REPLACEMENT CHARACTER}"
    if user is None:
        passwords.waste_time(password)
        return Verification(matches=False)
    return passwords.verify_password(user.password_hash, password)


def by_password(context: Context, caller: Principal, password: str, client: Client) -> Confirmed:
    """Raises AUTH_001 for a wrong password, and for a right one while the session's guard is shut; UNAUTHORIZED if the account is gone.

    Call it outside of a transaction, when everything that needs no secret has been checked.
    """
    tried = guard.admit(context.db, Kind.SESSION, str(caller.sid), context.now())
    user = users.by_id(context.db.connection(), caller.user_id)
    right = verify(user, password).matches and tried.admitted
    if user is None:
        raise ProblemError("UNAUTHORIZED", GONE)
    with context.db.transaction() as connection:
        if right:
            guard.clear(connection, tried.kind, tried.subject)
        else:
            context.record(connection, AuditRecord("password.not_confirmed", Result.FAILURE, user.id, user.id), client)
            tell_of_lock(context, connection, user, tried, user.email, client)
    if not right:
        context.flush()
        raise ProblemError("AUTH_001")
    return Confirmed(mark_of(user))


def require_fresh(user: User | None, *, fresh: bool) -> None:
    """Raises AUTH_003 if the second factor is on and was not shown in the last five minutes, UNAUTHORIZED if the account is gone."""
    if user is None:
        raise ProblemError("UNAUTHORIZED", GONE)
    if user.two_fa_enabled and not fresh:
        raise ProblemError("AUTH_003", "show the second factor first (POST /api/auth/2fa/verify)")


def tell_of_lock(context: Context, connection: Connection, user: User | None, tried: Try, email: str, client: Client) -> None:
    """If this wrong try has shut the guard for the longest time, record it and tell the owner by mail. Without a user the same rows are written and
    dropped later.
    """
    if not tried.final or tried.shuts_until is None:
        return
    until = tried.shuts_until.isoformat(timespec="seconds")
    user_id = user.id if user else None
    action = "second_factor.locked" if tried.kind is Kind.SECOND_FACTOR else "account.locked"
    context.record(
        connection, AuditRecord(action, Result.FAILURE, user_id, user_id, resource=tried.kind.value, reason=f"until {until}"), client
    )
    guard.tell(connection, tried, to=email, user_id=user_id, trace_id=client.trace_id, ip=client.ip)
