"""The caller's own account."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from functions.auth import confirmation
from functions.auth.account_models import MailWord, Preferences
from functions.auth.context import Context
from functions.auth.models import KycState, Profile, ProfileUpdate
from functions.auth.store import users
from functions.auth.store.users import User
from mycrypto.audit import AuditRecord
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.request import Client, Principal
from mycrypto.security.tokens import Tier

MAIL_WORD_LENGTHS: Final = range(4, 21)
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
        locale="en" if user.locale == "en" else "tr",
        time_zone=user.time_zone,
        anti_phishing_word_set=user.mail_word is not None,
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


def prefer(context: Context, caller: Principal, wanted: Preferences, client: Client) -> Profile:
    """Set language and time zone. Raises VALIDATION_ERROR for a time zone that is not known."""
    zone = wanted.time_zone
    if zone is not msgspec.UNSET and not users.is_time_zone(context.db.connection(), zone):
        raise invalid("time_zone", "must be the name of a time zone such as Europe/Istanbul")
    with context.db.transaction() as connection:
        user = users.lock_by_id(connection, caller.user_id)
        if user is None:
            raise ProblemError("UNAUTHORIZED", confirmation.GONE)
        old = {"locale": user.locale, "time_zone": user.time_zone}
        new = old | {name: value for name, value in (("locale", wanted.locale), ("time_zone", zone)) if value is not msgspec.UNSET}
        if new != old:
            users.set_preferences(connection, user.id, str(new["locale"]), str(new["time_zone"]))
            record = AuditRecord("profile.changed", user_id=user.id, actor_id=user.id, resource="preferences", old_value=old, new_value=new)
            context.record(connection, record, client)
    context.flush()
    return read(context, caller)


def set_mail_word(context: Context, caller: Principal, request: MailWord, client: Client) -> Profile:
    """Set or clear the anti-phishing word. Raises VALIDATION_ERROR, AUTH_001."""
    word = " ".join(request.word.split()) if request.word is not None else None
    if word is not None and (len(word) not in MAIL_WORD_LENGTHS or not word.replace(" ", "").isalnum()):
        raise invalid("word", "must have 4 to 20 letters, digits and spaces")
    confirmed = confirmation.by_password(context, caller, request.password, client)
    with context.db.transaction() as connection:
        user = confirmed.lock_user(connection, caller)
        users.set_mail_word(connection, user.id, word)
        context.record(connection, AuditRecord("profile.changed", user_id=user.id, actor_id=user.id, resource="mail_word"), client)
    context.flush()
    return read(context, caller)
