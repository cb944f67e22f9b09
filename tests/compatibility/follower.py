"""A client that keeps a book by the procedure that Binance documents, and says what goes wrong with it."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any, Final

import aiohttp

QUIET_SECONDS_MAX: Final = 30.0
Levels = dict[Decimal, Decimal]


class Follower:
    """Follows one symbol until it is told to end. A connection that breaks is opened again; anything else that is wrong is noted in ``wrong``."""

    def __init__(self, url: str, symbol: str, stream: str) -> None:
        self._url = url
        self._symbol = symbol
        self._stream = stream
        self.bids: Levels = {}
        self.asks: Levels = {}
        self.last_id = 0
        self.starts = 0
        self.updates = 0
        self.wrong: list[str] = []
        self.ended = False

    async def run(self) -> None:
        async with aiohttp.ClientSession() as session:
            while not self.ended:
                try:
                    await self._follow(session)
                except (aiohttp.ClientError, OSError, TimeoutError):
                    await asyncio.sleep(0.1)

    async def snapshot(self, session: aiohttp.ClientSession) -> dict[str, Any]:
        async with session.get(f"{self._url}/api/v3/depth", params={"symbol": self._symbol, "limit": "5000"}) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found

    async def _follow(self, session: aiohttp.ClientSession) -> None:
        address = f"{self._url.replace('http', 'ws', 1)}/ws/{self._symbol.lower()}@{self._stream}"
        async with session.ws_connect(address, autoping=True) as socket:
            first = await self._next(socket)
            image = await self.snapshot(session)
            while image["lastUpdateId"] < first["U"]:  # the picture is older than the stream
                image = await self.snapshot(session)
            if image["lastUpdateId"] < self.last_id:
                self.wrong.append(f"back from {self.last_id} to {image['lastUpdateId']}")
            self.bids, self.asks = ({Decimal(price): Decimal(size) for price, size in image[side]} for side in ("bids", "asks"))
            self.last_id = image["lastUpdateId"]
            self.starts += 1
            event, joined = first, False
            while not self.ended:
                if event["u"] > image["lastUpdateId"]:
                    if not joined and not event["U"] <= image["lastUpdateId"] + 1 <= event["u"]:
                        self.wrong.append(f"the stream begins at {event['U']}, the picture ends at {image['lastUpdateId']}")
                    if joined and event["U"] != self.last_id + 1:
                        self.wrong.append(f"a gap: {event['U']} after {self.last_id}")
                    joined = True
                    self._take(event)
                event = await self._next(socket)

    async def _next(self, socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
        while True:
            message = await socket.receive(timeout=QUIET_SECONDS_MAX)
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise aiohttp.ClientConnectionError(f"the connection has ended: {message.type}")
            event: dict[str, Any] = json.loads(message.data)
            if event["e"] == "depthUpdate":
                return event

    def _take(self, event: dict[str, Any]) -> None:
        for levels, changes in ((self.bids, event["b"]), (self.asks, event["a"])):
            for price, size in changes:
                if Decimal(size):
                    levels[Decimal(price)] = Decimal(size)
                else:
                    levels.pop(Decimal(price), None)
        self.last_id = event["u"]
        self.updates += 1
        if self.bids and self.asks and max(self.bids) >= min(self.asks):
            self.wrong.append(f"crossed at {event['u']}: {max(self.bids)} and {min(self.asks)}")
