"""Token buckets on a real server: shared by gateways, filled up evenly, and counted locally while the server is away."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from engine_container.gateway.limits import RateLimits, Use
from mycrypto.errors import ProblemError
from mycrypto.security.tokens import Tier


async def spend(limits: RateLimits, user: bytes, count: int) -> int:
    """How many of ``count`` calls were let through."""
    passed = 0
    for _ in range(count):
        try:
            await limits.spend(user, Tier.FREE, Use.API)
        except ProblemError:
            continue
        passed += 1
    return passed


def test_two_gateways_share_a_bucket(valkey: str) -> None:
    async def scenario() -> None:
        user = uuid4().bytes
        one, two = Redis.from_url(valkey), Redis.from_url(valkey)
        passed = await spend(RateLimits(one), user, 80) + await spend(RateLimits(two), user, 80)
        assert 90 <= passed <= 103, "100 a minute, but for a portion that one of them still holds and what has come in meanwhile"
        await one.aclose()
        await two.aclose()

    asyncio.run(scenario())


def test_a_bucket_fills_up_again(valkey: str) -> None:
    async def scenario() -> None:
        user = uuid4().bytes
        client = Redis.from_url(valkey)
        limits = RateLimits(client)
        for _ in range(10):
            await limits.spend(user, Tier.FREE, Use.ORDERS)
        with pytest.raises(ProblemError) as refused:
            await limits.spend(user, Tier.FREE, Use.ORDERS, 3)
        assert refused.value.headers["Retry-After"] == "1"
        await asyncio.sleep(1.1)
        assert await limits.spend(user, Tier.FREE, Use.ORDERS) is not None
        await client.aclose()

    asyncio.run(scenario())


def test_without_the_server_each_gateway_counts_for_itself() -> None:
    async def scenario() -> None:
        client = Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)
        assert 100 <= await spend(RateLimits(client), uuid4().bytes, 200) <= 103
        await client.aclose()

    asyncio.run(scenario())
