"""The window slides, is shared by all processes, counts only what was allowed, and never stands open."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import cast
from uuid import uuid4

import pytest
import redis

from mycrypto import cache
from mycrypto.allowances import Use
from mycrypto.errors import ProblemError
from mycrypto.ratelimit import Limit, Limiter, LocalWindows
from mycrypto.security.tokens import Tier


@pytest.fixture
def server(valkey: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(valkey) as client:
        yield client


def test_so_many_and_no_more(server: redis.Redis) -> None:
    limiter, limit, subject = Limiter(server), Limit("login", 3, 60), str(uuid4())
    verdicts = [limiter.take(limit, subject) for _ in range(5)]
    assert [verdict.allowed for verdict in verdicts] == [True, True, True, False, False]
    assert [verdict.remaining for verdict in verdicts] == [2, 1, 0, 0, 0]
    assert 0 < verdicts[-1].reset_ms <= 60_000
    assert verdicts[0].headers().keys() == {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
    assert 0 < int(verdicts[-1].headers()["Retry-After"]) <= 60
    with pytest.raises(ProblemError) as refused:
        verdicts[-1].require()
    assert (refused.value.kind.code, refused.value.headers["Retry-After"]) == ("RATE_LIMIT_EXCEEDED", verdicts[-1].headers()["Retry-After"])


def test_refused_calls_are_not_counted_and_the_key_goes_by_itself(server: redis.Redis) -> None:
    limiter, limit, subject = Limiter(server), Limit("login", 2, 60), str(uuid4())
    for _ in range(50):
        limiter.take(limit, subject)
    key = limiter.key(limit, subject)
    assert server.zcard(key) == 2
    assert 0 < int(str(server.pttl(key))) <= 60_000


def test_the_window_slides(server: redis.Redis) -> None:
    limiter, limit, subject = Limiter(server), Limit("login", 2, 60), str(uuid4())
    limiter.take(limit, subject)
    limiter.take(limit, subject)
    key = limiter.key(limit, subject)
    (oldest, *_) = cast("list[bytes]", server.zrange(key, 0, 0))
    server.zincrby(key, -61_000_000, oldest)
    assert [limiter.take(limit, subject).allowed for _ in range(2)] == [True, False]


def test_subjects_and_limits_do_not_mix(server: redis.Redis) -> None:
    limiter, subject = Limiter(server), str(uuid4())
    once = Limit("login", 1, 60)
    assert limiter.take(once, subject).allowed
    assert limiter.take(once, str(uuid4())).allowed
    assert limiter.take(Limit("refresh", 1, 60), subject).allowed
    limiter.forget(once, subject)
    assert limiter.take(once, subject).allowed


def test_many_at_once_get_exactly_the_limit(server: redis.Redis) -> None:
    limiter, limit, subject = Limiter(server), Limit("login", 20, 60), str(uuid4())
    with ThreadPoolExecutor(8) as threads:
        allowed = list(threads.map(lambda _: limiter.take(limit, subject).allowed, range(200)))
    assert allowed.count(True) == 20


def test_without_redis_each_process_counts_for_itself() -> None:
    failures: list[None] = []
    now = [0.0]
    limiter = Limiter(cache.client("redis://127.0.0.1:9/0"), on_failure=lambda: failures.append(None), clock=lambda: now[0])
    limit = Limit("login", 2, 60)
    assert [limiter.take(limit, "x").allowed for _ in range(3)] == [True, True, False]
    assert len(failures) == 1
    now[0] = 2.0
    assert not limiter.take(limit, "x").allowed
    limiter.forget(limit, "x")
    assert len(failures) == 3


def test_while_redis_refuses_to_write_each_process_counts_for_itself(server: redis.Redis) -> None:
    """As one does whose disk is full, or that no longer leads."""
    limiter, limit, user = Limiter(server), Limit("login", 2, 60), uuid4()
    server.config_set("min-replicas-to-write", 1)
    try:
        with pytest.raises(redis.ResponseError):
            server.set("x", "1")
        assert [limiter.take(limit, "x").allowed for _ in range(3)] == [True, True, False]
        limiter.forget(limit, "x")
        assert Limiter(server).take_token(Use.API, Tier.FREE, user).allowed
        Limiter(server).forget(limit, "x")
    finally:
        server.config_set("min-replicas-to-write", 0)


def test_local_windows_slide_and_stay_bounded() -> None:
    now = [0.0]
    windows, limit = LocalWindows(clock=lambda: now[0]), Limit("login", 1, 60)
    assert windows.take("a", limit).allowed
    assert not windows.take("a", limit).allowed
    now[0] = 60.0
    assert windows.take("a", limit).allowed
    for number in range(20_000):
        windows.take(str(number), limit)
    assert len(windows._calls) <= 10_000


def test_a_limit_of_zero_is_off(server: redis.Redis) -> None:
    limiter = Limiter(server)
    assert all(limiter.take(Limit("login", 0, 60), "x").allowed for _ in range(100))
