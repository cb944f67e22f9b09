"""Sessions: opened by a log-in, carried on by rotating refresh tokens, ended by their owner, by staff or by a token seen twice."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from psycopg import Connection

from functions.auth import models
from functions.auth.context import Client, Context
from functions.auth.models import LogoutRequest, Message, RefreshRequest, TokenPair, UserSummary
from functions.auth.store import sessions, users
from functions.auth.store.sessions import NewSession, Session
from functions.auth.store.users import User
from mycrypto import mail
from mycrypto.audit import AuditRecord, Result
from mycrypto.errors import ProblemError
from mycrypto.http import Principal
from mycrypto.ids import new_uuid
from mycrypto.mail import MailKind
from mycrypto.security import revocation, tokens
from mycrypto.security.tokens import ACCESS_LIFE_S, REFRESH_LIFE_S

LOGGED_OUT_TEXT: Final = "Oturumunuz kapatıldı."


class Issued(msgspec.Struct, frozen=True):
    """A pair on its way to the client, and the session it belongs to; copied to Redis only after the commit."""

    pair: TokenPair
    session: NewSession


def issue(context: Context, connection: Connection, user: User, client: Client, *, now: datetime, family: Session | None = None) -> Issued:
    """Sign a pair and write its row: the next one of ``family``, or the first of a new family."""
    family_id = family.family_id if family else new_uuid()
    now_ms = context.milliseconds(now)
    key = context.keys.signing
    access = tokens.sign_access(key, user.identity, session_id=family_id, now_ms=now_ms)
    refresh = tokens.sign_refresh(key, user.identity, session_id=family_id, now_ms=now_ms)
    session = NewSession(
        id=refresh.claims.jti,
        user_id=user.id,
        family_id=family_id,
        refresh_token_hash=tokens.fingerprint(refresh.text),
        expires_at=now + timedelta(seconds=REFRESH_LIFE_S),
        ip_address=client.ip,
        user_agent=client.user_agent,
        signed_in_at=family.signed_in_at if family else now,
        created_at=now,
    )
    if family:
        sessions.rotate(connection, family.id, session.id, now)
    sessions.insert(connection, session)
    context.meter.count("auth_jwt_tokens_issued", 2)
    summary = UserSummary(user.id, user.email, user.email_verified)
    return Issued(TokenPair(access.text, refresh.text, ACCESS_LIFE_S, summary), session)


def remember(context: Context, session: NewSession) -> None:
    """The session's copy in Redis, ``session:{id}``."""
    copy = {
        "user_id": str(session.user_id),
        "ip_address": session.ip_address,
        "created_at": session.signed_in_at.isoformat(),
        "last_activity": session.created_at.isoformat(),
    }
    context.tolerate(lambda: context.redis.set(_key(session.family_id), json.dumps(copy), ex=REFRESH_LIFE_S))


def _key(family_id: UUID) -> str:
    return f"session:{family_id}"


def refresh(context: Context, request: RefreshRequest, client: Client) -> TokenPair:
    """A new pair for a refresh token that was never used. One that was used ends its whole family: somebody else has it too.

    Raises INVALID_TOKEN, ACCOUNT_SUSPENDED.
    """
    now = context.now()
    claims = tokens.verify_refresh(request.refresh_token, context.keys.public, now_s=int(now.timestamp()))
    issued: Issued | None = None
    refusal = tokens.invalid_token("the session is not known")
    with context.db.transaction() as connection:
        session = sessions.lock_by_token(connection, tokens.fingerprint(request.refresh_token))
        user = users.by_id(connection, claims.sub) if session else None
        if session is None or user is None:
            pass
        elif session.revoked_reason == "ROTATED":
            _end_stolen(context, connection, session, user, client, now)
            refusal = tokens.invalid_token("the token was used before; the session has been ended")
        elif session.is_revoked or session.expires_at <= now:
            refusal = tokens.invalid_token("the session has ended")
        elif not user.is_active():
            refusal = ProblemError("ACCOUNT_SUSPENDED")
        else:
            issued = issue(context, connection, user, client, now=now, family=session)
            context.record(connection, AuditRecord("token.refreshed", user_id=user.id, actor_id=user.id), client)
    context.flush()
    if issued is None:
        raise refusal
    remember(context, issued.session)
    return issued.pair


