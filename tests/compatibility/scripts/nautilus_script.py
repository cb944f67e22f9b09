"""A TradingNode of NautilusTrader: NAUTILUS_RUN is first (orders of all kinds, one is left open) or again (the node finds it and ends it)."""

import os
from decimal import Decimal

from nautilus_trader.adapters.binance import BINANCE, BinanceLiveDataClientFactory, BinanceLiveExecClientFactory
from nautilus_trader.adapters.binance.config import BinanceDataClientConfig, BinanceExecClientConfig, BinanceInstrumentProviderConfig
from nautilus_trader.config import LiveExecEngineConfig, LoggingConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import InstrumentId, TraderId
from nautilus_trader.trading.strategy import Strategy, StrategyConfig

# docs: NautilusTrader
URL = os.environ["SPOT_URL"]
WS = URL.replace("http", "ws", 1)
SYMBOL = InstrumentId.from_str("BTCUSDT.BINANCE")
KEYS = {"api_key": os.environ["SPOT_KEY"], "api_secret": os.environ["SPOT_SECRET"]}
INSTRUMENTS = BinanceInstrumentProviderConfig(load_ids=frozenset({SYMBOL}))
CONFIG = TradingNodeConfig(
    trader_id=TraderId("TRADER-001"),
    logging=LoggingConfig(log_level="INFO", log_colors=False),
    exec_engine=LiveExecEngineConfig(reconciliation=True),
    data_clients={BINANCE: BinanceDataClientConfig(**KEYS, base_url_http=URL, base_url_ws=WS, instrument_provider=INSTRUMENTS)},
    exec_clients={
        BINANCE: BinanceExecClientConfig(
            **KEYS, base_url_http=URL, base_url_ws=f"{WS}/ws-api/v3", base_url_ws_stream=WS, instrument_provider=INSTRUMENTS
        )
    },
)
# docs end
AGAIN = os.environ["NAUTILUS_RUN"] == "again"
told: list[str] = []


def tell(what: str) -> None:
    told.append(what)
    print("TOLD", what, flush=True)


class Day(Strategy):
    """One order after the other, each when the one before has had its effect."""

    def on_start(self) -> None:
        self.begun = False
        self.left = self.bought = None
        self.instrument = self.cache.instrument(SYMBOL)
        self.subscribe_quote_ticks(SYMBOL)
        self.subscribe_trade_ticks(SYMBOL)

    def on_quote_tick(self, tick) -> None:
        if self.begun:
            return
        self.begun = True
        if AGAIN:
            self.go_on_after_a_restart()
            return
        self.bid, self.ask = tick.bid_price.as_decimal(), tick.ask_price.as_decimal()
        self.cancelled = self.limit(self.bid * Decimal("0.97"), post_only=True)
        self.submit_order(self.cancelled)

    def limit(self, price: Decimal, *, post_only: bool = False):
        quantity, at = self.instrument.make_qty(Decimal("0.01")), self.instrument.make_price(price)
        return self.order_factory.limit(SYMBOL, OrderSide.BUY, quantity, at, post_only=post_only)

    def on_order_accepted(self, event) -> None:
        tell(f"accepted {event.client_order_id}")
        if AGAIN:
            return
        if event.client_order_id == self.cancelled.client_order_id:
            self.cancel_order(self.cancelled)
        elif self.left is not None and event.client_order_id == self.left.client_order_id:
            tell("left open")
            node.stop()

    def on_order_canceled(self, event) -> None:
        tell(f"canceled {event.client_order_id}")
        if AGAIN:
            node.stop()
            return
        self.bought = self.order_factory.market(SYMBOL, OrderSide.BUY, self.instrument.make_qty(Decimal("0.01")))
        self.submit_order(self.bought)

    def on_order_filled(self, event) -> None:
        tell(f"filled {event.last_qty} at {event.last_px}, commission {event.commission}")
        if not AGAIN and self.cache.order(self.bought.client_order_id).is_closed:
            self.submit_order(self.limit(self.ask * Decimal("1.01"), post_only=True))

    def on_order_rejected(self, event) -> None:
        tell(f"rejected, due to post-only: {event.due_post_only}")
        self.left = self.limit(self.bid * Decimal("0.96"))
        self.submit_order(self.left)

    def go_on_after_a_restart(self) -> None:
        (order,) = self.cache.orders_open(instrument_id=SYMBOL)
        tell(f"found {order.client_order_id} {order.status_string()} {order.filled_qty}")
        self.cancel_order(order)


node = TradingNode(config=CONFIG)
node.trader.add_strategy(Day(StrategyConfig(external_order_claims=[SYMBOL])))  # what is found of this symbol is the strategy's
node.add_data_client_factory(BINANCE, BinanceLiveDataClientFactory)
node.add_exec_client_factory(BINANCE, BinanceLiveExecClientFactory)
node.build()
try:
    node.run()
finally:
    node.dispose()
wanted = ("found", "canceled") if AGAIN else ("accepted", "canceled", "filled", "rejected, due to post-only: True", "left open")
for text in wanted:
    assert any(line.startswith(text) for line in told), (text, told)
print("DONE")
