"""The end of an account, asked for by its owner (KVKK, article 7).

What the law wants kept is kept under a pseudonym: the books, the audit log, and the proof of identity with its pictures (law 5549 asks for eight
years of records). Who the pseudonym was is sealed in ``closed_accounts`` until then, for the authorities; an administrator who opens it is recorded.
Everything else goes. The address is free again, and the person may open a new account.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec
from psycopg import Connection

from functions.auth import api_keys, confirmation, sessions
from functions.auth.account_models import ClosedIdentity
from functions.auth.context import Context
from functions.auth.models import Message
from functions.auth.store import closures as store
from functions.auth.store import users
from functions.auth.store.users import User
from mycrypto import mail
from mycrypto.audit import ActorType, AuditRecord
from mycrypto.errors import FieldError, ProblemError
from mycrypto.http.request import Client, Principal
from mycrypto.mail import CLOSED_DOMAIN, MailKind
from mycrypto.security.passwords import hash_password
from mycrypto.security.tokens import Role

KEPT: Final = timedelta(days=8 * 365 + 2)
PURPOSE: Final = "closed-account"
DONE_TEXT: Final = "Hesabınız kapatıldı."


def close(context: Context, caller: Principal, password: str, client: Client, *, fresh: bool) -> Message:
    """Raises AUTH_001, AUTH_003, FORBIDDEN for staff, and ACCOUNT_NOT_EMPTY with every reason while money is left or under way."""
    confirmation.require_fresh(users.by_id(context.db.connection(), caller.user_id), fresh=fresh)
    confirmed = confirmation.by_password(context, caller, password, client)
    with context.db.transaction() as connection:
        user = confirmed.lock_user(connection, caller)
        confirmation.require_fresh(user, fresh=fresh)
        _require_possible(connection, user)
        _close(context, connection, user, client)
    context.flush()
    return Message(DONE_TEXT)


def _require_possible(connection: Connection, user: User) -> None:
    if user.role_set != (Role.USER,):
        raise ProblemError("FORBIDDEN", "an account of staff is closed when an administrator has taken its roles away")
    left = store.obstacles(connection, user.id)
    if left:
        reasons = [FieldError(each.kind, f"{each.amount} {each.currency}") for each in left]
        raise ProblemError("ACCOUNT_NOT_EMPTY", "; ".join(f"{each.field} {each.message}" for each in reasons), errors=reasons)


def _close(context: Context, connection: Connection, user: User, client: Client) -> None:
    now = context.now()
    identity = ClosedIdentity(user.email, user.phone, user.created_at, now, store.names(connection, user.id))
    mail.add(connection, MailKind.ACCOUNT_CLOSED, to=user.email, user_id=user.id, trace_id=client.trace_id, ip_address=client.ip)
    api_keys.revoke_all(context, connection, user, client, now)
    sessions.end_all(context, connection, user.id, "USER", now)
    store.close(
        connection,
        user.id,
        pseudonym=f"{user.id}@{CLOSED_DOMAIN}",
        password_hash=hash_password(secrets.token_hex(32)),
        identity_sealed=context.sealer(PURPOSE).seal(msgspec.json.encode(identity).decode(), str(user.id)),
        now=now,
        keep_until=now + KEPT,
    )
    context.record(connection, AuditRecord("account.closed", user_id=user.id, actor_id=user.id), client)


def identity_of(context: Context, caller: Principal, user_id: UUID, client: Client) -> ClosedIdentity:
    """Whose account it was; that it was looked at is recorded. Raises NOT_FOUND."""
    with context.db.transaction() as connection:
        sealed = store.sealed_identity(connection, user_id)
        if sealed is None:
            raise ProblemError("NOT_FOUND", "there is no closed account with this id")
        record = AuditRecord(
            "account.closed_viewed", user_id=user_id, actor_id=caller.user_id, actor_type=ActorType.STAFF, resource=f"user:{user_id}"
        )
        context.record(connection, record, client)
    context.flush()
    return msgspec.json.decode(context.sealer(PURPOSE).open(sealed, str(user_id)), type=ClosedIdentity)
