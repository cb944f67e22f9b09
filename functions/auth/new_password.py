"""New passwords: for who forgot theirs, by a mailed link that is good for one hour and one use; and for who knows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from psycopg import Connection

from functions.auth import api_keys, common_passwords, confirmation, rules, sessions
from functions.auth.context import Context, subject_of
from functions.auth.models import Message, PasswordChange, PasswordResetConfirm
from functions.auth.store import email_changes, reset_tokens, users
from functions.auth.store.users import User
from mycrypto import mail
from mycrypto.audit import AuditRecord
from mycrypto.errors import FieldError, ProblemError, invalid
from mycrypto.http.request import Client, Principal
from mycrypto.mail import MailKind
from mycrypto.security import guard, onetime, withdrawal_hold
from mycrypto.security.passwords import hash_password
from mycrypto.security.withdrawal_hold import HoldReason

TOKEN_LIFE: Final = timedelta(hours=1)
ASKED_TEXT: Final = "Bu adrese ait bir hesap varsa, şifre sıfırlama bağlantısı gönderildi."
_ACTIONS: Final = {HoldReason.PASSWORD_RESET: "password.reset", HoldReason.PASSWORD_CHANGED: "password.changed"}
DONE_TEXT: Final = "Şifreniz değiştirildi. Yeni şifrenizle giriş yapabilirsiniz."


def ask(context: Context, email: str, client: Client) -> Message:
    """Always the same answer, also over the limit and after a failure: it must not tell whether the address is registered."""
    address = rules.normal_email(email)
    try:
        by_mail = context.take(context.settings.mail_limit("password-reset"), subject_of(address))
        by_ip = context.take(context.settings.reset_limit, client.ip)
        if by_mail.allowed and by_ip.allowed:
            _send(context, address, client)
    except Exception:
        context.logger.exception("a password reset was not sent")
    return Message(ASKED_TEXT)


def _send(context: Context, email: str, client: Client) -> None:
    token = onetime.new_token()
    with context.db.transaction() as connection:
        # the same statements and rows with and without an account; without one the token belongs to no user and the mail is not sent
        user = users.lock_by_email(connection, email)
        user_id = user.id if user else None
        expires_at = context.now() + TOKEN_LIFE
        reset_tokens.replace(connection, user_id, token.digest, expires_at=expires_at, ip=client.ip, user_agent=client.user_agent)
        link = f"{context.settings.public_url}/reset-password#token={token.text}"
        mail.add_for(connection, MailKind.PASSWORD_RESET, to=email, user_id=user_id, trace_id=client.trace_id, link=link)
        context.record(connection, AuditRecord("password.reset_asked", user_id=user_id, actor_id=user_id), client)
    context.flush()


def confirm(context: Context, request: PasswordResetConfirm, client: Client) -> Message:
    """Set the new password; every session ends and a lock is lifted.

    Raises VALIDATION_ERROR for the password, RESET_TOKEN_INVALID for a token that is unknown, used or expired.
    """
    _require_acceptable(request.new_password, request.confirm_password)
    if not onetime.has_form(request.token):
        raise ProblemError("RESET_TOKEN_INVALID")
    with context.db.transaction() as connection:
        user_id = reset_tokens.spend(connection, onetime.digest(request.token), context.now())
        user = users.lock_by_id(connection, user_id) if user_id else None
        if user is None:
            raise ProblemError("RESET_TOKEN_INVALID")
        guard.clear(connection, guard.Kind.LOGIN, subject_of(user.email))
        _set(context, connection, user, request.new_password, HoldReason.PASSWORD_RESET, client)
    context.flush()
    return Message(DONE_TEXT)


def change(context: Context, caller: Principal, request: PasswordChange, client: Client, *, fresh: bool) -> Message:
    """A new password for who knows the old one; every session ends, this one too.

    Raises VALIDATION_ERROR, AUTH_001 for a wrong current password, and AUTH_003 if the second factor is on and was not shown in the last
    five minutes.
    """
    _require_acceptable(request.new_password, request.confirm_password)
    confirmation.require_fresh(users.by_id(context.db.connection(), caller.user_id), fresh=fresh)
    confirmed = confirmation.by_password(context, caller, request.current_password, client)
    with context.db.transaction() as connection:
        user = confirmed.lock_user(connection, caller)
        confirmation.require_fresh(user, fresh=fresh)
        _set(context, connection, user, request.new_password, HoldReason.PASSWORD_CHANGED, client)
    context.flush()
    return Message(DONE_TEXT)


def _require_acceptable(password: str, again: str) -> None:
    problems = []
    if words := rules.password_problem(password):
        problems.append(FieldError("new_password", words))
    if again != password:
        problems.append(FieldError("confirm_password", "must be the same as new_password"))
    if problems:
        raise ProblemError("VALIDATION_ERROR", "; ".join(f"{item.field} {item.message}" for item in problems), errors=problems)


def _set(context: Context, connection: Connection, user: User, password: str, why: HoldReason, client: Client) -> None:
    """Raises VALIDATION_ERROR for one of the passwords that are guessed first; the transaction, and what it has spent, is then undone."""
    if words := common_passwords.problem(password, user.email):
        raise invalid("new_password", words)
    now = context.now()  # under the row's lock: whatever was issued before is cut off
    users.set_password_hash(connection, user.id, hash_password(password))
    withdrawal_hold.start(connection, user.id, why, now)
    context.record(connection, AuditRecord(_ACTIONS[why], user_id=user.id, actor_id=user.id), client)
    mail.add(
        connection,
        MailKind.PASSWORD_RESET_SUCCESS,
        to=user.email,
        user_id=user.id,
        trace_id=client.trace_id,
        ip_address=client.ip,
    )
    email_changes.forget(connection, user.id)
    api_keys.suspend_all(context, connection, user, client, now)
    sessions.end_all(context, connection, user.id, "PASSWORD", now)
