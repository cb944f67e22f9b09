"""A day of a trader who uses ccxt, call by call, synchronous."""

import ccxt
from ccxt_options import OPTIONS

SYMBOL = "BTC/USDT"
exchange = ccxt.binance(OPTIONS)
markets = exchange.load_markets()
assert SYMBOL in markets, list(markets)
book = exchange.fetch_order_book(SYMBOL, 5)
bid, ask = book["bids"][0][0], book["asks"][0][0]
ticker = exchange.fetch_ticker(SYMBOL)
assert ticker["last"] and ticker["bid"] <= ticker["ask"]
assert exchange.fetch_trades(SYMBOL, limit=5)
assert exchange.fetch_ohlcv(SYMBOL, "1m", limit=5)
assert exchange.fetch_balance()["USDT"]["free"] > 0
assert exchange.fetch_trading_fees()[SYMBOL]["taker"] == 0.001


def refused(kind, call):
    try:
        call()
    except kind as error:
        print("refused as meant:", type(error).__name__, error)
        return
    raise AssertionError(f"{kind.__name__} was not raised")


low = exchange.price_to_precision(SYMBOL, bid * 0.97)
order = exchange.create_order(SYMBOL, "limit", "buy", 0.01, low, {"clientOrderId": "ccxt-script-1"})
assert order["status"] == "open", order
found = exchange.fetch_order(order["id"], SYMBOL)
assert found["clientOrderId"] == "ccxt-script-1" and found["amount"] == 0.01
assert [each["id"] for each in exchange.fetch_open_orders(SYMBOL)] == [order["id"]]
edited = exchange.edit_order(order["id"], SYMBOL, "limit", "buy", 0.02, low)
assert edited["status"] == "open" and edited["amount"] == 0.02, edited
cancelled = exchange.cancel_order(edited["id"], SYMBOL)
assert cancelled["status"] == "canceled", cancelled
refused(ccxt.OrderNotFound, lambda: exchange.cancel_order(edited["id"], SYMBOL))
refused(ccxt.OrderNotFound, lambda: exchange.fetch_order("999999999", SYMBOL))
market = exchange.create_market_buy_order_with_cost(SYMBOL, 600)
assert market["status"] == "closed" and market["filled"] > 0 and market["fee"]["currency"] == "USDT", market
assert exchange.create_order(SYMBOL, "market", "sell", market["filled"])["status"] == "closed"
refused(ccxt.OrderImmediatelyFillable, lambda: exchange.create_order(SYMBOL, "limit", "buy", 0.01, ask * 1.01, {"postOnly": True}))
refused(ccxt.InsufficientFunds, lambda: exchange.create_order(SYMBOL, "limit", "sell", 15, ask * 1.02))
refused(ccxt.BadRequest, lambda: exchange.create_order(SYMBOL, "limit", "buy", 0.0001, 1000))  # as with Binance: NOTIONAL
stop = exchange.create_order(SYMBOL, "limit", "sell", 0.01, bid * 0.95, {"stopLossPrice": bid * 0.96})
assert stop["id"]
trailing = exchange.create_order(SYMBOL, "STOP_LOSS", "sell", 0.01, None, {"trailingDelta": 100})
iceberg = exchange.create_order(SYMBOL, "limit", "sell", 0.1, ask * 1.03, {"icebergQty": exchange.amount_to_precision(SYMBOL, 0.01)})
assert exchange.create_order(SYMBOL, "limit", "buy", 0.01, low, {"test": True}) is not None
assert len(exchange.fetch_open_orders(SYMBOL)) == 3
assert len(exchange.cancel_all_orders(SYMBOL)) == 3
mine = exchange.fetch_my_trades(SYMBOL, limit=50)
assert {trade["side"] for trade in mine} == {"buy", "sell"}
assert {"canceled", "closed"} <= {each["status"] for each in exchange.fetch_orders(SYMBOL, limit=50)}
assert exchange.fetch_closed_orders(SYMBOL)
print("DONE", ccxt.__version__)
