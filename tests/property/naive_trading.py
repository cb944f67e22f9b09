"""Trades of the naive exchange: price first, then turn; self-trade prevention; how orders rest and end."""

from __future__ import annotations

from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus, SelfTradePrevention, Side, SymbolStatus, TimeInForce
from mycrypto.money import fee_units
from tests.property.naive_checks import NaiveChecks
from tests.property.naive_state import DAY_MS, Order


class NaiveTrading(NaiveChecks):
    def expiry(self, order: Order) -> int:
        if order.command.time_in_force is TimeInForce.DAY:
            return (order.created // DAY_MS + 1) * DAY_MS
        return order.command.expires_ms

    def enter(self, order: Order, place: str) -> None:
        self.turns += 1
        order.turn = self.turns
        order.place = place
        if order not in self.orders:
            self.orders.append(order)
        self.touch(order.user, self.asset(order))

    def cancel(self, order: Order, reason: str, status: OrderStatus = OrderStatus.CANCELLED) -> None:
        order.place = ""
        self.touch(order.user, self.asset(order))
        self.announce(order, status, reason)
        sibling, order.sibling = order.sibling, None
        if sibling is not None:
            sibling.sibling = None
            self.cancel(sibling, "OCO")

    def take_over(self, order: Order) -> None:
        sibling, order.sibling = order.sibling, None
        if sibling is not None:
            sibling.sibling = None
            self.cancel(sibling, "OCO")
            order.idle = False
            self.touch(order.user, self.asset(order))

    def shrink(self, order: Order, less: int) -> None:
        order.total -= less
        order.open -= less
        order.shown = min(order.shown, order.open)
        self.touch(order.user, self.asset(order))

    def shrink_pair(self, order: Order, less: int) -> None:
        """Prevention takes as much off the other leg of an OCO."""
        for each in (order, order.sibling):
            if each is not None:
                self.shrink(each, less)
                self.events.append(self.amended(each, kept=True))

    def prevent(self, taker: Order, maker: Order) -> bool:
        """True if the taker goes on."""
        mode = taker.mode
        if mode in {SelfTradePrevention.CANCEL_MAKER, SelfTradePrevention.CANCEL_BOTH}:
            self.cancel(maker, "SELF_TRADE_PREVENTION")
            return mode is SelfTradePrevention.CANCEL_MAKER
        if mode is not SelfTradePrevention.DECREMENT:
            return False
        less = min(taker.open, maker.open)
        taker.total -= less
        taker.open -= less
        if less == maker.open:
            self.cancel(maker, "SELF_TRADE_PREVENTION")
        else:
            self.shrink_pair(maker, less)
        return taker.open > 0

    def affordable(self, taker: Order, price: int, quantity: int) -> int:
        """The quantity if a taker can pay for it at once, else what it can pay for lot by lot."""
        lot, money = self.rules.lot, self.available(taker.user, self.rules.quote)
        whole, single = self.notional(price, quantity), self.notional(price, lot)
        if whole + fee_units(whole, taker.taker_ppm) <= money:
            return quantity
        return min(quantity, money // (single + fee_units(single, taker.taker_ppm)) * lot)

    def trade(self, maker: Order, taker: Order, quantity: int, own: bool, price: int) -> None:
        r = self.rules
        value = self.notional(price, quantity)
        maker_fee, taker_fee = fee_units(value, maker.maker_ppm), fee_units(value, taker.taker_ppm)
        buyer, seller = (taker, maker) if taker.side is Side.BUY else (maker, taker)
        fees = {id(maker): maker_fee, id(taker): taker_fee}
        for user, asset, change in (
            (buyer.user, r.quote, -value - fees[id(buyer)]),
            (buyer.user, r.base, quantity),
            (seller.user, r.base, -quantity),
            (seller.user, r.quote, value - fees[id(seller)]),
        ):
            self.money[user, asset] = self.money.get((user, asset), 0) + change
        for user in (taker.user, maker.user):
            day = (user, self.now // DAY_MS)
            self.turnover[day] = self.turnover.get(day, 0) + value
            for asset in (r.base, r.quote):
                self.touch(user, asset)
        maker.open -= quantity
        maker.shown -= quantity
        taker.open -= quantity
        if maker.shown == 0 and maker.open:
            maker.shown = min(maker.command.display_quantity, maker.open)
            self.turns += 1
            maker.turn = self.turns
        self.events.append(
            e.Trade(
                r.symbol, price, quantity, taker.side, maker.number, maker.created, maker.user, maker_fee, maker.total - maker.open,
                maker.shown, taker.number, taker.created, taker.user, taker_fee, taker.total - taker.open, own,
            )
        )  # fmt: skip
        if maker.open == 0:
            maker.place = ""
            self.announce(maker, OrderStatus.FILLED, "")
        if price != self.last:
            self.last = price
            if any(o.place == "waiting" for o in self.orders):
                self.prints.append(price)

    def match(self, taker: Order) -> str:
        bound = self.last
        while taker.open:
            keep, self.last = self.last, bound
            makers = self.reachable(taker)
            self.last = keep
            if not makers:
                return ""
            maker = makers[0]
            own = maker.user == taker.user
            if own and taker.mode is not SelfTradePrevention.ALLOW:
                if not self.prevent(taker, maker):
                    return "SELF_TRADE_PREVENTION"
                continue
            quantity = min(maker.shown, taker.open)
            if not taker.price and taker.side is Side.BUY and taker.mode is SelfTradePrevention.DECREMENT:
                quantity = self.affordable(taker, maker.price, quantity)
                if not quantity:
                    return "INSUFFICIENT_FUNDS"
            self.take_over(maker)
            self.trade(maker, taker, quantity, own, maker.price)
        return ""

    def end_taker(self, order: Order, reason: str) -> None:
        filled = order.open == 0 and order.total > 0 and reason != "SELF_TRADE_PREVENTION"
        self.announce(order, OrderStatus.FILLED if filled else OrderStatus.CANCELLED, "" if filled else reason)

    def run_limit(self, order: Order) -> None:
        before = order.total
        outcome = self.match(order) if self.status is SymbolStatus.ACTIVE else ""
        rests = outcome == "" and order.open > 0 and order.command.time_in_force not in {TimeInForce.IOC, TimeInForce.FOK}
        if rests:
            display = order.command.display_quantity
            order.shown = min(display, order.open) if display else order.open
            self.enter(order, "book")
        if order.total != before:
            self.events.append(self.amended(order, kept=False))
        if not rests:
            self.end_taker(order, outcome or "IOC")

    def run_market(self, order: Order, money: int | None) -> None:
        got, _, dry = self.can_have(order, money)
        asked = order.open
        by_value = order.command.quote_quantity > 0
        withheld = 0
        if by_value:
            order.total = order.open = got
        elif money is not None and not dry and got < asked:
            withheld = asked - got
            order.open = got
        before = order.total
        outcome = self.match(order)
        order.open += withheld
        if outcome == "" and withheld:
            outcome = "INSUFFICIENT_FUNDS"
        elif outcome == "" and by_value and dry:
            self.announce(order, OrderStatus.CANCELLED, "NO_LIQUIDITY")
            return
        if order.total != before:
            self.events.append(self.amended(order, kept=False))
        self.end_taker(order, outcome or "NO_LIQUIDITY")
