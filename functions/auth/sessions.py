"""Sessions: opened by a log-in, carried on by rotating refresh tokens, ended by their owner, by staff or by a token seen twice."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from psycopg import Connection

from functions.auth import models
from functions.auth.account_models import EndedSessions
from functions.auth.context import Context
from functions.auth.models import LogoutRequest, Message, RefreshRequest, TokenPair, UserSummary
from functions.auth.store import devices as trusted
from functions.auth.store import sessions, users
from functions.auth.store.sessions import NewSession, Session
from functions.auth.store.users import User
from mycrypto import mail
from mycrypto.audit import AuditRecord, Result
from mycrypto.errors import ProblemError
from mycrypto.http.request import Client, Principal
from mycrypto.ids import new_uuid
from mycrypto.mail import MailKind
from mycrypto.security import revocation, tokens
from mycrypto.security.tokens import ACCESS_LIFE_S, REFRESH_LIFE_S, Claims

GRACE: Final = timedelta(seconds=20)
"""How long a refresh token that was followed by another may be shown again."""
LOGGED_OUT_TEXT: Final = "Oturumunuz kapatıldı."


class Issued(msgspec.Struct, frozen=True):
    """A pair on its way to the client, and the session it belongs to; copied to Redis only after the commit."""

    pair: TokenPair
    session: NewSession


def issue(context: Context, connection: Connection, user: User, client: Client, *, now: datetime, family: Session | None = None) -> Issued:
    """Sign a pair and write its row: one that follows ``family``, or the first of a new family."""
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
        parent_id=family.id if family else None,
    )
    if family and not family.is_revoked:
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


def claims_of(context: Context, request: RefreshRequest) -> Claims:
    """Whose refresh token this is, by its signature alone. Raises INVALID_TOKEN."""
    return tokens.verify_refresh(request.token, context.keys.public, now_s=int(context.now().timestamp()))


def refresh(context: Context, request: RefreshRequest, claims: Claims, client: Client) -> TokenPair:
    """A new pair for a refresh token that was never used, or was used a moment ago: two tabs ask at once, or an answer was lost.

    Any other use of a used token ends its whole family, because a second party holds it. Raises INVALID_TOKEN, ACCOUNT_SUSPENDED.
    """
    issued: Issued | None = None
    refusal = tokens.invalid_token("the session is not known")
    with context.db.transaction() as connection:
        # whatever begins, goes on or ends for one user is decided one after the other, under the user's row
        user = users.lock_by_id(connection, claims.sub)
        session = sessions.lock_by_token(connection, tokens.fingerprint(request.token))
        now = context.now()
        if session is None or user is None:
            pass
        elif session.revoked_reason == "ROTATED" and not _was_used_just_now(connection, session, now):
            _end_stolen(context, connection, session, user, client, now)
            refusal = tokens.invalid_token("the token was used before; the session has been ended")
        elif (session.is_revoked and session.revoked_reason != "ROTATED") or session.expires_at <= now:
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


def _was_used_just_now(connection: Connection, session: Session, now: datetime) -> bool:
    """Whether the token is the direct predecessor of what the family lives on, and was followed only a moment ago."""
    if session.revoked_at is None or now - session.revoked_at > GRACE:
        return False
    successors = sessions.successors(connection, session)
    return bool(successors) and not any(successor.is_revoked for successor in successors)


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
    """End this session, or all of the user's. Safe to repeat. Raises redis.RedisError, with nothing done, if Redis cannot be told."""
    with context.db.transaction() as connection:
        users.lock_by_id(connection, caller.user_id)
        now = context.now()
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
    """In a transaction that changes what a user may do: every session ends, every token from before ``now`` is refused,
    no device is trusted any more.

    Verifiers are told before the commit. If the commit fails, the user logs in once more; in the other order an old token would stay valid.
    Raises redis.RedisError, which undoes the transaction.
    """
    users.cut_off_tokens(connection, user_id, now)
    families = sessions.revoke_all(connection, user_id, reason, now)
    trusted.forget_all(connection, user_id)
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
    """End one of the caller's own sessions. Raises NOT_FOUND, also for another user's session."""
    with context.db.transaction() as connection:
        users.lock_by_id(connection, caller.user_id)
        now = context.now()
        if not sessions.revoke_family(connection, caller.user_id, family_id, "USER", now):
            raise ProblemError("NOT_FOUND", "there is no such session")
        record = AuditRecord("session.ended", user_id=caller.user_id, actor_id=caller.user_id, resource=f"session:{family_id}")
        context.record(connection, record, client)
        _mark_ended(context, family_id, now)
    context.flush()


def end_others(context: Context, caller: Principal, client: Client) -> EndedSessions:
    """End all of the caller's sessions but the one that asks. Raises redis.RedisError, with nothing done, if no verifier could be told."""
    with context.db.transaction() as connection:
        users.lock_by_id(connection, caller.user_id)
        now = context.now()
        ended = sessions.revoke_others(connection, caller.user_id, caller.sid, "USER", now)
        for family_id in ended:
            _mark_ended(context, family_id, now)
        record = AuditRecord("session.others_ended", user_id=caller.user_id, actor_id=caller.user_id, new_value={"ended": len(ended)})
        context.record(connection, record, client)
    context.flush()
    return EndedSessions(len(ended))
