"""python-binance: a day over REST, a depth cache, and orders over sockets."""

import asyncio
import os

from binance import AsyncClient, BinanceSocketManager, Client, DepthCacheManager
from binance.base_client import BaseClient
from binance.exceptions import BinanceAPIException

# docs: python-binance
URL = os.environ["SPOT_URL"]
WS = URL.replace("http", "ws", 1)
BaseClient.API_URL = f"{URL}/api"
BaseClient.MARGIN_API_URL = f"{URL}/sapi"
BaseClient.WS_API_URL = f"{WS}/ws-api/v3"
BinanceSocketManager.STREAM_URL = f"{WS}/"
KEYS = (os.environ["SPOT_KEY"], os.environ["SPOT_SECRET"])
# docs end
SYMBOL = "BTCUSDT"


def rest() -> None:
    client = Client(*KEYS)
    assert client.get_symbol_info(SYMBOL)["baseAsset"] == "BTC"
    bid = float(client.get_orderbook_ticker(symbol=SYMBOL)["bidPrice"])
    assert client.get_klines(symbol=SYMBOL, interval="1m")
    assert client.get_account()["canTrade"]
    order = client.order_limit_buy(symbol=SYMBOL, quantity="0.01", price=f"{bid * 0.97:.2f}")
    assert order["status"] == "NEW"
    assert client.get_order(symbol=SYMBOL, orderId=order["orderId"])["status"] == "NEW"
    assert client.cancel_order(symbol=SYMBOL, orderId=order["orderId"])["status"] == "CANCELED"
    try:
        client.cancel_order(symbol=SYMBOL, orderId=order["orderId"])
    except BinanceAPIException as error:
        assert (error.code, error.message) == (-2011, "Unknown order sent."), error
    else:
        raise AssertionError("a second cancel must be refused")
    assert client.order_market_buy(symbol=SYMBOL, quantity="0.01")["status"] == "FILLED"
    assert client.get_my_trades(symbol=SYMBOL)
    assert client.create_test_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.01") == {}
    print("REST done")


async def sockets() -> None:
    client = await AsyncClient.create(*KEYS)
    try:
        async with DepthCacheManager(client, SYMBOL) as cache:
            for _ in range(5):
                book = await cache.recv()
                bids, asks = book.get_bids(), book.get_asks()
                assert bids and asks and bids[0][0] < asks[0][0], (bids[:1], asks[:1])
        async with BinanceSocketManager(client).trade_socket(SYMBOL) as trades:
            assert (await trades.recv())["s"] == SYMBOL
        placed = await client.ws_create_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.01")
        assert placed["status"] == "FILLED", placed
        assert (await client.ws_get_order_book(symbol=SYMBOL))["bids"]
    finally:
        await client.close_connection()


rest()
asyncio.run(asyncio.wait_for(sockets(), 90))
print("DONE")
