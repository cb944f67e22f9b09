"""Whether the bearer of a request may go on, and as whom.

The function ``authorizer`` asks this for API Gateway. Where an API has no authorizer, the functions behind it ask by themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, cast

import msgspec
import redis
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from mycrypto import secrets
from mycrypto.security import keys, revocation, tokens
from mycrypto.security.keys import KeyRing
from mycrypto.security.tokens import Claims

MONEY_OUT: Final = "/api/wallet/withdraw"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

ReadMarks = Callable[[Sequence[str]], Sequence[bytes | None]]


class Call(msgspec.Struct, frozen=True):
    """The part of a request that decides: ``authorization`` is the header of that name, None where there is none."""

    method: str
    path: str
    authorization: str | None

    @property
    def moves_money_out(self) -> bool:
        return self.method not in _SAFE_METHODS and self.path.startswith(MONEY_OUT)


class RevocationUnknownError(Exception):
    """Redis does not answer, or was wiped and does not know; and the call is one that must not be wrong."""


def authorize(
    call: Call,
    known_keys: Mapping[str, RSAPublicKey],
    read_marks: ReadMarks,
    *,
    on_outage: Callable[[], None],
    now_s: int | None = None,
) -> Claims:
    """The caller's claims.

    Raises UNAUTHORIZED or INVALID_TOKEN. Without Redis, or until a wiped one has its marks back, a token counts as not revoked, so that
    people can see their money and cancel their orders; withdrawals are refused with RevocationUnknownError.
    """
    claims = tokens.verify_access(tokens.bearer(call.authorization), known_keys, now_s=now_s)
    try:
        *marks, complete = read_marks((*revocation.keys_of(claims), revocation.COMPLETE_KEY))
    except redis.RedisError:
        marks, complete = [None, None, None], None
    if revocation.is_revoked(claims, marks):
        raise tokens.invalid_token("the token has been revoked")
    if complete is None:
        on_outage()
        if call.moves_money_out:
            raise RevocationUnknownError
    return claims


def published_keys(secret_name: str) -> KeyRing:
    """The public keys of that secret, fetched when they are first needed. It verifies and never signs: private parts are out of its reach."""

    def load() -> dict[str, RSAPublicKey]:
        secrets.forget()  # the ring decides how often to ask; it must then see a key that was just added
        found = keys.parse(secrets.get(secret_name))
        if not found:
            raise keys.KeyMaterialError("the secret of public keys holds none")  # an outage, and not every token's fault
        return found

    return KeyRing(load)


def marks_in(server: Callable[[], redis.Redis]) -> ReadMarks:
    """What was revoked, as Redis knows it."""
    return lambda names: cast("list[bytes | None]", server().mget(names))
