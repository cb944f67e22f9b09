"""Difference streams have no gaps: a client that follows the documented procedure never has a crossed or a stale book, whatever is killed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Final

import aiohttp
import pytest

from mycrypto_local.addresses import binance_url
from mycrypto_local.platform import Platform
from mycrypto_local.running import Running
from tests.compatibility.follower import Follower
from tests.compatibility.market import live_market
from tests.fault.test_kill_9 import kill, wait_healthy

KILLED: Final = ("gateway", "engine", "kafka", "publisher", "gateway")
SECONDS_MAX: Final = 120
STREAMS: Final = ("depth@100ms", "depth", "depth@100ms")


async def _until(what: str, is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not is_so():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.1)


async def _hear_more(followers: list[Follower], after: str) -> None:
    """Until each of them has heard of changes that came after this moment."""
    before = [follower.updates for follower in followers]
    await _until(
        f"no update came after {after}",
        lambda: all(follower.updates > number + 2 for follower, number in zip(followers, before, strict=True)),
    )


async def _is_as_the_picture(url: str, follower: Follower) -> bool:
    async with aiohttp.ClientSession() as session:
        image = await follower.snapshot(session)
    sides = [{Decimal(price): Decimal(size) for price, size in image[side]} for side in ("bids", "asks")]
    return sides == [follower.bids, follower.asks]


async def _play(running: Running, whole: Platform) -> list[Follower]:
    url = binance_url(running.ports)
    followers = [Follower(url, "BTCUSDT", stream) for stream in STREAMS]
    flow = [asyncio.create_task(follower.run()) for follower in followers]
    market = live_market(running)
    await asyncio.to_thread(market.__enter__)
    try:
        await _hear_more(followers, "the beginning")
        for name in KILLED:
            pid = await asyncio.to_thread(kill, whole, name)
            await asyncio.to_thread(wait_healthy, whole, {name: pid})
            await _hear_more(followers, f"the restart of {name}")
    finally:
        await asyncio.to_thread(market.__exit__, None, None, None)
    for follower in followers:  # no trade comes any more: the book that was kept is the book that there is
        deadline = time.monotonic() + SECONDS_MAX
        while not await _is_as_the_picture(url, follower):
            assert time.monotonic() < deadline, f"stale: {follower.bids} {follower.asks}"
            await asyncio.sleep(0.2)
        follower.ended = True
    for task in flow:
        task.cancel()
    await asyncio.gather(*flow, return_exceptions=True)
    return followers


@pytest.mark.slow
def test_no_book_is_crossed_or_stale_whatever_is_killed(platform: Running) -> None:
    whole = Platform(platform.state)
    try:
        followers = asyncio.run(_play(platform, whole))
    finally:
        wait_healthy(whole, {})
    for follower in followers:
        assert follower.wrong == []
        assert follower.starts >= 1 + KILLED.count("gateway")
        assert follower.updates > 2 * len(KILLED)
