"""binance-connector: REST, the WebSocket API, and a market stream."""

import json
import os
import threading

from binance.error import ClientError
from binance.spot import Spot
from binance.websocket.spot.websocket_api import SpotWebsocketAPIClient
from binance.websocket.spot.websocket_stream import SpotWebsocketStreamClient

# docs: binance-connector
URL = os.environ["SPOT_URL"]
WS = URL.replace("http", "ws", 1)
client = Spot(os.environ["SPOT_KEY"], os.environ["SPOT_SECRET"], base_url=URL)
# docs end
SYMBOL = "BTCUSDT"

bid = float(client.book_ticker(symbol=SYMBOL)["bidPrice"])
assert client.exchange_info(symbol=SYMBOL)["symbols"]
order = client.new_order(symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity=0.01, price=round(bid * 0.97, 2))
assert client.get_order(SYMBOL, orderId=order["orderId"])["status"] == "NEW"
assert client.cancel_order(SYMBOL, orderId=order["orderId"])["status"] == "CANCELED"
try:
    client.cancel_order(SYMBOL, orderId=order["orderId"])
except ClientError as error:
    assert (error.error_code, error.error_message) == (-2011, "Unknown order sent."), error
else:
    raise AssertionError("a second cancel must be refused")
assert client.account()["balances"]
assert client.new_listen_key()["listenKey"]

heard, answered = threading.Event(), threading.Event()


def on_stream(_: object, text: str) -> None:
    if json.loads(text).get("e") == "trade":
        heard.set()


def on_answer(_: object, text: str) -> None:
    message = json.loads(text)
    assert message["status"] == 200, message
    answered.set()


stream = SpotWebsocketStreamClient(stream_url=WS, on_message=on_stream)
stream.trade(symbol=SYMBOL)
assert heard.wait(30), "no trade was heard"
stream.stop()
api = SpotWebsocketAPIClient(
    stream_url=f"{WS}/ws-api/v3", api_key=os.environ["SPOT_KEY"], api_secret=os.environ["SPOT_SECRET"], on_message=on_answer
)
api.new_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.01, newOrderRespType="RESULT")
assert answered.wait(30), "the order was not answered"
api.stop()
print("DONE")
