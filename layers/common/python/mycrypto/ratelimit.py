"""Rate limits: so many calls per window for one subject, counted in Redis by one atomic script.

The window slides: a call is allowed while fewer than ``count`` allowed calls lie in the last ``seconds``. Refused calls are not counted, so a caller
that goes on is allowed again as soon as the oldest call has left the window. While Redis does not answer, or refuses to write, each process counts for
itself: the limit is then looser, but never off.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Final, cast
from uuid import UUID

import msgspec
import redis

from mycrypto import allowances
from mycrypto.allowances import ALLOWANCES, Use, bucket_key
from mycrypto.errors import ProblemError
from mycrypto.security.tokens import Tier

_SCRIPT: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local window = tonumber(ARGV[2]) * 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
local used = redis.call('ZCARD', KEYS[1])
local allowed = 0
if used < tonumber(ARGV[1]) then
  local member = now
  while redis.call('ZADD', KEYS[1], 'NX', now, string.format('%.0f', member)) == 0 do member = member + 1 end
  redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[2]) * 1000)
  used = used + 1
  allowed = 1
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local free_in = tonumber(oldest[2] or now) + window - now
return {allowed, used, math.ceil(free_in / 1000)}
"""

_SUBJECTS_MAX: Final = 10_000
PAUSE_S: Final = 1.0
"""After a failure Redis is left alone this long, so that a dead server costs one time-out a second, not one per request."""


class Limit(msgspec.Struct, frozen=True):
    """``count`` calls per ``seconds``; ``name`` says of what, and is part of the key. A count of 0 switches the limit off."""

    name: str
    count: int
    seconds: int


class Verdict(msgspec.Struct, frozen=True):
    """What a limit says about one call; ``reset_ms`` is how long until a call leaves the window."""

    allowed: bool
    limit: int
    remaining: int
    reset_ms: int

    def headers(self) -> dict[str, str]:
        """``X-RateLimit-*`` (reset in whole seconds from now) and, for a refused call, ``Retry-After``; none where there is no limit."""
        if self.limit == 0:
            return {}
        seconds = str(max(1, -(-self.reset_ms // 1000)))
        shown = {"X-RateLimit-Limit": str(self.limit), "X-RateLimit-Remaining": str(self.remaining), "X-RateLimit-Reset": seconds}
        return shown if self.allowed else shown | {"Retry-After": seconds}

    def require(self) -> None:
        """Raises RATE_LIMIT_EXCEEDED if the call was refused."""
        if not self.allowed:
            raise ProblemError(
                "RATE_LIMIT_EXCEEDED",
                f"at most {self.limit} in the window; try again in {-(-self.reset_ms // 1000)} s",
                headers=self.headers(),
                retry_after=max(1, -(-self.reset_ms // 1000)),
            )


UNLIMITED: Final = Verdict(allowed=True, limit=0, remaining=0, reset_ms=0)


class LocalWindows:
    """The same rule inside one process, bounded in subjects: what counts while Redis is away."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._calls: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, key: str, limit: Limit) -> Verdict:
        now = self._clock()
        calls = self._calls.setdefault(key, deque())
        self._calls.move_to_end(key)
        while calls and calls[0] <= now - limit.seconds:
            calls.popleft()
        allowed = len(calls) < limit.count
        if allowed:
            calls.append(now)
        if len(self._calls) > _SUBJECTS_MAX:
            self._calls.popitem(last=False)
        free_in_s = (calls[0] if calls else now) + limit.seconds - now
        return Verdict(allowed=allowed, limit=limit.count, remaining=limit.count - len(calls), reset_ms=int(free_in_s * 1000) + 1)


class Limiter:
    """Limits by name and subject (an address, a user, a mail address's fingerprint)."""

    def __init__(
        self, client: redis.Redis, *, on_failure: Callable[[], None] = lambda: None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._script = client.register_script(_SCRIPT)
        self._bucket = client.register_script(allowances.SCRIPT)
        self._on_failure = on_failure
        self._clock = clock
        self._local = LocalWindows(clock)
        self._away_until = float("-inf")

    @staticmethod
    def key(limit: Limit, subject: str) -> str:
        return f"ratelimit:{subject}:{limit.name}"

    def take(self, limit: Limit, subject: str) -> Verdict:
        """Count one call of the subject, if it is allowed."""
        if limit.count <= 0:
            return UNLIMITED
        key = self.key(limit, subject)
        if self._clock() < self._away_until:
            return self._local.take(key, limit)
        try:
            allowed, used, reset_ms = cast("list[int]", self._script(keys=[key], args=[limit.count, limit.seconds]))
        except redis.RedisError:  # one that is there may refuse to write: its disk is full, or another one leads
            self._failed()
            return self._local.take(key, limit)
        return Verdict(allowed=bool(allowed), limit=limit.count, remaining=max(0, limit.count - used), reset_ms=reset_ms)

    def take_token(self, use: Use, tier: Tier, user_id: UUID) -> Verdict:
        """Count one request of a user against the tier's bucket, which the gateways take from as well."""
        allowance = ALLOWANCES[use, tier]
        if allowance.count == 0:
            return UNLIMITED
        key = bucket_key(user_id, use)
        limit = Limit(use.value, allowance.count, allowance.window_ms // 1_000)
        if self._clock() < self._away_until:
            return self._local.take(key, limit)
        try:
            granted, left, wait_ms = cast("list[int]", self._bucket(keys=[key], args=allowance.arguments(1)))
        except redis.RedisError:
            self._failed()
            return self._local.take(key, limit)
        allowed = granted > 0
        return Verdict(allowed=allowed, limit=allowance.count, remaining=left, reset_ms=allowance.window_ms if allowed else wait_ms)

    def forget(self, limit: Limit, subject: str) -> None:
        """Start the subject's window again from zero, for example after a success that makes earlier failures harmless."""
        try:
            self._client.delete(self.key(limit, subject))
        except redis.RedisError:
            self._failed()

    def _failed(self) -> None:
        self._away_until = self._clock() + PAUSE_S
        self._on_failure()
