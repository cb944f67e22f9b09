"""Holds everything that was acknowledged against the platform, when it is well again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any, Final

from mycrypto_local.client import ApiError, Trader
from mycrypto_local.running import Running
from mycrypto_local.verify import verify
from tests.chaos.workload import FINAL, FUNDS, Heard

SETTLED_SECONDS: Final = 240.0
"""A deposit whose command was not sent at once goes with a job that runs each minute, on a machine that others may keep busy."""
AGAIN_SECONDS: Final = 2.0
"""Between two looks: each reads the wallet three times, and a user may do so 100 times a minute. Looks that are refused would use up what is left."""
AT_ONCE: Final = 8


async def differences(running: Running, heard: Heard, traders: list[Trader], expected: dict[str, Decimal]) -> list[str]:
    """In words; ``expected``: what each user should have in ETH."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(order_id: str) -> list[str]:
        async with gate:
            return [line async for line in _order(heard, order_id)]

    found = [line for lines in await asyncio.gather(*map(one, sorted(heard.orders))) for line in lines]
    found += [line for name, owner in heard.undone.items() for line in [await _undone(name, owner)] if line]
    found += heard.raw
    for trader in traders:
        found += await _in_time(partial(_money, trader, expected.get(trader.email, FUNDS["ETH"])))
    report = await verify(running)
    return found + report.differences


async def _order(heard: Heard, order_id: str) -> Any:
    told = heard.orders[order_id]
    try:
        now = await heard.owners[order_id].call("GET", f"/api/v1/orders/{order_id}")
    except ApiError as error:
        yield f"order {order_id} was acknowledged, and now: {error}"
        return
    for line in _compared(told, now):
        yield f"order {order_id}: {line}"


def _compared(told: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    if Decimal(now["filled_quantity"]) < Decimal(told["filled_quantity"]):
        yield f"{told['filled_quantity']} were filled, now {now['filled_quantity']}"
    if told["status"] in FINAL and now["status"] != told["status"]:
        yield f"it was {told['status']}, now {now['status']}"
    for name in ("price", "quantity", "side", "client_order_id"):
        if now[name] != told[name]:
            yield f"its {name} was {told[name]}, now {now[name]}"


async def _undone(name: str, owner: Trader) -> str:
    try:
        await owner.call("GET", f"/api/v1/orders/by-client-id/{name}")
    except ApiError as error:
        return "" if error.status == 404 else f"{name} was answered as not done, and now: {error}"
    return f"order {name} was answered as not done and is there"


async def _in_time(look: Callable[[], Awaitable[list[str]]]) -> list[str]:
    """What still differs when settlement has had its time."""
    deadline = time.monotonic() + SETTLED_SECONDS
    while (found := await _looked(look)) and time.monotonic() < deadline:  # noqa: ASYNC110 - what is waited for knows of no event
        await asyncio.sleep(AGAIN_SECONDS)
    return found


async def _looked(look: Callable[[], Awaitable[list[str]]]) -> list[str]:
    try:
        return await look()
    except ApiError as error:
        if error.status == 429:  # the history has used up what the window allows
            return [str(error)]
        raise


async def _money(trader: Trader, ether: Decimal) -> list[str]:
    found = []
    for currency in FUNDS:
        wallet, engine = await trader.wallet_balance(currency), await trader.trading_balance(currency)
        pair = (Decimal(wallet["available_balance"]), Decimal(wallet["locked_balance"]))
        if pair != (Decimal(engine["available"]), Decimal(engine["locked"])):
            found.append(f"{trader.email} {currency}: wallet {pair}, engine {engine}")
        if currency == "ETH" and Decimal(engine["total"]) != ether:
            found.append(f"{trader.email} paid in {ether} ETH and has {engine['total']}")
    return found
