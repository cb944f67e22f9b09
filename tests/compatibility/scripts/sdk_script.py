"""binance-sdk-spot: REST, the WebSocket API with user data, and a market stream."""

import asyncio
import os

from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketAPI, ConfigurationWebSocketStreams
from binance_sdk_spot.spot import Spot

# docs: binance-sdk-spot
URL = os.environ["SPOT_URL"]
WS = URL.replace("http", "ws", 1)
KEYS = {"api_key": os.environ["SPOT_KEY"], "api_secret": os.environ["SPOT_SECRET"]}
client = Spot(
    config_rest_api=ConfigurationRestAPI(**KEYS, base_path=URL),
    config_ws_api=ConfigurationWebSocketAPI(**KEYS, stream_url=f"{WS}/ws-api/v3"),
    config_ws_streams=ConfigurationWebSocketStreams(stream_url=f"{WS}/stream"),
)
# docs end
SYMBOL = "BTCUSDT"


def rest() -> None:
    api = client.rest_api
    bid = float(api.ticker_book_ticker(symbol=SYMBOL).data().actual_instance.bid_price)
    order = api.new_order(symbol=SYMBOL, side="BUY", type="LIMIT", time_in_force="GTC", quantity=0.01, price=round(bid * 0.97, 2)).data()
    assert order.status == "NEW"
    assert api.get_order(symbol=SYMBOL, order_id=order.order_id).data().status == "NEW"
    assert api.delete_order(symbol=SYMBOL, order_id=order.order_id).data().status == "CANCELED"
    assert api.get_account().data().balances
    print("REST done")


async def sockets() -> None:
    connection = await client.websocket_api.create_connection()
    placed = await connection.order_place(symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.01)
    assert placed.data().result.status == "FILLED", placed
    await connection.close_connection()
    streams = await client.websocket_streams.create_connection()
    heard = asyncio.Event()
    trades = await streams.trade(symbol=SYMBOL.lower())
    trades.on("message", lambda _: heard.set())
    await asyncio.wait_for(heard.wait(), 30)
    await streams.close_connection()


rest()
asyncio.run(asyncio.wait_for(sockets(), 90))
print("DONE")
