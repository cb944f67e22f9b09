"""What the naive exchange demands of an order before it accepts it."""

from __future__ import annotations

from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus, OrderType, SelfTradePrevention, Side, SymbolStatus, TimeInForce
from mycrypto.money import BPS
from tests.property.naive_book import NaiveBook
from tests.property.naive_state import CONDITIONAL, DAY_MS, LIMITS, Order, RefusedError


class NaiveChecks(NaiveBook):
    def check_market(self, p: c.PlaceOrder) -> None:
        gathers = self.status is SymbolStatus.AUCTION and p.type in LIMITS and p.time_in_force not in {1, 2} and not p.post_only
        if self.status is not SymbolStatus.ACTIVE and not gathers:
            raise RefusedError("MARKET_CLOSED")

    def check_open_orders(self, user: bytes, more: int) -> None:
        count = sum(1 for order in self.orders if order.place and order.user == user)
        for most in (self.habits(user).open_orders_max, self.habits(user).open_orders_per_symbol_max):
            if 0 < most < count + more:
                raise RefusedError("OPEN_ORDER_LIMIT")

    def check_turnover(self, user: bytes, value: int) -> None:
        most = self.habits(user).daily_notional_max
        if 0 < most < self.turnover.get((user, self.now // DAY_MS), 0) + value:
            raise RefusedError("DAILY_VOLUME_LIMIT")

    def reference(self, p: c.PlaceOrder) -> int:
        if not p.trail_bps:
            return p.stop_price
        start = p.activation_price or p.stop_price or self.last
        return start * (BPS + p.trail_bps) // BPS // self.rules.tick * self.rules.tick if p.side is Side.BUY else start

    def in_band(self, price: int) -> bool:
        away = self.rules.band_bps
        return not (away and self.last) or self.last * (BPS - away) <= price * BPS <= self.last * (BPS + away)

    def checked(self, p: c.PlaceOrder) -> Order:
        r = self.rules
        self.check_market(p)
        mine = self.habits(p.user_id)
        by_value = p.quote_quantity > 0
        if (p.type in LIMITS) != (p.price != 0) or (p.post_only and (p.type is not OrderType.LIMIT or p.time_in_force in {1, 2})):
            raise RefusedError("INVALID_ORDER")
        mode = p.self_trade_prevention or mine.self_trade_prevention
        if mode is SelfTradePrevention.ALLOW and not mine.market_maker:
            raise RefusedError("INVALID_ORDER")
        if p.type is OrderType.MARKET and p.time_in_force in {3, 4}:
            raise RefusedError("INVALID_ORDER")
        if by_value and (p.type is not OrderType.MARKET or p.quantity):
            raise RefusedError("INVALID_ORDER")
        if (p.expires_ms > 0) != (p.time_in_force is TimeInForce.GTD) or (p.expires_ms and p.expires_ms <= self.now):
            raise RefusedError("INVALID_ORDER")
        if p.display_quantity and (p.type not in LIMITS or p.display_quantity >= p.quantity or p.time_in_force in {1, 2}):
            raise RefusedError("INVALID_ORDER")
        if p.type not in CONDITIONAL and (p.stop_price or p.trail_bps or p.activation_price):
            raise RefusedError("INVALID_ORDER")
        if p.type in CONDITIONAL:
            if p.trail_bps == 0 and (p.stop_price == 0 or p.activation_price or p.type is OrderType.TRAILING_STOP):
                raise RefusedError("INVALID_ORDER")
            if p.type not in LIMITS and p.time_in_force in {1, 2}:
                raise RefusedError("INVALID_ORDER")
        if p.fee_included and (not by_value or p.side is Side.SELL):
            raise RefusedError("INVALID_ORDER")
        if p.refused_if_reached and (not p.stop_price or p.trail_bps):
            raise RefusedError("INVALID_ORDER")
        if not by_value and (p.quantity <= 0 or p.quantity % r.lot or not r.quantity_min <= p.quantity <= r.quantity_max):
            raise RefusedError("INVALID_QUANTITY")
        if p.price % r.tick or p.stop_price % r.tick or p.activation_price % r.tick:
            raise RefusedError("ORDER_002")
        if p.display_quantity % r.lot:
            raise RefusedError("INVALID_QUANTITY")
        order = Order(0, self.now, p, p.price, p.quantity, p.quantity, p.quantity, mode)
        order.maker_ppm = mine.maker_fee_ppm if mine.maker_fee_ppm >= 0 else r.maker_fee_ppm
        order.taker_ppm = mine.taker_fee_ppm if mine.taker_fee_ppm >= 0 else r.taker_fee_ppm
        order.lock_price = p.price
        value = self.notional(p.price or self.last, p.quantity)
        if by_value:
            value = p.quote_quantity
        elif p.type in CONDITIONAL:
            order.stop = 0 if p.trail_bps else p.stop_price
            reference = p.price or self.reference(p)
            value = self.notional(reference, p.quantity)
            if not p.price:
                margin = r.band_bps or 1_000
                order.lock_price = reference * (BPS + margin) // BPS // r.tick * r.tick
                if not order.lock_price and p.side is Side.BUY:
                    raise RefusedError("INVALID_ORDER")
        if value < r.notional_min and (value or p.type is not OrderType.MARKET):
            raise RefusedError("MIN_NOTIONAL" if value else "INVALID_ORDER")
        if p.type is OrderType.LIMIT and not self.in_band(p.price):
            raise RefusedError("PRICE_BAND")
        if p.type is not OrderType.MARKET and p.time_in_force not in {1, 2}:
            self.check_open_orders(p.user_id, 1)
        self.check_turnover(p.user_id, value)
        return order

    def funded(self, order: Order, p: c.PlaceOrder) -> None:
        if p.type is OrderType.MARKET:
            self.market_funded(order, p)
            return
        if self.available(p.user_id, self.asset(order)) < self.need(order):
            raise RefusedError("WALLET_001")
        if p.type in CONDITIONAL:
            self.check_reached(order)
            return
        if p.post_only and self.reachable(order):
            raise RefusedError("POST_ONLY_WOULD_TRADE")
        if p.time_in_force is TimeInForce.FOK and self.can_have(order)[0] < order.open:
            raise RefusedError("FOK_NOT_FILLABLE")

    def check_reached(self, order: Order) -> None:
        if order.command.refused_if_reached and self.at_once(order):
            raise RefusedError("STOP_PRICE_REACHED")

    def at_once(self, order: Order) -> bool:
        """A conditional order that would fire where it enters."""
        trades = self.status is SymbolStatus.ACTIVE
        return trades and not order.command.trail_bps and self.last > 0 and self.reached(order, self.last)

    def reached(self, order: Order, price: int) -> bool:
        return price >= order.stop if self.upward(order) else price <= order.stop

    @staticmethod
    def upward(order: Order) -> bool:
        profit = order.command.type in {OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT}
        return (order.side is Side.BUY) != profit

    def market_funded(self, order: Order, p: c.PlaceOrder) -> None:
        others = self.side(Side(1 - p.side))
        if not others:
            raise RefusedError("NO_LIQUIDITY")
        lots, cost, dry = self.can_have(order)
        if p.quote_quantity and not lots and not dry:
            raise RefusedError("MIN_NOTIONAL")
        if p.time_in_force is TimeInForce.FOK and (dry if p.quote_quantity else lots < order.open):
            raise RefusedError("FOK_NOT_FILLABLE")
        need = cost if p.side is Side.BUY else (lots if p.quote_quantity else order.open)
        if self.available(p.user_id, self.asset(order)) < need:
            raise RefusedError("WALLET_001")

    def checked_pair(self, first: c.PlaceOrder, second: c.PlaceOrder) -> list[Order]:
        if (first.user_id, first.side, first.quantity) != (second.user_id, second.side, second.quantity):
            raise RefusedError("INVALID_ORDER")
        for leg in (first, second):
            if leg.type is OrderType.MARKET or (leg.type is OrderType.LIMIT and leg.time_in_force in {1, 2}):
                raise RefusedError("INVALID_ORDER")
        if first.type not in CONDITIONAL and second.type not in CONDITIONAL:
            raise RefusedError("INVALID_ORDER")
        orders = [self.checked(leg) for leg in (first, second)]
        self.check_open_orders(first.user_id, 2)
        need = max(self.need(order) for order in orders)
        if self.available(first.user_id, self.asset(orders[0])) < need:
            raise RefusedError("WALLET_001")
        for order in orders:
            self.check_reached(order)
            if (
                order.command.type is OrderType.LIMIT
                and order.command.post_only
                and self.reachable(order)
                and self.status is SymbolStatus.ACTIVE
            ):
                raise RefusedError("POST_ONLY_WOULD_TRADE")
        return orders

    def reject(self, p: c.PlaceOrder, code: str) -> None:
        self.events.append(
            e.OrderRejected(
                p.user_id, p.client_order_id, p.symbol, p.side, p.type, p.time_in_force, p.quantity, p.price, p.quote_quantity, p.stop_price,
                code, {},
            )
        )  # fmt: skip

    def accept(self, order: Order, oco: int = 0, replaced: Order | None = None) -> bool:
        """Number the order and say so; True if it waits for a trigger."""
        p = order.command
        waits = p.type in CONDITIONAL
        order.number = self.seq + len(self.events)
        self.events.append(
            e.OrderAccepted(
                p.user_id, p.client_order_id, p.symbol, p.side, p.type, p.time_in_force, p.quantity, p.price, p.quote_quantity, p.post_only,
                p.stop_price, p.display_quantity, p.trail_bps, p.activation_price, p.expires_ms,
                OrderStatus.PENDING_TRIGGER if waits else OrderStatus.OPEN, oco, replaced.number if replaced else 0,
                replaced.created if replaced else 0,
            )
        )  # fmt: skip
        return waits
