"""A funded key, and a market that is alive: one user quotes on both sides, another user trades."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode

import aiohttp
import httpx

from mycrypto_local.actors import Exchange
from mycrypto_local.client import PATIENCE_SECONDS, Api, ApiError, Trader
from mycrypto_local.keys_command import NewKey, make_key
from mycrypto_local.running import Running

SYMBOL: Final = "BTC/USDT"
FUNDS: Final = {"BTC": "10", "ETH": "100", "USDT": "1000000"}
LEVELS: Final = 8
PRICE: Final = Decimal(50_000)
BEAT_SECONDS: Final = 0.5


async def _funded(running: Running, name: str) -> NewKey:
    async with Api(running.base_url, patience_seconds=PATIENCE_SECONDS) as api:
        return await make_key(running, Exchange(api, running.webhooks).stranger(name), FUNDS, registered=False)


def funded_key(running: Running, name: str = "client") -> NewKey:
    return asyncio.run(_funded(running, name))


@contextmanager
def busy_account(url: str, key: NewKey) -> Iterator[None]:
    """The key's own account trades for as long as the block lasts, so that who listens to it hears something."""
    ended = threading.Event()

    def work() -> None:
        with httpx.Client(base_url=url, trust_env=False) as client:
            beat = 0
            while not ended.wait(BEAT_SECONDS):
                order = {"symbol": "BTCUSDT", "side": ("BUY", "SELL")[beat % 2], "type": "MARKET", "quantity": "0.001"}
                text = urlencode(order | {"timestamp": time.time_ns() // 1_000_000})
                signature = hmac.new(key.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
                client.post(f"/api/v3/order?{text}&signature={signature}", headers={"X-MBX-APIKEY": key.api_key})
                beat += 1

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def live_market(running: Running) -> Iterator[None]:
    """Quotes and trades for as long as the block lasts."""
    ended, begun = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(_play(running, ended, begun))
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)
            begun.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        begun.wait()
        if failed:
            raise failed[0]
        yield
    finally:
        ended.set()
        thread.join()


async def _play(running: Running, ended: threading.Event, begun: threading.Event) -> None:
    async with Api(running.base_url, patience_seconds=PATIENCE_SECONDS) as api:
        exchange = Exchange(api, running.webhooks)
        maker, taker = await exchange.funded_traders("market", 2, FUNDS, lambda _: None)
        beat = 0
        while not ended.is_set():
            try:
                if beat % 20 == 0:
                    await _quote(maker)
                side = ("BUY", "SELL")[beat % 2]
                await taker.place(symbol=SYMBOL, side=side, type="MARKET", quantity="0.001")
            except (ApiError, aiohttp.ClientError, OSError) as error:
                if not begun.is_set() and not (isinstance(error, ApiError) and error.status < 500):
                    raise
            begun.set()
            beat += 1
            await asyncio.sleep(BEAT_SECONDS)
        await maker.call("DELETE", "/api/v1/orders")


async def _quote(maker: Trader) -> None:
    """Around the last price, so that nothing lies outside the band."""
    ticker = await maker.call("GET", "/api/v1/markets/BTCUSDT/ticker")
    middle = Decimal(ticker["last_price"] or PRICE).quantize(Decimal("0.01"))
    listed = await maker.call("GET", "/api/v1/orders", query={"status": "ACTIVE", "limit": 100})
    before = [order["id"] for order in listed["data"]]
    orders = [
        {"symbol": SYMBOL, "side": side, "type": "LIMIT", "quantity": "0.4", "price": f"{middle + sign * level * 5:.2f}", "post_only": True}
        for level in range(1, LEVELS + 1)
        for side, sign in (("BUY", -1), ("SELL", 1))
    ]
    await maker.call("POST", "/api/v1/orders/batch", {"orders": orders})
    for order_id in before:  # only now, so that the book is never empty
        with suppress(ApiError):  # it was filled meanwhile
            await maker.cancel(order_id)
