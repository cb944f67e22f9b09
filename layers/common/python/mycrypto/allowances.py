"""What a user of each tier may ask for: token buckets in Redis, shared by everything that answers a user's requests.

A bucket holds as many tokens as the tier allows per window and fills up evenly. One atomic script takes tokens out of it, and puts back what
was taken in advance and not needed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from mycrypto.security.tokens import Tier

SCRIPT: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local capacity = tonumber(ARGV[1])
local window = tonumber(ARGV[2])
local wanted = tonumber(ARGV[3])
local returned = tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = tonumber(kept[1] or capacity)
local passed = math.max(0, now - tonumber(kept[2] or now))
tokens = math.min(capacity, tokens + passed * capacity / window + returned)
local granted = math.min(math.floor(tokens), wanted)
tokens = tokens - granted
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', now)
redis.call('PEXPIRE', KEYS[1], window + 1000)
local wait = 0
if tokens < 1 then wait = math.ceil((1 - tokens) * window / capacity) end
return {granted, math.floor(tokens), wait}
"""
"""Answers how many of the wanted tokens were there, how many are left, and in how many milliseconds there is one again."""


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

    def arguments(self, wanted: int, returned: int = 0) -> tuple[str, str, str, str]:
        """Of the script."""
        return (str(self.count), str(self.window_ms), str(wanted), str(returned))


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


def bucket_key(user_id: UUID, use: Use) -> str:
    return f"ratelimit:{user_id}:{use.value}"
