"""A realistic flow of orders: passive orders around a wandering price, cancels, and some that take; at a given rate."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import aiohttp

from mycrypto_local.actors import Exchange
from mycrypto_local.client import ApiError, Trader

FUNDS: Final = {"ETH": "100", "BTC": "100", "USDT": "10000000"}
"""What each user of the mix needs to trade."""
IN_FLIGHT_MAX: Final = 256
KEPT_OPEN_MAX: Final = 12
PASSIVE_SHARE: Final = 0.51
CANCEL_SHARE: Final = 0.39


@dataclass(frozen=True, slots=True)
class Market:
    """A market of the mix and its price before the first trade. Amounts are decimal strings."""

    symbol: str
    first_price: Decimal
    tick: Decimal
    quantity: Decimal


MARKETS: Final = (
    Market("BTC/USDT", Decimal(100_000), Decimal("0.01"), Decimal("0.001")),
    Market("ETH/USDT", Decimal(4_000), Decimal("0.01"), Decimal("0.01")),
)


@dataclass(slots=True)
class MixReport:
    """Counts by outcome, and latencies from the intended send time to the answer in milliseconds."""

    sent: int = 0
    trades: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def percentile_ms(self, share: float) -> float:
        """The latency that ``share`` of the requests stayed below; 0 when there were none."""
        if not self.latencies_ms:
            return 0.0
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@dataclass(slots=True)
class _User:
    trader: Trader
    open_orders: list[str] = field(default_factory=list)


class Mix:
    """An open loop: requests leave at their intended time whether or not earlier ones have been answered."""

    def __init__(self, exchange: Exchange, traders: Sequence[Trader], *, seed: int) -> None:
        self.exchange = exchange
        self.users = [_User(trader) for trader in traders]
        self.report = MixReport()
        self._chance = random.Random(seed)  # noqa: S311 - a repeatable mix, nothing secret
        self._prices: dict[str, Decimal] = {}

    async def run(self, *, rate_per_s: float, seconds: float, told: Callable[[str], None]) -> MixReport:
        """Send ``rate_per_s`` requests a second for ``seconds``."""
        for market in MARKETS:
            self._prices[market.symbol] = await self._last_price(market)
        started = time.perf_counter()
        running: set[asyncio.Task[None]] = set()
        for number in range(int(rate_per_s * seconds)):
            intended = started + number / rate_per_s
            delay = intended - time.perf_counter()
            if delay > 0:
                await asyncio.sleep(delay)
            if len(running) >= IN_FLIGHT_MAX:
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            task = asyncio.create_task(self._one(intended))
            running.add(task)
            task.add_done_callback(running.discard)
            self.report.sent += 1
            if number % max(1, int(rate_per_s)) == 0:
                told(f"{self.report.sent} sent, {self.report.trades} trades, p99 {self.report.percentile_ms(0.99):.1f} ms")
        await asyncio.gather(*running)
        self.report.seconds = time.perf_counter() - started
        return self.report

    async def _last_price(self, market: Market) -> Decimal:
        path = market.symbol.replace("/", "")
        ticker = await self.exchange.api.request("GET", f"/api/v1/markets/{path}/ticker")
        return Decimal(ticker["last_price"]) if ticker.get("last_price") else market.first_price

    async def _one(self, intended: float) -> None:
        user = self._chance.choice(self.users)
        try:
            outcome = await self._act(user)
        except ApiError as refused:
            outcome = refused.code
        except (aiohttp.ClientError, TimeoutError) as broken:
            outcome = type(broken).__name__
        self.report.outcomes[outcome] += 1
        self.report.latencies_ms.append((time.perf_counter() - intended) * 1_000)

    async def _act(self, user: _User) -> str:
        draw = self._chance.random()
        if user.open_orders and (draw < CANCEL_SHARE or len(user.open_orders) >= KEPT_OPEN_MAX):
            order_id = user.open_orders.pop(self._chance.randrange(len(user.open_orders)))
            await user.trader.cancel(order_id)
            return "cancelled"
        market = self._chance.choice(MARKETS)
        side = self._chance.choice(("BUY", "SELL"))
        passive = draw < CANCEL_SHARE + PASSIVE_SHARE
        order = self._limit_order(market, side, passive=passive)
        answer = await user.trader.place(**order)
        self.report.trades += len(answer["trades"])
        if answer["order"]["status"] in {"OPEN", "PARTIALLY_FILLED"}:
            user.open_orders.append(answer["order"]["id"])
        return str(answer["order"]["status"]).lower()

    def _limit_order(self, market: Market, side: str, *, passive: bool) -> dict[str, object]:
        """Passive orders stand up to 50 ticks from the wandering price, others cross it by 100 as IOC."""
        price = self._prices[market.symbol] + self._chance.randint(-3, 3) * market.tick
        self._prices[market.symbol] = price
        away = self._chance.randint(1, 50) if passive else -100
        limit = price - away * market.tick if side == "BUY" else price + away * market.tick
        return {
            "symbol": market.symbol,
            "side": side,
            "type": "LIMIT",
            "time_in_force": "GTC" if passive else "IOC",
            "price": f"{limit:f}",
            "quantity": f"{market.quantity * self._chance.randint(1, 9):f}",
        }
