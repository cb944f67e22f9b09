"""Redis holds what the page on caches says, and nothing else."""

from __future__ import annotations

import httpx
import redis

from mycrypto_local.client import Trader
from mycrypto_local.reference.caches import KEYS, is_known
from mycrypto_local.running import Running


def test_every_key_is_on_the_page(platform: Running, buyer: Trader, door: httpx.Client) -> None:
    authorization = {"authorization": f"Bearer {buyer.access_token}"}
    assert door.get("/api/wallet/balances", headers=authorization).status_code == 200
    with redis.Redis.from_url(platform.redis_url) as server:
        keys = {key.decode() for key in server.scan_iter(count=1_000)}
    assert {key for key in keys if not is_known(key)} == set()
    assert any(key.startswith("session:") for key in keys)


def test_a_page_that_knows_everything_would_show_nothing() -> None:
    assert not is_known("something:else")
    assert not is_known("balance")
    assert len({row.pattern for row in KEYS}) == len(KEYS)
