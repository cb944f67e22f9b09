"""The lease's epochs in a real Redis, and an engine's announcements over a real connection."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import Any

import pytest
import redis
import redis.asyncio
from aws_lambda_powertools import Logger

from engine_container.engine.announcer import Announcer
from engine_container.engine.lease import RedisLease
from engine_container.engine.replica import EventBatch
from engine_container.logs.announcement_wire import leader_key, read_leader
from engine_container.logs.announcements import Announcements, leader_in
from tests.waiting import until

TOKEN = "0" * 32


@pytest.fixture
def shard() -> int:
    return secrets.randbelow(1_000_000) + 1_000


async def leader_of(url: str, shard: int) -> Any:
    client: Any = redis.asyncio.Redis.from_url(url)
    text = await client.get(leader_key(shard))
    await client.aclose()
    return read_leader(text.decode()) if text else None


def test_each_leader_has_a_greater_epoch_also_after_redis_has_lost_everything(valkey: str, shard: int) -> None:
    async def run() -> None:
        first, second = RedisLease(valkey, shard, "first"), RedisLease(valkey, shard, "second")
        first.announce_at(f"host-1 1 {TOKEN}")
        second.announce_at(f"host-2 2 {TOKEN}")
        assert await first.hold()
        assert not await second.hold()
        assert second.epoch == 0
        epoch = first.epoch
        assert await first.hold()
        assert first.epoch == epoch, "a renewed lease keeps its epoch"
        leader = await leader_of(valkey, shard)
        assert (leader.epoch, leader.host) == (epoch, "host-1")
        await first.give_up()
        assert await second.hold()
        assert second.epoch > epoch
        leader = await leader_of(valkey, shard)
        assert (leader.epoch, leader.host) == (second.epoch, "host-2")
        with redis.Redis.from_url(valkey) as client:
            client.delete(f"engine:lease:{shard}", leader_key(shard))
        before = second.epoch
        await asyncio.sleep(0.002)
        assert await second.hold()
        assert second.epoch > before
        await second.give_up()

    asyncio.run(run())


def test_a_gateway_finds_the_engine_and_hears_what_it_announces(valkey: str, shard: int) -> None:
    async def run() -> list[bytes]:
        heard: list[bytes] = []
        announcer = Announcer(TOKEN, Logger(service="test", level=logging.CRITICAL))
        lease = RedisLease(valkey, shard, "first")
        lease.announce_at(f"127.0.0.1 {await announcer.listen('127.0.0.1', 0)} {TOKEN}")
        assert await lease.hold()
        announcer.lead(lease.epoch)
        client = redis.asyncio.Redis.from_url(valkey)
        announcements = Announcements(leader_in(client, shard), heard.append, logging.getLogger(__name__))
        listening = asyncio.create_task(announcements.run())
        try:
            await until(lambda: bool(announcer.listeners))
            announcer.announce([EventBatch(1, 2, b"x" * 100_000), EventBatch(2, 3, b"second")])
            await until(lambda: len(heard) == 2)
            announcer.lead(0)
            await until(lambda: not announcements.listening)
        finally:
            listening.cancel()
            announcer.end()
            await lease.give_up()
            await client.aclose()
        return heard

    assert [len(payload) for payload in asyncio.run(run())] == [100_000, 6]
