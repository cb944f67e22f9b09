"""Conditional orders of the naive exchange: when they fire, and how trailing ones follow the price."""

from __future__ import annotations

from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus, OrderType, Side, SymbolStatus, TimeInForce
from mycrypto.money import BPS
from tests.property.naive_state import Order
from tests.property.naive_trading import NaiveTrading


class NaiveTriggers(NaiveTrading):
    def follow(self, order: Order, price: int) -> bool:
        if not price:
            return False
        away = order.command.trail_bps
        if not order.extreme:
            activation = order.command.activation_price or order.command.stop_price
            upward = order.side is Side.SELL if order.command.type is OrderType.TRAILING_STOP else self.upward(order)
            if not activation or (price >= activation if upward else price <= activation):
                order.extreme = price
            return False
        if order.side is Side.BUY:
            order.extreme = min(order.extreme, price)
            return price * BPS >= order.extreme * (BPS + away)
        order.extreme = max(order.extreme, price)
        return price * BPS <= order.extreme * (BPS - away)

    def until_hit(self, order: Order) -> list[int]:
        """The prints that a trailing order looks at: it stops looking when it has fired."""
        seen: list[int] = []
        probe = Order(0, 0, order.command, 0, 0, 0, 0, order.mode, extreme=order.extreme)
        for price in self.prints:
            seen.append(price)
            if self.follow(probe, price):
                break
        return seen

    def fire(self, order: Order) -> None:
        self.take_over(order)
        order.place = ""
        self.touch(order.user, self.asset(order))
        self.events.append(e.OrderTriggered(order.number, order.created, order.user, self.rules.symbol, self.last))
        if not order.price:
            self.run_market(order, self.available(order.user, self.rules.quote) if order.side is Side.BUY else None)
        elif order.command.time_in_force is TimeInForce.FOK and self.can_have(order)[0] < order.open:
            self.announce(order, OrderStatus.CANCELLED, "FOK")
        else:
            self.run_limit(order)

    def wait(self, order: Order) -> None:
        self.enter(order, "waiting")
        if order.command.trail_bps:
            self.follow(order, self.last)
        elif self.at_once(order):
            self.fire(order)

    def start(self, order: Order, waits: bool) -> None:
        if waits:
            self.wait(order)
        elif order.command.type is OrderType.MARKET:
            self.run_market(order, None)
        else:
            self.run_limit(order)

    def cascade(self) -> None:
        queue: list[Order] = []
        while self.status is SymbolStatus.ACTIVE:
            fired = []
            for order in self.waiting():
                if order.queued:
                    continue
                if order.command.trail_bps:
                    hits = [self.follow(order, price) for price in self.until_hit(order)]
                    hit = any(hits)
                else:
                    hit = any(self.reached(order, price) for price in self.prints)
                if hit:
                    order.queued = True
                    fired.append(order)
            self.prints = []
            queue += sorted(fired, key=lambda o: o.number)
            queue = [o for o in queue if o.place == "waiting"]
            if not queue:
                return
            self.fire(queue.pop(0))
