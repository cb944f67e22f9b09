"""A program on ccxt that trades and listens while its exchange is killed. It prints NOW when that may happen, and goes on when it has noticed it."""

import asyncio
import os
from collections import Counter
from contextlib import suppress
from itertools import count

import ccxt.pro
from ccxt_options import OPTIONS

SYMBOL = "BTC/USDT"
KILLS = int(os.environ["KILLS"])
ORDERS = 6
"""Around each kill."""
SECONDS_MAX = 600
exchange = ccxt.pro.binance(OPTIONS)
BREAKS = (ccxt.OperationFailed, ccxt.InvalidNonce, KeyError)
"""ccxt signs its subscription before it is connected: after a longer wait the time stamp is too old, and of that refusal ccxt makes a KeyError."""
interruptions = {"book": 0, "orders": 0}
heard: set[str] = set()
books = [0]
"""How many updates of the book were heard since this was set to 0."""
asked_again: Counter[str] = Counter()


async def listen(what, hear) -> None:
    """Until cancelled; ccxt connects again with the next call."""
    while True:
        try:
            await hear()
        except BREAKS:
            interruptions[what] += 1
            await asyncio.sleep(0.2)


async def book() -> None:
    found = await exchange.watch_order_book(SYMBOL)
    assert found["bids"][0][0] < found["asks"][0][0], "never crossed"
    books[0] += 1


async def orders() -> None:
    heard.update(order["clientOrderId"] for order in await exchange.watch_orders(SYMBOL))


async def surely(call):
    """The answer, after as many tries as it takes."""
    while True:
        try:
            return await call()
        except ccxt.OperationFailed as error:
            asked_again[type(error).__name__] += 1
            await asyncio.sleep(0.2)


async def place(name: str, price: float) -> str:
    """One order of this name, however often it is asked for. The number of the order."""

    async def ask():
        try:
            return await exchange.create_order(SYMBOL, "limit", "buy", 0.01, price, {"clientOrderId": name})
        except ccxt.InvalidOrder as error:  # it was asked for again after more than a minute
            assert "Duplicate order sent." in str(error), error
            return await exchange.fetch_order(name, SYMBOL, {"origClientOrderId": name})

    return (await surely(ask))["id"]


async def cancel(number: str) -> None:
    async def ask():
        with suppress(ccxt.OrderNotFound):  # the cancel whose answer was lost had worked
            await exchange.cancel_order(number, SYMBOL)

    await surely(ask)


async def until(what: str, is_so) -> None:
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            if is_so():
                break
            await asyncio.sleep(0.1)
    print(what, flush=True)


async def trade() -> None:
    await exchange.load_markets()
    price = float(exchange.price_to_precision(SYMBOL, (await exchange.fetch_order_book(SYMBOL, 5))["bids"][0][0] * 0.97))
    tasks = [asyncio.create_task(listen("book", book)), asyncio.create_task(listen("orders", orders))]
    kept: dict[str, str] = {}
    gone: dict[str, str] = {}

    async def place_and_cancel(name: str) -> None:
        gone[name] = await place(name, price)
        await cancel(gone[name])

    async def until_both_are_heard(turn: int) -> None:
        """Events are not told twice: only orders that are placed while the socket is open are heard."""
        books[0] = 0
        async with asyncio.timeout(SECONDS_MAX):
            for number in count():
                if books[0] and any(name.startswith(f"kill-{turn}-") for name in heard):
                    return
                await place_and_cancel(f"kill-{turn}-heard-{number}")
                await asyncio.sleep(0.5)

    for turn in range(KILLS):
        await until_both_are_heard(turn)
        before = dict(interruptions)
        for number in range(ORDERS):
            name = f"kill-{turn}-{number}"
            if number % 2:
                await place_and_cancel(name)
            else:
                kept[name] = await place(name, price)
            if number == 1:
                print("NOW", flush=True)  # while orders go on
            await asyncio.sleep(0.2)
        await until("both sockets ended", lambda before=before: all(interruptions[each] > before[each] for each in before))
    await until_both_are_heard(KILLS)
    assert not any(task.done() for task in tasks), [task for task in tasks if task.done()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    listed = [order for order in await exchange.fetch_orders(SYMBOL, limit=500) if order["clientOrderId"].startswith("kill-")]
    assert len(listed) == len(kept | gone), "each order once, and none that was not asked for"
    assert {order["clientOrderId"]: order["id"] for order in listed} == kept | gone
    assert {order["clientOrderId"] for order in listed if order["status"] == "canceled"} == set(gone)
    assert {order["clientOrderId"] for order in await exchange.fetch_open_orders(SYMBOL)} == set(kept)
    await exchange.cancel_all_orders(SYMBOL)


async def main() -> None:
    try:
        await trade()
    finally:
        await exchange.close()


asyncio.run(main())
print("DONE", f"asked again because of {dict(asked_again)}, connections that ended: {interruptions}")
