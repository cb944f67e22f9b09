"""Keys for programs: made by their owner, shown once, published to the gateways, revoked at once."""

from __future__ import annotations

import base64
import ipaddress
import re
import secrets
import string
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from psycopg import Connection

from functions.auth import confirmation
from functions.auth.context import Context
from functions.auth.models import ApiKeyCreated, ApiKeyRequest
from functions.auth.store import api_keys as store
from functions.auth.store import users
from functions.auth.store.api_keys import ApiKey, StoredApiKey
from functions.auth.store.users import User
from mycrypto import mail
from mycrypto.audit import AuditRecord
from mycrypto.errors import FieldError, ProblemError, invalid
from mycrypto.http.request import Client, Principal
from mycrypto.ids import new_uuid
from mycrypto.mail import MailKind
from mycrypto.security.api_keys import PURPOSE, PublishedApiKey, Scope, redis_key

LIVE_MAX: Final = 10
DAYS_MAX: Final = 365
NETWORKS_MAX: Final = 20
LABEL_LENGTH_MAX: Final = 50
_PEM_MARK: Final = re.compile("-----(?:BEGIN|END) PUBLIC KEY-----")
RSA_BITS_MIN: Final = 2_048
RSA_BITS_MAX: Final = 4_096
_ALPHABET: Final = string.ascii_lowercase + string.digits


def _problems(request: ApiKeyRequest, networks: list[str] | None, *, second_factor: bool) -> list[FieldError]:
    withdraw = Scope.WITHDRAW in request.scopes
    found = (
        ("label", not 0 < len(request.label.strip()) <= LABEL_LENGTH_MAX, f"must have 1 to {LABEL_LENGTH_MAX} characters"),
        ("scopes", not request.scopes or len(set(request.scopes)) != len(request.scopes), "must name each wanted scope once"),
        ("scopes", withdraw and not second_factor, "withdraw needs the second factor to be on"),
        ("ip_list", networks is None, "must hold addresses such as 203.0.113.7 or networks such as 203.0.113.0/24"),
        ("ip_list", len(networks or ()) > NETWORKS_MAX, f"must hold at most {NETWORKS_MAX} addresses or networks"),
        ("ip_list", withdraw and not networks, "is required for the scope withdraw"),
        (
            "expires_in_days",
            request.expires_in_days is not None and not 0 < request.expires_in_days <= DAYS_MAX,
            f"must be 1 to {DAYS_MAX}",
        ),
    )
    return [FieldError(field, words) for field, wrong, words in found if wrong]


def networks_of(texts: list[str]) -> list[str] | None:
    """Addresses and networks in CIDR form, each once; ``None`` if one is neither."""
    try:
        return sorted({str(ipaddress.ip_network(text.strip())) for text in texts})
    except ValueError:
        return None


def public_key_of(pem: str) -> str | None:
    """The owner's own key in its one spelling; ``None`` where there is none. Raises VALIDATION_ERROR for what is no Ed25519 or RSA key.

    The gate for texts lets no line break through, so the PEM text comes on one line: with blanks for its line breaks, or as its base64 part alone.
    """
    if not pem:
        return None
    try:
        key = load_der_public_key(base64.b64decode("".join(_PEM_MARK.sub("", pem).split()), validate=True))
    except (ValueError, UnsupportedAlgorithm):
        raise invalid("public_key", "must be a public key in PEM, on one line") from None
    is_rsa = isinstance(key, RSAPublicKey) and RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX
    if not is_rsa and not isinstance(key, Ed25519PublicKey):
        raise invalid("public_key", f"must be an Ed25519 key, or an RSA key of {RSA_BITS_MIN} to {RSA_BITS_MAX} bits")
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def create(context: Context, caller: Principal, request: ApiKeyRequest, client: Client, *, fresh: bool) -> ApiKeyCreated:
    """A new key with its secret, which is never shown again.

    Raises VALIDATION_ERROR, AUTH_001 for a wrong password, API_KEY_LIMIT, and AUTH_003 if the second factor is on and was not shown in the
    last five minutes.
    """
    now, networks = context.now(), networks_of(request.ip_list)
    known = users.by_id(context.db.connection(), caller.user_id)
    confirmation.require_fresh(known, fresh=fresh)
    if problems := _problems(request, networks, second_factor=known is not None and known.two_fa_enabled):
        raise ProblemError("VALIDATION_ERROR", "; ".join(f"{item.field} {item.message}" for item in problems), errors=problems)
    confirmed = confirmation.by_password(context, caller, request.password, client)
    with context.db.transaction() as connection:
        user = confirmed.lock_user(connection, caller)
        confirmation.require_fresh(user, fresh=fresh)
        if Scope.WITHDRAW in request.scopes and not user.two_fa_enabled:
            raise invalid("scopes", "withdraw needs the second factor to be on")
        if len(store.live(connection, user.id, now)) >= LIVE_MAX:
            raise ProblemError("API_KEY_LIMIT", f"at most {LIVE_MAX} live keys", limit=LIVE_MAX)
        key_id = "mk_" + "".join(secrets.choice(_ALPHABET) for _ in range(24))
        secret = secrets.token_urlsafe(32)
        public_key = public_key_of(request.public_key)
        key = StoredApiKey(
            id=new_uuid(),
            key_id=key_id,
            label=request.label.strip(),
            scopes=[scope.value for scope in request.scopes],
            ip_list=networks or [],
            created_at=now,
            expires_at=now + timedelta(days=request.expires_in_days) if request.expires_in_days else None,
            suspended_at=None,
            secret_encrypted=context.sealer(PURPOSE).seal(secret, key_id),
            public_key=public_key,
        )
        store.insert(connection, user, key)
        _record(context, connection, user, "api_key.created", key_id, client, new={"label": key.label, "scopes": key.scopes})
        mail.add(
            connection,
            MailKind.API_KEY_CREATED,
            to=user.email,
            user_id=user.id,
            trace_id=client.trace_id,
            label=key.label,
            scopes=", ".join(key.scopes),
        )
        publish(context, user, [key])
    context.flush()
    return ApiKeyCreated(key.id, key_id, "" if public_key else secret, key.label, request.scopes, key.ip_list, now, key.expires_at)