def _end_stolen(context: Context, connection: Connection, session: Session, user: User, client: Client, now: datetime) -> None:
    if not sessions.revoke_family(connection, session.user_id, session.family_id, "REUSE", now):
        return  # ended before: said once is enough
    # PostgreSQL refuses the family from now on; without Redis its last access token lives for minutes, which must not undo this
    context.tolerate(lambda: _mark_ended(context, session.family_id, now))
    record = AuditRecord("token.reuse_detected", Result.FAILURE, user.id, user.id, resource=f"session:{session.family_id}")
    context.record(connection, record, client)
    mail.add(connection, MailKind.SESSION_REUSE, to=user.email, user_id=user.id, trace_id=client.trace_id, ip_address=client.ip)


def _mark_ended(context: Context, family_id: UUID, now: datetime) -> None:
    """Refuse the family's access tokens from now on. Raises redis.RedisError."""
    revocation.revoke_session(context.redis, family_id, now_ms=context.milliseconds(now))
    context.redis.delete(_key(family_id))


def logout(context: Context, request: LogoutRequest, caller: Principal, client: Client) -> Message:
    """End this session, or all of the user's. Safe to repeat; raises redis.RedisError, with nothing done, if nobody could be told."""
    now = context.now()
    with context.db.transaction() as connection:
        action = "logout.all" if request.all_devices else "logout"
        context.record(
            connection, AuditRecord(action, user_id=caller.user_id, actor_id=caller.user_id, reason=request.device_info[:200]), client
        )
        if request.all_devices:
            end_all(context, connection, caller.user_id, "LOGOUT", now)
        else:
            sessions.revoke_family(connection, caller.user_id, caller.sid, "LOGOUT", now)
            _mark_ended(context, caller.sid, now)
        expires_s = caller.expires_s or int(now.timestamp()) + ACCESS_LIFE_S
        revocation.revoke_token(context.redis, caller.jti, now_ms=context.milliseconds(now), expires_s=expires_s)
    context.flush()
    return Message(LOGGED_OUT_TEXT)


def end_all(context: Context, connection: Connection, user_id: UUID, reason: str, now: datetime) -> None:
    """In a transaction that changes what a user may do: every session ends, every token from before ``now`` is refused.

    Verifiers are told before the commit: should it fail, somebody logs in once more; the other way round an old token would live on.
    Raises redis.RedisError, which undoes the transaction.
    """
    users.cut_off_tokens(connection, user_id, now)
    families = sessions.revoke_all(connection, user_id, reason, now)
    revocation.revoke_user(context.redis, user_id, now_ms=context.milliseconds(now))
    if families:
        context.redis.delete(*(_key(family) for family in families))


def end_access(context: Context, user_id: UUID, now: datetime) -> None:
    """Access tokens from before ``now`` are refused, so that a refresh fetches what changed; sessions go on. Raises redis.RedisError."""
    revocation.revoke_user(context.redis, user_id, now_ms=context.milliseconds(now))


def devices(context: Context, caller: Principal) -> list[models.Session]:
    """The caller's live sessions."""
    found = sessions.live(context.db.connection(), caller.user_id, context.now())
    return [models.Session(**msgspec.structs.asdict(device), current=device.id == caller.sid) for device in found]


def end_one(context: Context, caller: Principal, family_id: UUID, client: Client) -> None:
    """End one of the caller's own sessions. Raises NOT_FOUND, for somebody else's too."""
    now = context.now()
    with context.db.transaction() as connection:
        if not sessions.revoke_family(connection, caller.user_id, family_id, "USER", now):
            raise ProblemError("NOT_FOUND", "there is no such session")
        record = AuditRecord("session.ended", user_id=caller.user_id, actor_id=caller.user_id, resource=f"session:{family_id}")
        context.record(connection, record, client)
        _mark_ended(context, family_id, now)
    context.flush()
