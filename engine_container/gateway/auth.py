"""Who is calling: the Bearer token is checked here against the published keys, and its revocation within a second.

A verified token is remembered (by its digest, in bounded number, never past its expiry), because checking a signature costs a hundred times as much
as a look-up. The gateway asks Redis again whether the token was revoked when the last answer is a second old. While Redis cannot be reached, the
signature and the 15 minutes of life decide alone: losing a cache must not stop the market. A Redis that answers but was wiped does not know which
tokens were revoked: until the marks are restored, within a minute, no order can be placed with a token.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Iterable
from typing import Any, Final, Protocol

import msgspec
import redis.exceptions

from engine_container.gateway.keyset import KeySet
from engine_container.metrics import Counter
from engine_container.web.steps import Steps
from mycrypto.errors import ProblemError
from mycrypto.security.revocation import COMPLETE_KEY, is_revoked, keys_of
from mycrypto.security.second_factor import fresh_key
from mycrypto.security.tokens import Claims, Identity, Role, Tier, invalid_token, verify_access

REVOCATION_AGE_SECONDS_MAX: Final = 0.9
TOKENS_MAX: Final = 20_000
STORE_PAUSE_SECONDS: Final = 1.0
"""For so long after a question that Redis did not answer, no other call waits for Redis."""

UNCHECKED: Final = Counter("auth_revocation_unchecked_total")


class TokenStore(Protocol):
    """The part of an asynchronous Redis client that is needed."""

    def mget(self, keys: Iterable[str]) -> Awaitable[list[bytes | str | None]]: ...
    def get(self, name: str) -> Awaitable[Any]: ...


class Caller(msgspec.Struct, frozen=True):
    """The authenticated user. ``claims`` are those of the token; a request signed with an API key has none."""

    user_id: bytes
    identity: Identity
    claims: Claims | None = None

    @property
    def tier(self) -> Tier:
        return self.identity.tier

    @property
    def sees_all(self) -> bool:
        """Staff may look at every order."""
        return Role.ADMIN in self.identity.roles or Role.SUPPORT in self.identity.roles


class _Known:
    """A token whose signature is good."""

    __slots__ = ("asked", "caller", "checked_at", "claims", "expires_s")

    def __init__(self, claims: Claims) -> None:
        self.asked: asyncio.Task[None] | None = None
        """Whether it was revoked: the question under way."""
        self.caller = Caller(claims.sub.bytes, claims.identity, claims)
        self.claims = claims
        self.expires_s = claims.exp
        self.checked_at = -float("inf")


class Authenticator:
    def __init__(self, keys: KeySet, store: TokenStore, *, lenient: bool = False) -> None:
        self._keys = keys
        self._store = store
        self._lenient = lenient
        self._store_away_until = 0.0
        self._complete = True
        self._known: dict[bytes, _Known] = {}

    def note_completeness(self, mark: bytes | str | None) -> None:
        """What Redis said when it was asked last for the mark that no revocation is missing."""
        self._complete = mark is not None

    def require_complete(self) -> None:
        """Raises SERVICE_UNAVAILABLE while Redis may have forgotten which tokens were revoked."""
        if not self._complete:
            detail = "which tokens were revoked is not known for a moment; orders can be cancelled"
            raise ProblemError("SERVICE_UNAVAILABLE", detail, headers={"Retry-After": "1"})

    def verify(self, token: str) -> Steps[Caller]:
        """The user whom a good token names. Raises INVALID_TOKEN."""
        digest = hashlib.sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is None:
            known = _Known((yield from self._check_signature(token)))
            self._remember(digest, known)
        elif known.expires_s <= time.time():
            del self._known[digest]
            raise invalid_token("the token has expired")
        now = time.monotonic()
        if now - known.checked_at > REVOCATION_AGE_SECONDS_MAX:
            yield self._ask(digest, known, now)
        return known.caller

    async def require_fresh_second_factor(self, caller: Caller) -> None:
        """Required for changes by an administrator: the second factor was shown in this session within the last five minutes. Raises AUTH_003,
        or SERVICE_UNAVAILABLE while Redis cannot tell, because a lost cache must not permit the change. A lenient authenticator (stage local)
        permits it to an administrator who has no second factor.
        """
        claims = caller.claims
        if claims is None:
            raise ProblemError("AUTH_003", "API keys cannot do this; log in and show the second factor")
        if self._lenient and not claims.two_factor:
            return
        try:
            shown = await self._store.get(fresh_key(claims.sid))
        except (redis.exceptions.RedisError, OSError):
            detail = "whether the second factor was shown cannot be checked now"
            raise ProblemError("SERVICE_UNAVAILABLE", detail, headers={"Retry-After": "1"}) from None
        if shown is None:
            raise ProblemError("AUTH_003", "show the second factor first (POST /api/auth/2fa/verify); it counts for five minutes")

    def _check_signature(self, token: str) -> Steps[Claims]:
        if not self._keys.keys:
            yield self._keys.refresh()
            if not self._keys.keys:
                raise ProblemError("SERVICE_UNAVAILABLE", "the keys to check tokens with are not there yet", headers={"Retry-After": "1"})
        try:
            claims = verify_access(token, self._keys.keys)
        except ProblemError as problem:
            if "key is not known" not in problem.detail:
                raise
            yield self._keys.refresh()  # signed with a newer key than we know, or forged
            claims = verify_access(token, self._keys.keys)
        return claims

    def _remember(self, digest: bytes, known: _Known) -> None:
        if len(self._known) >= TOKENS_MAX:
            del self._known[next(iter(self._known))]
        self._known[digest] = known

    async def _ask(self, digest: bytes, known: _Known, now: float) -> None:
        """One question for all requests that bear the token meanwhile."""
        if known.asked is None:

            def answered(task: asyncio.Task[None]) -> None:
                known.asked = None
                if not task.cancelled():
                    task.exception()  # each who waits is told; perhaps no request does any more

            known.asked = asyncio.get_running_loop().create_task(self._check_revocation(digest, known, now))
            known.asked.add_done_callback(answered)
        await asyncio.shield(known.asked)

    async def _check_revocation(self, digest: bytes, known: _Known, now: float) -> None:
        claims = known.claims
        if now < self._store_away_until:
            UNCHECKED.add()
            return
        try:
            *marks, complete = await self._store.mget((*keys_of(claims), COMPLETE_KEY))
        except (redis.exceptions.RedisError, OSError):
            UNCHECKED.add()
            self._store_away_until = time.monotonic() + STORE_PAUSE_SECONDS
            self._complete = True
            known.checked_at = now
            return
        self.note_completeness(complete)
        if is_revoked(claims, marks):
            self._known.pop(digest, None)
            raise invalid_token("the token was revoked")
        known.checked_at = now
