"""Binance's limits: fixed windows of weights and raw requests by address, and of orders by account. An address that goes on is banned for a while.

Every gateway counts its own requests and adds them to the others' in Redis four times a second. While Redis is away each gateway counts for itself.
Only the gateway that banned an address knows of the ban.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final, Protocol

import msgspec
import redis.exceptions

from engine_container.gateway.binance.errors import BinanceError
from engine_container.metrics import Counter

SUBJECTS_MAX: Final = 100_000
SHARE_SECONDS: Final = 0.25
REFUSED_MAX: Final = 200
"""Refusals of one address in one minute; after them it is shut out."""
BAN_SECONDS: Final = 120
BAN_SECONDS_MAX: Final = 3 * 86_400

REFUSED: Final = Counter("rate_limit_hits_total")


class Window(msgspec.Struct, frozen=True):
    """So much in so many seconds, which begin at multiples of their length."""

    kind: str
    seconds: int
    limit: int
    unit: str
    number: int

    def described(self) -> dict[str, Any]:
        """As ``exchangeInfo`` has it."""
        return {"rateLimitType": self.kind, "interval": self.unit, "intervalNum": self.number, "limit": self.limit}


WEIGHT: Final = Window("REQUEST_WEIGHT", 60, 6_000, "MINUTE", 1)
ORDERS_10S: Final = Window("ORDERS", 10, 100, "SECOND", 10)
ORDERS_1D: Final = Window("ORDERS", 86_400, 200_000, "DAY", 1)
RAW: Final = Window("RAW_REQUESTS", 300, 61_000, "MINUTE", 5)
WINDOWS: Final = (WEIGHT, ORDERS_10S, ORDERS_1D, RAW)


class Counts(Protocol):
    """The part of an asynchronous Redis client that is needed."""

    def incrby(self, name: str, amount: int) -> Awaitable[Any]: ...
    def expire(self, name: str, time: int) -> Awaitable[Any]: ...


class _Count:
    """``shared`` is what Redis said last, ``own`` what is not in it yet."""

    __slots__ = ("begin", "own", "shared")

    def __init__(self, begin: int) -> None:
        self.begin = begin
        self.own = 0
        self.shared = 0

    @property
    def used(self) -> int:
        return self.own + self.shared


class Limits:
    def __init__(self, counts: Callable[[], Counts], *, enforced: bool) -> None:
        """``counts`` tells where counts are shared now."""
        self._counts = counts
        self._enforced = enforced
        self._windows: OrderedDict[tuple[str, Window], _Count] = OrderedDict()
        self._unshared: set[tuple[str, Window]] = set()
        self._refusals: dict[str, tuple[int, int]] = {}
        """How often an address was refused in which minute."""
        self._banned: OrderedDict[str, tuple[float, int]] = OrderedDict()
        """Until when an address is shut out, and for how long the last time."""

    def used(self, subject: str, window: Window) -> int:
        """How much of the present window is used."""
        count = self._windows.get((subject, window))
        return count.used if count is not None and count.begin == _begin(window) else 0

    def arrive(self, address: str) -> None:
        """One more request, whatever it is. Raises 418 for who is shut out, and -1003."""
        banned = self._banned.get(address)
        if banned is not None and time.time() < banned[0]:
            raise _shut_out(banned[0])
        self._spend(address, RAW, 1, address)

    def weigh(self, address: str, weight: int) -> None:
        """Raises -1003."""
        self._spend(address, WEIGHT, weight, address)

    def order(self, account: str, address: str, count: int = 1) -> None:
        """So many new orders. Raises -1015."""
        self._spend(account, ORDERS_10S, count, address)
        self._spend(account, ORDERS_1D, count, address)

    def _spend(self, subject: str, window: Window, amount: int, address: str) -> None:
        key = (subject, window)
        begin = _begin(window)
        count = self._windows.get(key)
        if count is None or count.begin != begin:
            if len(self._windows) >= SUBJECTS_MAX:
                self._unshared.discard(self._windows.popitem(last=False)[0])
            count = self._windows[key] = _Count(begin)
        if self._enforced and count.used + amount > window.limit:
            self._refuse(address)
            raise _too_many(window)
        count.own += amount
        self._unshared.add(key)

    def _refuse(self, address: str) -> None:
        REFUSED.add(1, ("binance",))
        minute = int(time.time()) // 60
        seen, times = self._refusals.get(address, (minute, 0))
        times = times + 1 if seen == minute else 1
        if len(self._refusals) >= SUBJECTS_MAX:
            self._refusals.clear()
        self._refusals[address] = (minute, times)
        if times >= REFUSED_MAX:
            last = self._banned.pop(address, (0.0, 0))[1]
            seconds = min(max(BAN_SECONDS, 2 * last), BAN_SECONDS_MAX)
            if len(self._banned) >= SUBJECTS_MAX:
                self._banned.popitem(last=False)
            self._banned[address] = (time.time() + seconds, seconds)

    async def run(self) -> None:
        """Share counts until cancelled."""
        while True:
            await asyncio.sleep(SHARE_SECONDS)
            unshared, self._unshared = self._unshared, set()
            try:
                for key in unshared:
                    await self._share(*key)
            except (redis.exceptions.RedisError, OSError):
                self._unshared |= unshared

    async def _share(self, subject: str, window: Window) -> None:
        count = self._windows.get((subject, window))
        if count is None or count.begin != _begin(window) or not count.own:
            return
        amount, name = count.own, f"binance:{window.kind}:{window.seconds}:{subject}:{count.begin}"
        count.shared, count.own = int(await self._counts().incrby(name, amount)), count.own - amount
        await self._counts().expire(name, window.seconds + 60)


def _begin(window: Window) -> int:
    return int(time.time()) // window.seconds


def _too_many(window: Window) -> BinanceError:
    left = window.seconds - int(time.time()) % window.seconds
    unit = f"{window.number} {window.unit}"
    if window.kind == "ORDERS":
        message = f"Too many new orders; current limit is {window.limit} orders per {unit}."
        return BinanceError(-1015, message, HTTPStatus.TOO_MANY_REQUESTS, retry_after=left)
    what = "request weight" if window is WEIGHT else "requests"
    message = f"Too many requests; current limit is {window.limit} {what} per {unit}. Please use WebSocket Streams for live updates."
    return BinanceError(-1003, message, HTTPStatus.TOO_MANY_REQUESTS, retry_after=left)


def _shut_out(until: float) -> BinanceError:
    message = f"Way too many requests; IP banned until {int(until * 1_000)}. Please use WebSocket Streams for live updates to avoid bans."
    return BinanceError(-1003, message, HTTPStatus.IM_A_TEAPOT, retry_after=max(1, int(until - time.time())))
