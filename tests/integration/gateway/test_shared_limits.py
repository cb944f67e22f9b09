"""Token buckets on a real server: shared by gateways and functions, filled up evenly, and counted locally while the server is away."""

from __future__ import annotations

import asyncio
import time
from uuid import uuid4

import pytest
import redis
from redis.asyncio import Redis

from engine_container.gateway import limits
from engine_container.gateway.limits import RateLimits
from engine_container.web.steps import finish
from mycrypto import cache
from mycrypto.allowances import Use
from mycrypto.errors import ProblemError
from mycrypto.ratelimit import Limiter
from mycrypto.security.tokens import Tier


async def spend(gateway: RateLimits, user: bytes, count: int) -> int:
    """How many of ``count`` calls were let through."""
    passed = 0
    for _ in range(count):
        try:
            await finish(gateway.spend(user, Tier.FREE, Use.API))
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


def test_who_calls_now_and_then_pays_a_token_a_call(valkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LEASE_SECONDS", 0.0)  # every call comes when the lease before has run out

    async def scenario() -> None:
        client = Redis.from_url(valkey)
        user = uuid4().bytes
        gateway = RateLimits(client)
        for call in range(1, 61):
            standing = await finish(gateway.spend(user, Tier.FREE, Use.API))
            assert standing is not None
            assert standing.remaining >= 100 - call
        await client.aclose()

    asyncio.run(scenario())


def test_what_is_taken_at_once_is_not_given_back_while_it_is_spent(valkey: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LEASE_SECONDS", 0.0)

    async def scenario() -> None:
        client = Redis.from_url(valkey)
        gateway, user, started = RateLimits(client), uuid4().bytes, time.monotonic()
        outcomes = await asyncio.gather(*(finish(gateway.spend(user, Tier.FREE, Use.API)) for _ in range(300)), return_exceptions=True)
        passed = sum(not isinstance(outcome, ProblemError) for outcome in outcomes)
        assert 100 <= passed <= 101 + (time.monotonic() - started) * 100 / 60
        await client.aclose()

    asyncio.run(scenario())


def test_gateways_and_functions_take_from_one_bucket(valkey: str) -> None:
    async def scenario() -> None:
        client = Redis.from_url(valkey)
        user, started = uuid4(), time.monotonic()
        function, gateway = Limiter(redis.Redis.from_url(valkey)), RateLimits(client)
        for left in (99, 98, 97):
            verdict = function.take_token(Use.API, Tier.FREE, user)
            assert (verdict.allowed, verdict.limit) == (True, 100)
            assert verdict.remaining >= left
        passed = 3 + await spend(gateway, user.bytes, 60)
        verdicts = [function.take_token(Use.API, Tier.FREE, user) for _ in range(60)]
        passed += sum(verdict.allowed for verdict in verdicts)
        assert 90 <= passed <= 101 + (time.monotonic() - started) * 100 / 60, "the gateway may hold a portion"
        refused = next(verdict for verdict in verdicts if not verdict.allowed)
        assert refused.headers()["Retry-After"] == "1"
        await client.aclose()

    asyncio.run(scenario())


def test_without_a_limit_there_are_no_figures(valkey: str) -> None:
    verdict = Limiter(redis.Redis.from_url(valkey)).take_token(Use.API, Tier.VIP, uuid4())
    assert (verdict.allowed, verdict.headers()) == (True, {})


def test_functions_too_count_for_themselves_without_the_server() -> None:
    limiter, user = Limiter(cache.client("redis://127.0.0.1:9/0")), uuid4()
    assert sum(limiter.take_token(Use.API, Tier.FREE, user).allowed for _ in range(150)) == 100


def test_a_bucket_fills_up_again(valkey: str) -> None:
    async def scenario() -> None:
        user = uuid4().bytes
        client = Redis.from_url(valkey)
        gateway = RateLimits(client)
        for _ in range(10):
            await finish(gateway.spend(user, Tier.FREE, Use.ORDERS))
        with pytest.raises(ProblemError) as refused:
            await finish(gateway.spend(user, Tier.FREE, Use.ORDERS, 3))
        assert refused.value.headers["Retry-After"] == "1"
        await asyncio.sleep(1.1)
        assert await finish(gateway.spend(user, Tier.FREE, Use.ORDERS)) is not None
        await client.aclose()

    asyncio.run(scenario())


def test_without_the_server_each_gateway_counts_for_itself() -> None:
    async def scenario() -> None:
        client = Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)
        assert 100 <= await spend(RateLimits(client), uuid4().bytes, 200) <= 103
        await client.aclose()

    asyncio.run(scenario())
