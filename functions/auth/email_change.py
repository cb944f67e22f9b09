"""A new e-mail address: asked for with the password (and the second factor), and in force when the old and the new address have both agreed.

The old address agrees so that who has taken over a session cannot take the account with it; the new one agrees so that the mails arrive. From then on
nothing is withdrawn for a day (a trigger of the table holds it), every session ends, and reset links that went to the old address are worth nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from psycopg import Connection

from functions.auth import api_keys, confirmation, rules, sessions
from functions.auth.account_models import EmailChangeAsked, EmailChangeConfirmed, EmailChangeRequest
from functions.auth.context import Context, subject_of
from functions.auth.store import email_changes as store
from functions.auth.store import reset_tokens, users
from functions.auth.store.email_changes import EmailChange
from functions.auth.store.users import User
from mycrypto import mail
from mycrypto.audit import AuditRecord
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.request import Client, Principal
from mycrypto.mail import MailKind
from mycrypto.security import onetime

LIFE: Final = timedelta(hours=24)
ASKED_TEXT: Final = "Eski ve yeni e-posta adresinize birer onay bağlantısı gönderdik. Değişiklik ikisi de onaylanınca geçerli olur."


def ask(context: Context, caller: Principal, request: EmailChangeRequest, client: Client, *, fresh: bool) -> EmailChangeAsked:
    """Mail both addresses. The answer and the rows are the same where the new address has an account: its mail then goes nowhere.

    Raises VALIDATION_ERROR, AUTH_001, AUTH_003, RATE_LIMIT_EXCEEDED.
    """
    new_email = rules.normal_email(request.new_email)
    if words := rules.email_problem(new_email):
        raise invalid("new_email", words)
    known = users.by_id(context.db.connection(), caller.user_id)
    confirmation.require_fresh(known, fresh=fresh)
    if known is not None and known.email == new_email:
        raise invalid("new_email", "is the address of the account already")
    confirmed = confirmation.by_password(context, caller, request.password, client)
    for subject in (str(caller.user_id), subject_of(new_email)):
        context.take(context.settings.mail_limit("email-change"), subject).require()
    with context.db.transaction() as connection:
        user = confirmed.lock_user(connection, caller)
        confirmation.require_fresh(user, fresh=fresh)
        now = context.now()
        expires_at = now + LIFE
        _send(context, connection, user, new_email, client, now, expires_at)
    context.flush()
    return EmailChangeAsked(new_email, expires_at, ASKED_TEXT)


def _send(
    context: Context, connection: Connection, user: User, new_email: str, client: Client, now: datetime, expires_at: datetime
) -> None:
    old, new = onetime.new_token(), onetime.new_token()
    store.replace(connection, user.id, new_email, old_token=old.digest, new_token=new.digest, now=now, expires_at=expires_at)
    link = f"{context.settings.public_url}/confirm-email-change#token="
    mail.add(
        connection,
        MailKind.EMAIL_CHANGE_OLD,
        to=user.email,
        user_id=user.id,
        trace_id=client.trace_id,
        link=link + old.text,
        new_email=new_email,
        ip_address=client.ip,
    )
    free = not users.email_exists(connection, new_email)
    mail.add_for(
        connection,
        MailKind.EMAIL_CHANGE_NEW,
        to=new_email,
        user_id=user.id if free else None,
        trace_id=client.trace_id,
        link=link + new.text,
    )
    context.record(connection, AuditRecord("email.change_asked", user_id=user.id, actor_id=user.id), client)


def waiting(context: Context, caller: Principal) -> EmailChange:
    """Raises NOT_FOUND where no change waits."""
    found = store.waiting(context.db.connection(), caller.user_id, context.now())
    if found is None:
        raise ProblemError("NOT_FOUND", "no change of address waits")
    return found


def cancel(context: Context, caller: Principal, client: Client) -> None:
    """Raises NOT_FOUND where no change waits."""
    with context.db.transaction() as connection:
        users.lock_by_id(connection, caller.user_id)
        if not store.forget(connection, caller.user_id):
            raise ProblemError("NOT_FOUND", "no change of address waits")
        context.record(connection, AuditRecord("email.change_cancelled", user_id=caller.user_id, actor_id=caller.user_id), client)
    context.flush()


def confirm(context: Context, token: str, client: Client) -> EmailChangeConfirmed:
    """One of the two addresses agrees; with the second one the change is in force.

    Raises VERIFICATION_TOKEN_INVALID for a token that is unknown, used or expired, and where the new address was taken meanwhile.
    """
    refusal = ProblemError("VERIFICATION_TOKEN_INVALID")
    digest = onetime.digest(token)
    user_id = store.owner_of(context.db.connection(), digest) if onetime.has_form(token) else None
    if user_id is None:
        raise refusal
    try:
        with context.db.transaction() as connection:
            user = users.lock_by_id(connection, user_id)
            now = context.now()
            change = store.agree(connection, user_id, digest, now)
            if user is None or change is None or not user.is_active():
                raise refusal
            done = change.old_confirmed and change.new_confirmed
            if done:
                _put_in_force(context, connection, user, change.new_email, client, now)
            else:
                which = "old" if change.old_confirmed else "new"
                context.record(connection, AuditRecord("email.change_agreed", user_id=user.id, actor_id=user.id, resource=which), client)
    except users.EmailTakenError:
        raise refusal from None
    context.flush()
    return EmailChangeConfirmed(completed=done)


def _put_in_force(context: Context, connection: Connection, user: User, new_email: str, client: Client, now: datetime) -> None:
    users.set_email(connection, user.id, new_email, now)
    store.forget(connection, user.id)
    reset_tokens.forget_unused(connection, user.id)
    context.record(connection, AuditRecord("email.changed", user_id=user.id, actor_id=user.id), client)
    for address in (user.email, new_email):
        mail.add(
            connection,
            MailKind.EMAIL_CHANGED,
            to=address,
            user_id=user.id,
            trace_id=client.trace_id,
            new_email=new_email,
            ip_address=client.ip,
        )
    sessions.end_all(context, connection, user.id, "USER", now)
    api_keys.publish_again(context, connection, user.id, now)
