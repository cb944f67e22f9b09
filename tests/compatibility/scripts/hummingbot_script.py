"""Hummingbot's connector, driven by its clock as its strategies are: a limit order that is cancelled, a market order, an order of a market maker."""

import asyncio
import os
from contextlib import suppress
from decimal import Decimal

from hummingbot.connector.exchange.binance import binance_constants
from hummingbot.connector.exchange.binance.binance_exchange import BinanceExchange
from hummingbot.core.clock import Clock, ClockMode
from hummingbot.core.data_type.common import OrderType
from hummingbot.core.event.event_logger import EventLogger
from hummingbot.core.event.events import (
    BuyOrderCompletedEvent,
    BuyOrderCreatedEvent,
    MarketEvent,
    OrderCancelledEvent,
    OrderFilledEvent,
    SellOrderCreatedEvent,
)

# docs: Hummingbot
URL = os.environ["SPOT_URL"]
WS = URL.replace("http", "ws", 1)
binance_constants.REST_URL = f"{URL}/api/"
binance_constants.WSS_URL = f"{WS}/ws"
binance_constants.WSS_API_URL = f"{WS}/ws-api/v3"
exchange = BinanceExchange(os.environ["SPOT_KEY"], os.environ["SPOT_SECRET"], trading_pairs=["BTC-USDT"])
# docs end
PAIR = "BTC-USDT"
SECONDS_MAX = 60
AMOUNT = Decimal("0.01")


class Ear:
    """What the connector tells its strategies."""

    def __init__(self) -> None:
        self._logger = EventLogger()
        for kind in MarketEvent:
            exchange.add_listener(kind, self._logger)

    async def hear(self, kind, order_id):
        async with asyncio.timeout(SECONDS_MAX):
            while True:
                found = [each for each in self._logger.event_log if isinstance(each, kind) and each.order_id == order_id]
                if found:
                    print("heard", found[-1], flush=True)
                    return found[-1]
                await asyncio.sleep(0.1)


async def trade() -> None:
    ear = Ear()
    async with asyncio.timeout(SECONDS_MAX):
        while True:
            if all(exchange.status_dict.values()):
                break
            await asyncio.sleep(0.2)
    print("ready", exchange.status_dict, flush=True)
    assert exchange.get_balance("BTC") > 0
    bid, ask = exchange.get_price(PAIR, False), exchange.get_price(PAIR, True)
    assert bid < ask, (bid, ask)

    low = exchange.buy(PAIR, AMOUNT, OrderType.LIMIT, exchange.quantize_order_price(PAIR, bid * Decimal("0.97")))
    created = await ear.hear(BuyOrderCreatedEvent, low)
    assert int(created.exchange_order_id) > 0
    exchange.cancel(PAIR, low)
    await ear.hear(OrderCancelledEvent, low)

    market = exchange.buy(PAIR, AMOUNT, OrderType.MARKET, ask)
    filled = await ear.hear(OrderFilledEvent, market)
    assert filled.trade_fee.flat_fees[0].token == "USDT", filled
    await ear.hear(BuyOrderCompletedEvent, market)

    high = exchange.sell(PAIR, AMOUNT, OrderType.LIMIT_MAKER, exchange.quantize_order_price(PAIR, ask * Decimal("1.03")))
    await ear.hear(SellOrderCreatedEvent, high)
    assert [order.client_order_id for order in exchange.limit_orders] == [high], exchange.limit_orders
    assert all(result.success for result in await exchange.cancel_all(20))
    await ear.hear(OrderCancelledEvent, high)
    assert not exchange.in_flight_orders


async def main() -> None:
    clock = Clock(ClockMode.REALTIME, tick_size=0.5)
    clock.add_iterator(exchange)
    with clock:
        ticking = asyncio.create_task(clock.run())
        try:
            await trade()
        finally:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking
            await exchange.stop_network()


asyncio.run(main())
print("DONE")
