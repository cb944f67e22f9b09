"""Programs that use the exchange all the while, whatever becomes of it: each request on its own, so that one that waits holds up no other.

What was acknowledged is remembered, and when; what was not is counted by its answer.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from random import Random
from typing import Any, Final

import aiohttp

from mycrypto_local.actors import Exchange
from mycrypto_local.client import ApiError, Trader
from mycrypto_local.simulate import chain_deposit

SYMBOL: Final = "BTC/USDT"
MIDDLE: Final = Decimal(50_000)
LOT: Final = Decimal("0.0001")
FUNDS: Final = {"BTC": Decimal(5), "USDT": Decimal(500_000), "ETH": Decimal(3)}
OPEN_MAX: Final = 12
NOT_ANSWERED: Final = (aiohttp.ClientError, OSError, TimeoutError)
FINAL: Final = {"FILLED", "CANCELLED", "EXPIRED", "REJECTED"}
DEFECTS: Final = {"", "INTERNAL_ERROR"}
"""What is away or full is no reason for them: 503 and 504 say so."""
AT_ONCE: Final = {"orders": 40, "reads": 20, "wallet": 4, "log-in": 2, "deposits": 2}
"""So many of a kind may wait; a part that is away is not to be buried under what waits for it."""
EVERY_SECONDS: Final = {"orders": 0.15, "reads": 0.3, "wallet": 1.0, "log-in": 1.5, "deposits": 2.5}


@dataclass
class Heard:
    """What the platform has said."""

    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The last state of each, by id."""
    owners: dict[str, Trader] = field(default_factory=dict)
    undone: dict[str, Trader] = field(default_factory=dict)
    """client_order_ids that were answered 503: nothing was done."""
    deposits: dict[str, Decimal] = field(default_factory=dict)
    """ETH whose report was acknowledged, by user."""
    good: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """When a good answer came, by kind."""
    refusals: Counter[str] = field(default_factory=Counter)
    raw: list[str] = field(default_factory=list)
    """Errors of ours that are no problem+json, or that say that a function met what it does not know."""

    def longest_silence(self, kind: str, begin: float, end: float) -> float:
        """Between two good answers of a kind, in seconds."""
        times = [begin, *(moment for moment in self.good[kind] if begin <= moment <= end), end]
        return max(later - earlier for earlier, later in pairwise(times))


class Workload:
    def __init__(self, exchange: Exchange, traders: list[Trader], address: str, seed: int) -> None:
        self._exchange = exchange
        self._traders = traders
        self._address = address
        """Of the first trader, for ETH."""
        self._random = Random(seed)
        self._names = f"c{seed}-{secrets.token_hex(3)}"
        self._number = 0
        self._open: dict[str, Trader] = {}
        self._going = True
        self.heard = Heard()

    async def begin(self) -> None:
        """What is open from before would fill what a user may have open."""
        for trader in self._traders:
            for status in ("ACTIVE",):
                page = await trader.call("GET", "/api/v1/orders", query={"status": status, "limit": 100})
                for order in page["data"]:
                    await trader.cancel(order["id"])

    async def run(self) -> None:
        """Until :meth:`stop`, and then until everything is answered."""
        works: dict[str, Callable[[], Awaitable[None]]] = {
            "orders": self._trade, "reads": self._read, "wallet": self._wallet, "log-in": self._log_in, "deposits": self._deposit,
        }  # fmt: skip
        await asyncio.gather(*(self._keep(kind, work) for kind, work in works.items()))

    def stop(self) -> None:
        self._going = False

    async def _keep(self, kind: str, work: Callable[[], Awaitable[None]]) -> None:
        own: set[asyncio.Task[None]] = set()
        while self._going:
            if len(own) < AT_ONCE[kind]:
                task = asyncio.create_task(self._once(kind, work))
                own.add(task)
                task.add_done_callback(own.discard)
            await asyncio.sleep(EVERY_SECONDS[kind])
        await asyncio.gather(*own)

    async def _once(self, kind: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except ApiError as error:
            self.heard.refusals[f"{kind}: {error.status} {error.code}"] += 1
            if error.status >= 500 and error.code in DEFECTS:
                self.heard.raw.append(str(error)[:200])
        except NOT_ANSWERED as error:
            self.heard.refusals[f"{kind}: {type(error).__name__}"] += 1
        else:
            self.heard.good[kind].append(time.monotonic())

    async def _trade(self) -> None:
        if len(self._open) >= OPEN_MAX or (self._open and self._random.random() < 0.35):
            order_id = self._random.choice(sorted(self._open))
            owner = self._open.pop(order_id)
            answer = await owner.cancel(order_id)
            self._remember(owner, answer.get("order", answer))
            return
        owner = self._random.choice(self._traders)
        side = self._random.choice(("BUY", "SELL"))
        away = self._random.randint(-3, 12) * Decimal("0.01")
        self._number += 1
        name = f"{self._names}-{self._number}"
        order = {
            "symbol": SYMBOL, "side": side, "type": "LIMIT", "price": f"{MIDDLE - away if side == 'BUY' else MIDDLE + away:f}",
            "quantity": f"{LOT * self._random.randint(3, 20):f}", "client_order_id": name,
        }  # fmt: skip
        try:
            answer = await owner.place(**order)
        except ApiError as error:
            if error.status == 503:
                self.heard.undone[name] = owner
            raise
        self._remember(owner, answer["order"])
        if answer["order"]["status"] in {"OPEN", "PARTIALLY_FILLED"}:
            self._open[answer["order"]["id"]] = owner

    def _remember(self, owner: Trader, order: dict[str, Any]) -> None:
        known = self.heard.orders.get(order["id"])
        if known is None or known["status"] not in FINAL:  # answers may overtake each other
            self.heard.orders[order["id"]] = order
        self.heard.owners[order["id"]] = owner

    async def _read(self) -> None:
        if not self.heard.orders:
            return
        order_id = self._random.choice(sorted(self.heard.orders))
        await self.heard.owners[order_id].call("GET", f"/api/v1/orders/{order_id}")

    async def _wallet(self) -> None:
        await self._random.choice(self._traders).wallet_balance("USDT")

    async def _log_in(self) -> None:
        trader = self._traders[-1]
        body = {"email": trader.email, "password": trader.password}
        await self._exchange.api.request("POST", "/api/auth/login", body)

    async def _deposit(self) -> None:
        """A transaction of the chain, which its watcher reports until it is heard."""
        amount = Decimal(self._random.randint(1, 9)) / 1000
        tx_hash = "0x" + secrets.token_hex(32)
        while True:
            try:
                await chain_deposit(
                    self._exchange.api, self._exchange.webhooks, address=self._address, currency="ETH", amount=str(amount), tx_hash=tx_hash
                )
            except (ApiError, *NOT_ANSWERED):
                await asyncio.sleep(0.3)
            else:
                break
        email = self._traders[0].email
        self.heard.deposits[email] = self.heard.deposits.get(email, Decimal(0)) + amount