def _record(
    context: Context, connection: Connection, user: User, action: str, key_id: str, client: Client, *, new: dict[str, object] | None = None
) -> None:
    context.record(connection, AuditRecord(action, user_id=user.id, actor_id=user.id, resource=f"api-key:{key_id}", new_value=new), client)


def listed(context: Context, caller: Principal) -> list[ApiKey]:
    """The caller's live keys, newest first, without secrets; suspended ones are among them."""
    return store.live(context.db.connection(), caller.user_id, context.now())


def revoke(context: Context, caller: Principal, row_id: UUID, client: Client) -> None:
    """End the key for good. Raises NOT_FOUND, also for another user's key."""
    with context.db.transaction() as connection:
        user = users.lock_by_id(connection, caller.user_id)
        key_id = store.revoke(connection, caller.user_id, row_id, context.now())
        if key_id is None or user is None:
            raise ProblemError("NOT_FOUND", "there is no such key")
        _record(context, connection, user, "api_key.revoked", key_id, client)
        context.redis.delete(redis_key(key_id))
    context.flush()


def suspend_all(context: Context, connection: Connection, user: User, client: Client, now: datetime) -> None:
    """The password is a new one: no key works until its owner has looked at it. Raises redis.RedisError, which undoes the transaction."""
    suspended = store.suspend_all(connection, user.id, now)
    if not suspended:
        return
    for key_id in suspended:
        _record(context, connection, user, "api_key.suspended", key_id, client)
    mail.add(connection, MailKind.API_KEYS_SUSPENDED, to=user.email, user_id=user.id, trace_id=client.trace_id, count=str(len(suspended)))
    context.redis.delete(*(redis_key(key_id) for key_id in suspended))


def revoke_all(context: Context, connection: Connection, user: User, client: Client, now: datetime) -> None:
    """No key of the user works any more. Raises redis.RedisError, which undoes the transaction."""
    revoked = store.revoke_all(connection, user.id, now)
    for key_id in revoked:
        _record(context, connection, user, "api_key.revoked", key_id, client)
    if revoked:
        context.redis.delete(*(redis_key(key_id) for key_id in revoked))


def resume(context: Context, caller: Principal, row_id: UUID, password: str, client: Client, *, fresh: bool) -> ApiKey:
    """A suspended key works again. Safe to repeat.

    Raises AUTH_001, NOT_FOUND (also for another user's key), and AUTH_003 if the second factor is on and was not shown in the last five minutes.
    """
    confirmation.require_fresh(users.by_id(context.db.connection(), caller.user_id), fresh=fresh)
    confirmed = confirmation.by_password(context, caller, password, client)
    with context.db.transaction() as connection:
        user = confirmed.lock_user(connection, caller)
        confirmation.require_fresh(user, fresh=fresh)
        key = next((key for key in store.live_with_secrets(connection, user.id, context.now()) if key.id == row_id), None)
        if key is None:
            raise ProblemError("NOT_FOUND", "there is no such key")
        if key.suspended_at is not None:
            store.resume(connection, row_id)
            _record(context, connection, user, "api_key.resumed", key.key_id, client)
            mail.add(connection, MailKind.API_KEY_RESUMED, to=user.email, user_id=user.id, trace_id=client.trace_id, label=key.label)
            key = msgspec.structs.replace(key, suspended_at=None)
            publish(context, user, [key])
    context.flush()
    return key.public()


def publish(context: Context, user: User, keys: list[StoredApiKey]) -> None:
    """Tell the gateways of the keys that work. Raises redis.RedisError."""
    for key in keys:
        if key.suspended_at is not None:
            continue
        published = PublishedApiKey(
            key_id=key.key_id,
            sealed_secret=key.secret_encrypted,
            user_id=user.id,
            email=user.email,
            roles=user.role_set,
            tier=user.identity.tier,
            kyc_level=user.kyc_level,
            scopes=tuple(Scope(scope) for scope in key.scopes),
            ip_list=tuple(key.ip_list),
            expires_at=key.expires_at,
            public_key=key.public_key or "",
        )
        context.redis.set(redis_key(key.key_id), msgspec.json.encode(published), pxat=_expiry(context, key))


def publish_everything(context: Context, connection: Connection, now: datetime) -> int:
    """Every live key of every active user, after Redis was wiped; returns of how many users."""
    owners = store.owners(connection, now)
    for user_id in owners:
        publish_again(context, connection, user_id, now)
    return len(owners)


def _expiry(context: Context, key: StoredApiKey) -> int | None:
    return context.milliseconds(key.expires_at) if key.expires_at else None


def publish_again(context: Context, connection: Connection, user_id: UUID, now: datetime) -> None:
    """After a change of what the user may do: the keys of an active user say the new, those of another are gone."""
    user = users.by_id(connection, user_id)
    if user is not None and user.is_active():
        publish(context, user, store.live_with_secrets(connection, user_id, now))
    elif gone := store.key_ids(connection, user_id):
        context.redis.delete(*(redis_key(key_id) for key_id in gone))
