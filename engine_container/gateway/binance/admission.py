"""Who asks: the key of a request, what it signed, and whether it may."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from engine_container.gateway.auth import Caller
from engine_container.gateway.binance import errors
from engine_container.gateway.binance.asked import SpotOperation
from engine_container.gateway.binance.params import Params
from engine_container.gateway.binance.signing import SigningKey, check_time, is_genuine
from engine_container.gateway.parts import Gateway
from mycrypto.errors import ProblemError
from mycrypto.permissions import Permission
from mycrypto.security.api_keys import PublishedApiKey

KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


async def known_key(gateway: Gateway, key_id: str) -> tuple[PublishedApiKey, SigningKey]:
    """A key as it is now. Raises -2014 and -2015."""
    if KEY_ID.fullmatch(key_id) is None:
        raise errors.key_format()
    try:
        key, secret = await gateway.api_keys.opened(key_id)
    except ProblemError as problem:
        if problem.kind.code == "INVALID_TOKEN":
            raise errors.key_refused() from None
        raise
    return key, public_key(key.public_key) if key.public_key else secret


@lru_cache(maxsize=4_096)
def public_key(pem: str) -> Ed25519PublicKey | RSAPublicKey:
    found = load_pem_public_key(pem.encode())
    if not isinstance(found, (Ed25519PublicKey, RSAPublicKey)):
        raise TypeError("auth publishes keys of two kinds")
    return found


def permitted(key: PublishedApiKey, permission: Permission, address: str) -> Caller:
    """Whom the key stands for. Raises -2015 where it may not do this from there now."""
    try:
        permission.require_role(key.identity.roles)
        scope = permission.require_scope(key.scopes)
    except ProblemError:
        raise errors.key_refused() from None
    if not key.allows(scope, address, datetime.now(UTC)):
        raise errors.key_refused()
    return Caller(key.user_id.bytes, key.identity)


async def admit(
    gateway: Gateway, operation: SpotOperation, params: Params, *, key_id: str, address: str, text: Callable[[], str]
) -> Caller | None:
    """The caller, where the operation wants one. ``text`` is what was signed."""
    permission = operation.permission
    if permission.is_open and not operation.needs_key:
        return None
    if not key_id:
        raise errors.key_format()
    key, signing = await known_key(gateway, key_id)
    if permission.is_open:
        return None
    signature = params.needed("signature")
    check_time(params)
    if not is_genuine(signing, text(), signature):
        raise errors.bad_signature()
    return permitted(key, permission, address)
