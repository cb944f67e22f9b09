"""Rate limits of the tiers: token buckets in Redis, spent here in leased portions.

A portion of a tenth of the bucket is spent without asking Redis again; after a second the next call puts back what is left of it and takes
the next one. While Redis is away every gateway counts in buckets of its own: looser than the whole by the number of gateways, but never
open.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
import redis.exceptions

from engine_container.metrics import Counter
from engine_container.web.steps import Steps
from mycrypto.allowances import ALLOWANCES, SCRIPT, Allowance, Use, bucket_key
from mycrypto.errors import ProblemError
from mycrypto.security.tokens import Tier

LEASE_SECONDS: Final = 1.0
PORTION: Final = 10
"""A lease is a tenth of the bucket."""
SUBJECTS_MAX: Final = 50_000
REDIS_PAUSE_SECONDS: Final = 1.0

REFUSED: Final = Counter("rate_limit_hits_total")
FALLBACK: Final = Counter("rate_limit_local_total")


class Scripts(Protocol):
    """The part of an asynchronous Redis client that is needed."""

    def eval(self, script: str, numkeys: int, *keys_and_args: str) -> Awaitable[Any]: ...


class RateLimitStatus(msgspec.Struct, frozen=True):
    """How a caller stands after a call: for the X-RateLimit headers. ``reset_seconds``: until the bucket has a token again or is full."""

    limit: int
    remaining: int
    reset_seconds: int

    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        return (
            (b"x-ratelimit-limit", str(self.limit).encode()),
            (b"x-ratelimit-remaining", str(self.remaining).encode()),
            (b"x-ratelimit-reset", str(self.reset_seconds).encode()),
        )


class _Lease:
    """What this gateway may still spend for one subject, and its own bucket for when Redis is away."""

    __slots__ = ("blocked_until", "expires", "local", "local_at", "lock", "remaining", "tokens")

    def __init__(self, capacity: int, now: float) -> None:
        self.tokens = 0
        self.expires = 0.0
        self.blocked_until = 0.0
        self.remaining = capacity
        self.lock = asyncio.Lock()
        self.local = float(capacity)
        self.local_at = now

    def lacks(self, tokens: int) -> bool:
        """Whether it has to be renewed before so many are taken."""
        return self.tokens < tokens or self.expires <= time.monotonic()

    def spend(self, allowance: Allowance, tokens: int) -> RateLimitStatus:
        """Tokens that are there."""
        self.tokens -= tokens
        return RateLimitStatus(allowance.count, self.remaining + self.tokens, -(-allowance.window_ms // 1_000))


class RateLimits:
    def __init__(self, scripts: Scripts, *, enabled: bool = True) -> None:
        self._scripts = scripts
        self._enabled = enabled
        self._leases: OrderedDict[tuple[bytes, Use], _Lease] = OrderedDict()
        self._redis_down_until = 0.0

    def at_once(self, tier: Tier, use: Use) -> int:
        """The most tokens that one call can ever be given; 0 where there is no limit."""
        return ALLOWANCES[use, tier].count if self._enabled else 0

    def spend(self, user_id: bytes, tier: Tier, use: Use, tokens: int = 1) -> Steps[RateLimitStatus | None]:
        """Take tokens; ``None`` where there is no limit. Raises RATE_LIMIT_EXCEEDED."""
        allowance = ALLOWANCES[use, tier]
        if not self._enabled or allowance.count == 0 or tokens <= 0:
            return None
        lease = self._lease(user_id, use, allowance)
        if lease.lacks(tokens):
            yield self._renewed(user_id, use, allowance, lease, tokens)
            if lease.tokens < tokens:
                raise _refusal(use, allowance, lease, time.monotonic())
        return lease.spend(allowance, tokens)

    async def _renewed(self, user_id: bytes, use: Use, allowance: Allowance, lease: _Lease, tokens: int) -> None:
        """Renew the lease, unless that was done while this call waited for its turn."""
        async with lease.lock:
            if lease.lacks(tokens):
                await self._renew(user_id, use, allowance, lease, tokens, time.monotonic())

    def _lease(self, user_id: bytes, use: Use, allowance: Allowance) -> _Lease:
        key = (user_id, use)
        lease = self._leases.get(key)
        if lease is None:
            if len(self._leases) >= SUBJECTS_MAX:
                self._leases.popitem(last=False)
            lease = self._leases[key] = _Lease(allowance.count, time.monotonic())
        return lease

    async def _renew(self, user_id: bytes, use: Use, allowance: Allowance, lease: _Lease, tokens: int, now: float) -> None:
        if now < lease.blocked_until:
            return
        unspent, lease.tokens = lease.tokens, 0  # they must not be spent while they are on their way back
        granted, wait_ms = await self._shared(user_id, use, allowance, lease, max(tokens, allowance.count // PORTION), unspent, now)
        if granted is None:
            granted, wait_ms = self._own(use, allowance, lease, tokens, unspent, now)
        lease.tokens = granted
        lease.expires = now + LEASE_SECONDS
        lease.blocked_until = now + wait_ms / 1_000 if granted < tokens else 0.0

    async def _shared(
        self, user_id: bytes, use: Use, allowance: Allowance, lease: _Lease, wanted: int, unspent: int, now: float
    ) -> tuple[int | None, int]:
        """Tokens of the bucket in Redis and the milliseconds until there is one more; ``None`` for the tokens while Redis is away."""
        if now < self._redis_down_until:
            return None, 0
        try:
            key = bucket_key(UUID(bytes=user_id), use)
            answer = await self._scripts.eval(SCRIPT, 1, key, *allowance.arguments(wanted, unspent))
        except (redis.exceptions.RedisError, OSError):
            self._redis_down_until = now + REDIS_PAUSE_SECONDS
            return None, 0
        granted, lease.remaining, wait_ms = (int(part) for part in answer)
        return granted, wait_ms

    @staticmethod
    def _own(use: Use, allowance: Allowance, lease: _Lease, tokens: int, unspent: int, now: float) -> tuple[int, int]:
        """As :meth:`_shared`, of the bucket that counts while Redis is away."""
        FALLBACK.add(1, (use.value,))
        rate = allowance.count * 1_000 / allowance.window_ms
        lease.local = min(allowance.count, lease.local + (now - lease.local_at) * rate + unspent)
        lease.local_at = now
        granted = min(int(lease.local), tokens)
        lease.local -= granted
        lease.remaining = int(lease.local)
        return granted, 0 if lease.local >= 1 else int((1 - lease.local) * 1_000 / rate) + 1


def _refusal(use: Use, allowance: Allowance, lease: _Lease, now: float) -> ProblemError:
    REFUSED.add(1, (use.value,))
    seconds = max(1, -(-int((lease.blocked_until - now) * 1_000) // 1_000))
    standing = RateLimitStatus(allowance.count, lease.tokens, seconds)
    headers = {name.decode(): value.decode() for name, value in standing.headers()} | {"Retry-After": str(seconds)}
    window = "second" if allowance.window_ms == 1_000 else "minute"
    return ProblemError(
        "RATE_LIMIT_EXCEEDED",
        f"at most {allowance.count} {use.value} a {window}",
        headers=headers,
        limit=allowance.count,
        retry_after=seconds,
    )
