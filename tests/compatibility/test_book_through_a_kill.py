"""Who follows the book as Binance documents it has the true book, and never a crossed one: also when the gateway is killed meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from decimal import Decimal
from typing import Any

import httpx
import pytest
import websockets

from mycrypto_local.platform import Platform
from mycrypto_local.running import Running

SYMBOL = "BTCUSDT"
UPDATES = 40
SECONDS_MAX = 120


class Follower:
    """The documented procedure: open the stream, take a snapshot, apply what follows it, begin again at a gap."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._stream = url.replace("http", "ws", 1) + f"/ws/{SYMBOL.lower()}@depth@100ms"
        self.book: dict[str, dict[Decimal, Decimal]] = {"b": {}, "a": {}}
        self.last = 0
        self.updates = 0
        self.beginnings = 0

    async def follow(self, updates: int) -> None:
        """Until so many updates were applied in all."""
        deadline = time.monotonic() + SECONDS_MAX
        while self.updates < updates:
            assert time.monotonic() < deadline, f"{self.updates} updates"
            try:
                await self._once(updates)
            except (OSError, httpx.HTTPError, websockets.WebSocketException):
                await asyncio.sleep(0.2)

    async def _once(self, updates: int) -> None:
        async with websockets.connect(self._stream) as socket, httpx.AsyncClient(base_url=self._url) as client:
            update = json.loads(await socket.recv())
            answer = (await client.get("/api/v3/depth", params={"symbol": SYMBOL, "limit": 5_000})).json()
            self.beginnings += 1
            self.book = {
                side: {Decimal(price): Decimal(quantity) for price, quantity in answer[name]}
                for side, name in (("b", "bids"), ("a", "asks"))
            }
            self.last, begun = answer["lastUpdateId"], False
            while self.updates < updates:
                if update["u"] > self.last:
                    assert update["U"] == self.last + 1 or (not begun and update["U"] <= self.last + 1), "a gap"
                    self._apply(update)
                    begun = True
                update = json.loads(await socket.recv())

    def _apply(self, update: dict[str, object]) -> None:
        for side in ("b", "a"):
            for price, quantity in update[side]:  # type: ignore[attr-defined] # a list of pairs
                self.book[side][Decimal(price)] = Decimal(quantity)
                if not Decimal(quantity):
                    del self.book[side][Decimal(price)]
        self.last = int(update["u"])  # type: ignore[call-overload] # a number
        self.updates += 1
        if self.book["b"] and self.book["a"]:
            assert max(self.book["b"]) < min(self.book["a"]), "a crossed book"


@pytest.mark.slow
def test_a_follower_has_the_true_book_through_a_kill(platform: Running, spot_market: str) -> None:
    async def scenario() -> None:
        follower = Follower(spot_market)
        await follower.follow(UPDATES)
        gateway = next(part for part in Platform(platform.state).status().parts if part.name == "gateway")
        os.kill(gateway.pid, signal.SIGKILL)
        await follower.follow(2 * UPDATES)
        assert follower.beginnings >= 2
        async with httpx.AsyncClient(base_url=spot_market) as client:
            answer: dict[str, Any] = {}
            for _ in range(200):
                answer = (await client.get("/api/v3/depth", params={"symbol": SYMBOL, "limit": 5_000})).json()
                if answer["lastUpdateId"] == follower.last:
                    break
                await follower.follow(follower.updates + 1)
            assert {Decimal(price): Decimal(quantity) for price, quantity in answer["bids"]} == follower.book["b"]

    asyncio.run(scenario())
