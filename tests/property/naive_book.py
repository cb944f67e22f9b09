"""The naive exchange's book: searched from end to end each time."""

from __future__ import annotations

from mycrypto.contracts import events as e
from mycrypto.contracts.trading import SelfTradePrevention, Side
from mycrypto.money import BPS, fee_units
from tests.property.naive_state import NaiveState, Order


class NaiveBook(NaiveState):
    def side(self, side: Side) -> list[Order]:
        sign = -1 if side is Side.BUY else 1
        return sorted((o for o in self.orders if o.place == "book" and o.side is side), key=lambda o: (sign * o.price, o.turn))

    def waiting(self) -> list[Order]:
        return sorted((o for o in self.orders if o.place == "waiting"), key=lambda o: o.turn)

    def find(self, user: bytes, number: int) -> Order | None:
        return next((o for o in self.orders if o.place and o.user == user and o.number == number), None)

    def missing(self, number: int) -> None:
        code = "ORDER_004" if 0 < number < self.seq else "ORDER_003"
        self.events.append(e.CommandRefused(code, {"order": number}))

    def admits(self, order: Order, price: int) -> bool:
        if order.price:
            return price <= order.price if order.side is Side.BUY else price >= order.price
        away = self.rules.band_bps
        if not (away and self.last):
            return True
        return price * BPS <= self.last * (BPS + away) if order.side is Side.BUY else price * BPS >= self.last * (BPS - away)

    def reachable(self, order: Order) -> list[Order]:
        return [o for o in self.side(Side(1 - order.side)) if self.admits(order, o.price)]

    def can_have(self, order: Order, money: int | None = None) -> tuple[int, int, bool]:
        """Quantity, cost with fees lot by lot, and whether the book ends before the wish does."""
        lot = self.rules.lot
        value_left = order.command.quote_quantity or None
        wanted = None if value_left else order.open
        got = cost = 0
        makers = self.reachable(order)
        prices = list(dict.fromkeys(o.price for o in makers))
        for price in prices:
            here, stops = 0, False
            queue = [o for o in makers if o.price == price]
            for maker in queue:
                if maker.user != order.user or order.mode is SelfTradePrevention.ALLOW:
                    here += maker.open
                elif order.mode is not SelfTradePrevention.CANCEL_MAKER:
                    stops = True
                    here = sum(o.shown for o in queue[: queue.index(maker)])
                    break
            value = self.notional(price, lot)
            charge = value + fee_units(value, order.taker_ppm)
            share = charge if order.command.fee_included else value
            lots = here // lot
            if wanted is not None:
                lots = min(lots, (wanted - got) // lot)
            if value_left is not None:
                lots = min(lots, value_left // share)
                value_left -= lots * share
            if money is not None:
                lots = min(lots, money // charge)
                money -= lots * charge
            got += lots * lot
            cost += lots * charge
            if lots * lot < here or got == wanted or (value_left is not None and value_left < share):
                return got, cost, False
            if stops:
                break
        return got, cost, True

    def clearing_price(self) -> int:
        """Most volume, then least imbalance, then nearest to the last price, then lowest; 0 where nothing crosses."""
        bids, asks = self.side(Side.BUY), self.side(Side.SELL)
        if not bids or not asks or bids[0].price < asks[0].price:
            return 0
        best: list[tuple[int, int, int, int]] = []
        for price in {o.price for o in bids + asks if asks[0].price <= o.price <= bids[0].price}:
            demand = sum(o.open for o in bids if o.price >= price)
            supply = sum(o.open for o in asks if o.price <= price)
            best.append((-min(demand, supply), abs(demand - supply), abs(price - self.last) if self.last else 0, price))
        return min(best)[3]

    def who_meets(self, price: int) -> tuple[Order, Order] | None:
        bids = [o for o in self.side(Side.BUY) if o.price >= price]
        asks = [o for o in self.side(Side.SELL) if o.price <= price]
        return (bids[0], asks[0]) if bids and asks else None
