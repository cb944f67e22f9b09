"""The same exchange for programs that use ccxt's asynchronous half and its sockets."""

import asyncio

import ccxt.pro
from ccxt_options import OPTIONS

SYMBOL = "BTC/USDT"


async def main() -> None:
    exchange = ccxt.pro.binance(OPTIONS)
    try:
        await exchange.load_markets()
        balance = await exchange.fetch_balance()
        assert balance["BTC"]["free"] > 0
        book = await exchange.watch_order_book(SYMBOL)
        assert book["bids"][0][0] < book["asks"][0][0]
        for _ in range(5):
            book = await exchange.watch_order_book(SYMBOL)
            assert book["bids"][0][0] < book["asks"][0][0], "never crossed"
        assert (await exchange.watch_trades(SYMBOL))[0]["price"] > 0
        assert (await exchange.watch_ticker(SYMBOL))["last"] > 0
        assert await exchange.watch_ohlcv(SYMBOL, "1m")
        print("market streams heard")
        watching = asyncio.create_task(exchange.watch_orders(SYMBOL))
        balances = asyncio.create_task(exchange.watch_balance())
        fills = asyncio.create_task(exchange.watch_my_trades(SYMBOL))
        await asyncio.sleep(1.5)
        order = await exchange.create_order(SYMBOL, "limit", "buy", 0.01, book["bids"][0][0] * 0.97)
        heard = await asyncio.wait_for(watching, 20)
        assert heard[-1]["id"] == order["id"], (heard, order)
        assert (await asyncio.wait_for(balances, 20))["USDT"]["used"] > 0
        await exchange.cancel_order(order["id"], SYMBOL)
        placed = await exchange.create_order_ws(SYMBOL, "limit", "buy", 0.01, book["bids"][0][0] * 0.97)
        assert placed["status"] == "open", placed
        gone = await exchange.cancel_order_ws(placed["id"], SYMBOL)
        assert gone["status"] == "canceled", gone
        bought = await exchange.create_order_ws(SYMBOL, "market", "buy", 0.01)
        assert bought["status"] == "closed", bought
        assert (await asyncio.wait_for(fills, 20))[-1]["amount"] > 0
        assert await exchange.fetch_my_trades_ws(SYMBOL)
        print("DONE", ccxt.pro.__version__)
    finally:
        await exchange.close()


asyncio.run(main())
