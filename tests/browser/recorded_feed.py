"""A stream of the order book made beforehand by the gateway's own channel, and a socket in the page that plays it at a steady rate: what the page
does with it can be measured without what the platform does meanwhile.
"""

from __future__ import annotations

import json
import random
from typing import Any, Final, cast

from engine_container.gateway.sockets.books import BookChannel
from engine_container.gateway.sockets.connection import Connection
from engine_container.views.books import Book
from mycrypto.contracts.trading import Side

UNIT: Final = 10**8
MIDDLE: Final = 3_500_000
LEVELS: Final = 200
NEAR: Final = 30
CHANGES: Final = 8

SOCKET: Final = """{
  const open = new Set();
  globalThis.WebSocket = class extends EventTarget {
    static OPEN = 1;
    readyState = 0;
    constructor() {
      super();
      setTimeout(() => {
        this.readyState = 1;
        this.dispatchEvent(new Event("open"));
        this.say(JSON.stringify({type: "connected", timestamp: Date.now(), data: {}}));
      });
    }
    say(data) { this.dispatchEvent(new MessageEvent("message", {data})); }
    send(text) {
      const asked = JSON.parse(text);
      if (asked.action === "ping") setTimeout(() => this.say(JSON.stringify({type: "pong", timestamp: Date.now()})));
      if (asked.action === "subscribe" && asked.stream === "orderbook") { open.add(this); setTimeout(() => this.say(SNAPSHOT)); }
    }
    close() { this.readyState = 3; open.delete(this); }
  };
  globalThis.playBook = (messages, pause) => new Promise((done) => {
    let at = 0;
    const timer = setInterval(() => {
      for (const socket of open) socket.say(messages[at]);
      if (++at === messages.length) { clearInterval(timer); setTimeout(done, 200); }
    }, pause);
  });
}"""


class _Reader:
    """Keeps what a connection would send."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def push(self, text: str) -> None:
        self.told.append(text)


class Recording:
    """A book that goes on: each message changes eight levels near the best prices, and none is missing between two calls of :meth:`more`."""

    def __init__(self, symbol: str, seed: int) -> None:
        self._chance = random.Random(seed)
        self._book = Book(1)
        self._prices = {
            Side.BUY: [(MIDDLE - 1 - at) * UNIT for at in range(LEVELS)],
            Side.SELL: [(MIDDLE + 1 + at) * UNIT for at in range(LEVELS)],
        }
        for side, levels in self._prices.items():
            for price in levels:
                self._book.sides[side].add(price, self._chance.randrange(1, 10_000) * UNIT // 10_000, 1)
        self._channel = BookChannel(symbol, "recorded")
        self._reader = _Reader()
        self._channel.join(cast("Connection", self._reader), self._book)
        self.script = SOCKET.replace("SNAPSHOT", json.dumps(self._reader.told.pop()))
        """To run before the page's own scripts."""

    def more(self, messages: int) -> list[str]:
        """The next so many messages."""
        chance, book = self._chance, self._book
        for _ in range(messages):
            touched = [(side, price) for side in (Side.BUY, Side.SELL) for price in chance.sample(self._prices[side][:NEAR], CHANGES // 2)]
            for side, price in touched:
                level = book.sides[side].levels.get(price)
                if level is not None and chance.random() < 0.2:
                    book.sides[side].add(price, -level.quantity, -1)
                else:
                    book.sides[side].add(price, chance.randrange(1, 10_000) * UNIT // 10_000, 0 if level is not None else 1)
            self._channel.changed(book, touched)
        told, self._reader.told = self._reader.told, []
        return told


def record(symbol: str, messages: int, seed: int) -> tuple[str, list[str]]:
    """The script to run before the page's own, and the messages to play."""
    recording = Recording(symbol, seed)
    return recording.script, recording.more(messages)


def metrics(session: Any) -> dict[str, float]:
    """Chromium's counters; with ``timeDomain: threadTicks`` durations are seconds of processor time of the page's main thread."""
    return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
