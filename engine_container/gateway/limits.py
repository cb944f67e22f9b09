"""Rate limits of the tiers: token buckets in Redis, spent here in leased portions.

A bucket holds as many tokens as the tier allows per window and fills up evenly. One atomic script takes a portion of a tenth of it; the
portion is spent without asking Redis again and forgotten after a second. While Redis is away every gateway counts in buckets of its own:
looser than the whole by the number of gateways, but never open.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
import redis.exceptions

from engine_container.metrics import Counter
from mycrypto.errors import ProblemError
from mycrypto.security.tokens import Tier

LEASE_SECONDS: Final = 1.0
PORTION: Final = 10
"""A lease is a tenth of the bucket."""
SUBJECTS_MAX: Final = 50_000
REDIS_PAUSE_SECONDS: Final = 1.0

REFUSED: Final = Counter("rate_limit_hits_total")
FALLBACK: Final = Counter("rate_limit_local_total")

SCRIPT: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local capacity = tonumber(ARGV[1])
local window = tonumber(ARGV[2])
local wanted = tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(kept[1] or capacity)
local passed = math.max(0, now - tonumber(kept[2] or now))
tokens = math.min(capacity, tokens + passed * capacity / window)
local granted = math.min(math.floor(tokens), wanted)
tokens = tokens - granted
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', now)
redis.call('PEXPIRE', KEYS[1], window + 1000)
local wait = 0
if tokens < 1 then wait = math.ceil((1 - tokens) * window / capacity) end
return {granted, math.floor(tokens), wait}
"""


class Use(StrEnum):
    """What is counted apart: placing and changing orders by the second, everything else by the minute. A text, because it is hashed for
    every order, and the hash of any other enumeration runs Python code.
    """

    ORDERS = "orders"
    API = "api"


class Allowance(msgspec.Struct, frozen=True):
    """``count`` tokens per ``window_ms``; a count of 0 is unlimited."""

    count: int
    window_ms: int


ALLOWANCES: Final[dict[tuple[Use, Tier], Allowance]] = {
    (Use.API, Tier.FREE): Allowance(100, 60_000),
    (Use.API, Tier.BASIC): Allowance(500, 60_000),
    (Use.API, Tier.PRO): Allowance(2_000, 60_000),
    (Use.API, Tier.VIP): Allowance(0, 60_000),
    (Use.ORDERS, Tier.FREE): Allowance(10, 1_000),
    (Use.ORDERS, Tier.BASIC): Allowance(50, 1_000),
    (Use.ORDERS, Tier.PRO): Allowance(200, 1_000),
    (Use.ORDERS, Tier.VIP): Allowance(1_000, 1_000),
}


class Scripts(Protocol):
    """The part of an asynchronous Redis client that is needed."""

    def eval(self, script: str, numkeys: int, *keys_and_args: str) -> Awaitable[Any]: ...


class Standing(msgspec.Struct, frozen=True):
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

    def spend(self, allowance: Allowance, tokens: int) -> Standing:
        """Tokens that are there."""
        self.tokens -= tokens
        return Standing(allowance.count, self.remaining + self.tokens, -(-allowance.window_ms // 1_000))


class RateLimits:
    def __init__(self, scripts: Scripts, *, enabled: bool = True) -> None:
        self._scripts = scripts
        self._enabled = enabled
        self._leases: OrderedDict[tuple[bytes, Use], _Lease] = OrderedDict()
        self._redis_down_until = 0.0

    async def spend(self, user_id: bytes, tier: Tier, use: Use, tokens: int = 1) -> Standing | None:
        """Take tokens; ``None`` where there is no limit. Raises RATE_LIMIT_EXCEEDED."""
        allowance = ALLOWANCES[use, tier]
        if not self._enabled or allowance.count == 0 or tokens <= 0:
            return None
        lease = self._lease(user_id, use, allowance)
        now = time.monotonic()
        if lease.expires <= now or lease.tokens < tokens:
            async with lease.lock:
                now = time.monotonic()
                if lease.expires <= now or lease.tokens < tokens:
                    await self._renew(user_id, use, allowance, lease, tokens, now)
        if lease.tokens < tokens:
            raise _refusal(use, allowance, lease, time.monotonic())
        return lease.spend(allowance, tokens)

    def spend_at_hand(self, user_id: bytes, tier: Tier, use: Use, tokens: int = 1, *, kept: int = 0) -> tuple[bool, Standing | None]:
        """As :meth:`spend` where nobody has to be asked; ``(False, None)`` where Redis has to be, and nothing was taken. ``kept`` more must
        be there to be taken next.
        """
        allowance = ALLOWANCES[use, tier]
        if not self._enabled or allowance.count == 0 or tokens <= 0:
            return True, None
        lease = self._lease(user_id, use, allowance)
        if lease.tokens < tokens + kept or lease.expires <= time.monotonic():
            return False, None
        return True, lease.spend(allowance, tokens)

    def _lease(self, user_id: bytes, use: Use, allowance: Allowance) -> _Lease:
        key = (user_id, use)
        lease = self._leases.get(key)
        if lease is None:
            if len(self._leases) >= SUBJECTS_MAX:
                self._leases.popitem(last=False)
            lease = self._leases[key] = _Lease(allowance.count, time.monotonic())
        return lease

    async def _renew(self, user_id: bytes, use: Use, allowance: Allowance, lease: _Lease, tokens: int, now: float) -> None:
        held = lease.tokens if lease.expires > now else 0
        lease.tokens = held
        if now < lease.blocked_until:
            return
        wanted = max(tokens - held, allowance.count // PORTION)
        if now >= self._redis_down_until:
            try:
                key = f"ratelimit:{UUID(bytes=user_id)}:{use.value}"
                answer = await self._scripts.eval(SCRIPT, 1, key, str(allowance.count), str(allowance.window_ms), str(wanted))
            except (redis.exceptions.RedisError, OSError):
                self._redis_down_until = now + REDIS_PAUSE_SECONDS
            else:
                granted, lease.remaining, wait_ms = (int(part) for part in answer)
                self._grant(lease, held + granted, tokens, wait_ms, now)
                return
        FALLBACK.add(1, (use.value,))
        rate = allowance.count * 1_000 / allowance.window_ms
        lease.local = min(allowance.count, lease.local + (now - lease.local_at) * rate)
        lease.local_at = now
        granted = min(int(lease.local), max(tokens - held, 1))
        lease.local -= granted
        lease.remaining = int(lease.local)
        self._grant(lease, held + granted, tokens, 0 if lease.local >= 1 else int((1 - lease.local) * 1_000 / rate) + 1, now)

    @staticmethod
    def _grant(lease: _Lease, held: int, tokens: int, wait_ms: int, now: float) -> None:
        lease.tokens = held
        lease.expires = now + LEASE_SECONDS
        lease.blocked_until = now + wait_ms / 1_000 if held < tokens else 0.0


def _refusal(use: Use, allowance: Allowance, lease: _Lease, now: float) -> ProblemError:
    REFUSED.add(1, (use.value,))
    seconds = max(1, -(-int((lease.blocked_until - now) * 1_000) // 1_000))
    standing = Standing(allowance.count, lease.tokens, seconds)
    headers = {name.decode(): value.decode() for name, value in standing.headers()} | {"Retry-After": str(seconds)}
    window = "second" if allowance.window_ms == 1_000 else "minute"
    return ProblemError(
        "RATE_LIMIT_EXCEEDED",
        f"at most {allowance.count} {use.value} a {window}",
        headers=headers,
        limit=allowance.count,
        retry_after=seconds,
    )
