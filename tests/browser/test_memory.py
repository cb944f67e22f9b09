"""The trade page left open on a busy market: what it keeps in memory does not grow. ``MYCRYPTO_MEMORY_MINUTES=60`` plays an hour; three minutes are
played where nothing is said.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final
from uuid import UUID

import pytest

from tests.browser.market import Market
from tests.browser.recorded_feed import MIDDLE, Recording, metrics

MINUTES: Final = int(os.environ.get("MYCRYPTO_MEMORY_MINUTES", "3"))
TOLD_EVERY: Final = max(1, MINUTES // 12)
RATE: Final = 50
"""Messages of the book in a second; trades and the candle come five times a second, the tickers once."""
MIB: Final = 2**20
HEAP_GROWTH_MAX: Final = 2 * MIB
NODES_MAX: Final = 1_000
SYMBOL: Final = "BTC/TRY"
LOOK: Final = """async () => {
  const answer = await fetch('/api/v1/markets/tickers');
  return (await answer.json()).data;
}"""


class Beside:
    """What a busy market tells beside its book."""

    def __init__(self, tickers: list[dict[str, Any]]) -> None:
        self._tickers = tickers
        self._numbers = count(1)
        self._volume = 0

    def messages(self, at_ms: int, number: int) -> list[str]:
        """With the book's message of this number, which is told at this time."""
        told: list[dict[str, Any]] = []
        price = f"{MIDDLE + number % 40}.00"
        if number % (RATE // 5) == 0:
            self._volume += 1
            trades = [self._trade(at_ms, price) for _ in range(3)]
            told.append(
                {"type": "trades", "stream": "trades", "symbol": SYMBOL, "timestamp": at_ms, "sequence": self._volume, "data": trades}
            )
            opened = at_ms // 60_000 * 60_000
            candle: dict[str, Any] = {
                "opened_at": _iso(opened),
                "open": price,
                "high": f"{MIDDLE + 40}.00",
                "low": f"{MIDDLE}.00",
                "close": price,
            }
            candle |= {"volume": f"{self._volume}", "quote_volume": f"{self._volume * MIDDLE}", "trades": self._volume}
            of = {"stream": "candles", "symbol": SYMBOL, "interval": "1m", "sequence": self._volume, "ended": False}
            told.append({"type": "candle", "timestamp": at_ms, **of, "data": candle})
        if number % RATE == 0:
            rows = [row | {"last_price": price} if row["symbol"] == SYMBOL else row for row in self._tickers]
            told.append({"type": "tickers", "stream": "tickers", "timestamp": at_ms, "data": rows})
        return [json.dumps(each) for each in told]

    def _trade(self, at_ms: int, price: str) -> dict[str, Any]:
        number = next(self._numbers)
        figures = {"price": price, "quantity": "0.0100", "value": "35000.00", "side": "BUY", "is_buyer_maker": False}
        return {"id": str(UUID(int=number)), "symbol": SYMBOL, **figures, "executed_at": _iso(at_ms)}


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.slow
def test_the_trade_page_may_stay_open(page: Any, market: Market, told: Callable[[str], None]) -> None:
    page.set_default_timeout(200_000)
    recording = Recording(SYMBOL, seed=1)
    page.add_init_script(recording.script)
    page.goto("/islem/BTC-TRY")
    page.locator(".book.live").wait_for()
    page.locator(".chart-box canvas").first.wait_for()
    page.wait_for_load_state("networkidle")
    beside = Beside(page.evaluate(LOOK))
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    first: dict[str, float] = {}
    for minute in range(MINUTES + 1):
        begun = page.evaluate("Date.now()")
        messages = []
        for number, text in enumerate(recording.more(RATE * 60)):
            messages += [text, *beside.messages(begun + number * 1_000 // RATE, number)]
        page.evaluate("(messages) => playBook(messages, 60000 / messages.length)", messages)
        session.send("HeapProfiler.collectGarbage")
        now = metrics(session)
        first = first or now
        grown, nodes = now["JSHeapUsedSize"] - first["JSHeapUsedSize"], now["Nodes"] - first["Nodes"]
        if minute % TOLD_EVERY == 0:
            told(
                f"after {minute} min: heap {now['JSHeapUsedSize'] / MIB:.2f} MiB ({grown / MIB:+.2f}), {now['Nodes']:.0f} nodes ({nodes:+.0f})"
            )
        assert page.locator(".book.live").count() == 1, "no message was out of order, and every checksum fitted"
        assert grown <= HEAP_GROWTH_MAX
        assert nodes <= NODES_MAX
