"""What staff do with accounts. Every change is recorded with its old and new value, and ends the user's tokens at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from functions.auth import api_keys, profile, sessions
from functions.auth.context import Context, subject_of
from functions.auth.models import Profile, RolesChange, StatusChange, TierChange, UsersQuery
from functions.auth.rules import UserStatus
from functions.auth.store import staff as store
from functions.auth.store import users
from functions.auth.store.staff import UserFilter
from functions.auth.store.users import User
from mycrypto.audit import ActorType, AuditRecord
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.request import Client, Principal
from mycrypto.security import guard
from mycrypto.security.tokens import Role

Change = Callable[[Connection, User, datetime], None]


def find(context: Context, query: UsersQuery) -> tuple[list[Profile], int]:
    narrowed = UserFilter(
        query.id, query.email, query.phone, query.name, query.kyc_level, query.role.value if query.role else "", query.status or ""
    )
    found, total = store.find_users(context.db.connection(), narrowed, query.limit, query.offset)
    return [profile.profile_of(user) for user in found], total


def read(context: Context, user_id: UUID) -> Profile:
    """Raises NOT_FOUND."""
    user = users.by_id(context.db.connection(), user_id)
    if user is None:
        raise ProblemError("NOT_FOUND", "there is no such user")
    return profile.profile_of(user)


def _change(
    context: Context,
    caller: Principal,
    user_id: UUID,
    client: Client,
    *,
    action: str,
    reason: str,
    field: Callable[[User], Any],
    change: Change,
) -> Profile:
    """One change under the row's lock. Raises NOT_FOUND, VALIDATION_ERROR, FORBIDDEN; redis.RedisError undoes it."""
    if not 0 < len(reason.strip()) <= 500:
        raise invalid("reason", "must have 1 to 500 characters")
    if user_id == caller.user_id:
        raise ProblemError("FORBIDDEN", "you cannot change your own rights")
    now = context.now()
    with context.db.transaction() as connection:
        before = users.lock_by_id(connection, user_id)
        if before is None:
            raise ProblemError("NOT_FOUND", "there is no such user")
        if before.account_status is UserStatus.CLOSED:
            raise ProblemError("FORBIDDEN", "the account is closed")
        change(connection, before, now)
        after = users.by_id(connection, user_id)
        if after is None:
            raise ProblemError("NOT_FOUND", "there is no such user")
        name = action.partition(".")[2]
        record = AuditRecord(
            action,
            user_id=user_id,
            actor_id=caller.user_id,
            actor_type=ActorType.STAFF,
            resource=f"user:{user_id}",
            old_value={name: field(before)},
            new_value={name: field(after)},
            reason=reason.strip(),
        )
        context.record(connection, record, client)
        sessions.end_all(context, connection, user_id, "STAFF", now)
        api_keys.publish_again(context, connection, user_id, now)
    context.flush()
    return profile.profile_of(after)


def set_roles(context: Context, caller: Principal, user_id: UUID, request: RolesChange, client: Client) -> Profile:
    roles = [role.value for role in Role if role in request.roles]
    if not roles:
        raise invalid("roles", "must name at least one role")
    return _change(
        context,
        caller,
        user_id,
        client,
        action="user.roles",
        reason=request.reason,
        field=lambda user: user.roles,
        change=lambda connection, _, now: store.set_roles(connection, user_id, roles, now),
    )


def set_tier(context: Context, caller: Principal, user_id: UUID, request: TierChange, client: Client) -> Profile:
    return _change(
        context,
        caller,
        user_id,
        client,
        action="user.tier",
        reason=request.reason,
        field=lambda user: user.rate_limit_tier,
        change=lambda connection, _, now: store.set_tier(connection, user_id, request.tier.value, now),
    )


def set_status(context: Context, caller: Principal, user_id: UUID, request: StatusChange, client: Client) -> Profile:
    """Suspend, lock or reactivate. Reactivating also lifts a lock that wrong passwords have led to. Only its owner closes an account, for good."""
    if request.status is UserStatus.CLOSED:
        raise invalid("status", "must be ACTIVE, SUSPENDED or LOCKED")

    def change(connection: Connection, user: User, now: datetime) -> None:
        store.set_status(connection, user.id, request.status.value, now)
        if request.status is UserStatus.ACTIVE:
            guard.clear(connection, guard.Kind.LOGIN, subject_of(user.email))

    return _change(
        context,
        caller,
        user_id,
        client,
        action="user.status",
        reason=request.reason,
        field=lambda user: user.status,
        change=change,
    )
