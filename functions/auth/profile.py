"""The caller's own account."""

from __future__ import annotations

import re
from typing import Final

from functions.auth import confirmation
from functions.auth.context import Context
from functions.auth.models import KycState, Profile, ProfileUpdate
from functions.auth.store import users
from functions.auth.store.users import User
from mycrypto.audit import AuditRecord
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.request import Client, Principal
from mycrypto.security.tokens import Tier

_PHONE: Final = re.compile(r"(?:\+90|0)?(5[0-9]{9})")


def normal_phone(text: str) -> str:
    """A Turkish mobile number as ``+905XXXXXXXXX``; a leading 0 and spaces are understood. Raises VALIDATION_ERROR."""
    found = _PHONE.fullmatch(re.sub(r"[\s()-]", "", text))
    if not found:
        raise invalid("phone", "must be a Turkish mobile number such as +905321234567")
    return f"+90{found[1]}"


def read(context: Context, caller: Principal) -> Profile:
    """As PostgreSQL has it now, which may be newer than the token. Raises UNAUTHORIZED if the account is gone."""
    user = users.by_id(context.db.connection(), caller.user_id)
    if user is None:
        raise ProblemError("UNAUTHORIZED", "the account does not exist any more")
    return profile_of(user)


def profile_of(user: User) -> Profile:
    return Profile(
        id=user.id,
        email=user.email,
        email_verified=user.email_verified,
        phone=user.phone,
        roles=user.role_set,
        status=user.status,
        kyc=KycState(user.kyc_status, user.kyc_level),
        two_factor_enabled=user.two_fa_enabled,
        rate_limit_tier=Tier(user.rate_limit_tier),
        created_at=user.created_at,
        last_login_at=user.last_login_at,
    )


def update(context: Context, caller: Principal, change: ProfileUpdate, client: Client) -> Profile:
    """Set or clear the phone number. Raises VALIDATION_ERROR, AUTH_001."""
    phone = normal_phone(change.phone) if change.phone is not None else None
    confirmed = confirmation.by_password(context, caller, change.password, client)
    with context.db.transaction() as connection:
        user = confirmed.lock_user(connection, caller)
        users.set_phone(connection, user.id, phone)
        context.record(connection, AuditRecord("profile.changed", user_id=user.id, actor_id=user.id, resource="phone"), client)
    context.flush()
    return read(context, caller)
