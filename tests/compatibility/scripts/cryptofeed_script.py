"""cryptofeed: books, trades, tickers and candles for a while; the book is never dropped because an update is missing, and never crossed."""

import logging
import os
import time
from decimal import Decimal

from cryptofeed import FeedHandler
from cryptofeed.connection import RestEndpoint, Routes, WebsocketEndpoint
from cryptofeed.defines import CANDLES, L2_BOOK, TICKER, TRADES
from cryptofeed.exchanges import Binance

# docs: cryptofeed
URL = os.environ["SPOT_URL"]  # with TLS: cryptofeed takes no address without; SSL_CERT_FILE names a certificate of your own
Binance.websocket_endpoints = [WebsocketEndpoint(URL.replace("http", "ws", 1))]
Binance.rest_endpoints = [RestEndpoint(URL, routes=Routes("/api/v3/exchangeInfo", l2book="/api/v3/depth?symbol={}&limit={}"))]
# docs end
SECONDS = float(os.environ["CRYPTOFEED_SECONDS"])
SYMBOL = "BTC-USDT"
heard = dict.fromkeys((L2_BOOK, TRADES, TICKER, CANDLES), 0)
wrong: list[str] = []
ends_at = time.monotonic() + SECONDS


class Told(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            wrong.append(record.getMessage())


logging.getLogger("feedhandler").addHandler(Told())
handler = FeedHandler(config={"log": {"filename": "cryptofeed.log", "level": "INFO"}})


def end_in_time() -> None:
    if time.monotonic() > ends_at:
        handler.request_stop()


async def book(each, _received) -> None:
    heard[L2_BOOK] += 1
    bid, ask = each.book.bids.index(0)[0], each.book.asks.index(0)[0]
    if bid >= ask:
        wrong.append(f"crossed: {bid} and {ask}")
    end_in_time()


async def trade(each, _received) -> None:
    heard[TRADES] += 1
    assert isinstance(each.price, Decimal), each


async def ticker(each, _received) -> None:
    heard[TICKER] += 1
    if each.bid >= each.ask:
        wrong.append(f"crossed ticker: {each}")


async def candle(_each, _received) -> None:
    heard[CANDLES] += 1


callbacks = {L2_BOOK: book, TRADES: trade, TICKER: ticker, CANDLES: candle}
handler.add_feed(Binance(symbols=[SYMBOL], channels=[L2_BOOK, TRADES, TICKER, CANDLES], callbacks=callbacks, candle_closed_only=False))
handler.run()
print(heard, wrong)
assert all(heard.values()), heard
assert not wrong, wrong
print("DONE")
