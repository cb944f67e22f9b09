"""The commands of users on the naive exchange: place, cancel, replace, amend, OCO."""

from __future__ import annotations

from dataclasses import replace

from msgspec.structs import replace as replace_fields

from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus, OrderType, SymbolStatus
from tests.property.naive_auction import NaiveAuction
from tests.property.naive_state import Order, RefusedError


class NaiveOrders(NaiveAuction):
    def place(self, command: c.PlaceOrder, replaced: Order | None = None) -> None:
        try:
            order = self.checked(command)
            self.funded(order, command)
        except RefusedError as refusal:
            self.reject(command, refusal.code)
            return
        self.start(order, self.accept(order, replaced=replaced))

    def cancel_order(self, command: c.CancelOrder) -> None:
        order = self.find(command.user_id, command.order_number)
        if order is None:
            self.missing(command.order_number)
        else:
            self.cancel(order, "USER")

    def cancel_all(self, command: c.CancelAll) -> None:
        for order in sorted((o for o in self.orders if o.place and o.user == command.user_id), key=lambda o: o.number):
            if order.place and command.side in {None, order.side} and command.symbol in {"", self.rules.symbol}:
                self.cancel(order, "USER")

    def replace(self, command: c.ReplaceOrder) -> None:
        order = self.find(command.replacement.user_id, command.order_number)
        if order is None:
            self.missing(command.order_number)
            return
        self.cancel(order, "REPLACED")
        self.place(command.replacement, order)

    def amend(self, command: c.AmendOrder) -> None:
        order = self.find(command.user_id, command.order_number)
        if order is None:
            self.missing(command.order_number)
            return
        try:
            asked = self.with_open_quantity(order, command)
            self.amend_order(order, asked.quantity or order.open, command.price or order.price, asked)
        except RefusedError as refusal:
            self.events.append(e.CommandRefused(refusal.code, {}))

    @staticmethod
    def with_open_quantity(order: Order, command: c.AmendOrder) -> c.AmendOrder:
        if not command.total_quantity:
            return command
        quantity = command.total_quantity - (order.total - order.open)
        if command.quantity or quantity <= 0:
            raise RefusedError("INVALID_ORDER")
        return replace_fields(command, quantity=quantity)

    def amend_order(self, order: Order, quantity: int, price: int, command: c.AmendOrder) -> None:
        r = self.rules
        if order.sibling is not None or (command.price and not order.command.price):
            raise RefusedError("INVALID_ORDER")
        if command.quantity and (quantity % r.lot or not r.quantity_min <= quantity <= r.quantity_max):
            raise RefusedError("INVALID_QUANTITY")
        if price % r.tick:
            raise RefusedError("ORDER_002")
        reference = price or order.stop
        if reference and self.notional(reference, quantity) < r.notional_min:
            raise RefusedError("MIN_NOTIONAL")
        if price == order.price and quantity <= order.open:
            if quantity < order.open:
                self.shrink(order, order.open - quantity)
            self.events.append(self.amended(order, kept=True))
            return
        self.check_market(order.command)
        if price != order.price and order.command.type is OrderType.LIMIT and not self.in_band(price):
            raise RefusedError("PRICE_BAND")
        more = self.notional(reference, quantity) - self.notional(order.price, order.open)
        self.check_turnover(order.user, max(0, more))
        new = replace(order, price=price, total=quantity, open=quantity, shown=quantity, lock_price=price or order.lock_price, idle=False)
        if self.available(order.user, self.asset(order)) < self.need(new) - self.need(order):
            raise RefusedError("WALLET_001")
        if order.command.post_only and self.status is SymbolStatus.ACTIVE and self.reachable(new):
            raise RefusedError("POST_ONLY_WOULD_TRADE")
        self.touch(order.user, self.asset(order))
        order.total += quantity - order.open
        order.open = order.shown = quantity
        order.price = price
        order.lock_price = price or order.lock_price
        if order.place == "waiting":
            self.events.append(self.amended(order, kept=True))
            return
        order.place = ""
        spot = len(self.events)
        total = order.total
        self.events.append(None)
        self.run_limit(order)
        shown = order.shown if order.place == "book" else 0
        self.events[spot] = e.OrderAmended(order.number, order.created, order.user, r.symbol, total, price, False, shown)

    def place_oco(self, command: c.PlaceOco) -> None:
        legs = (command.first, command.second)
        try:
            orders = self.checked_pair(*legs)
        except RefusedError as refusal:
            for leg in legs:
                self.reject(leg, refusal.code)
            return
        number = self.seq + len(self.events)
        for order, oco in zip(orders, (number + 1, number), strict=True):
            self.accept(order, oco)
        one, other = sorted(orders, key=lambda o: o.command.type is not OrderType.LIMIT)
        if one.command.type is OrderType.LIMIT:
            self.run_limit(one)
            if 0 < one.total < one.command.quantity:
                other.total = other.open = other.shown = one.total
                self.events.append(self.amended(other, kept=True))
            if one.place != "book" or one.open < one.total:
                self.announce(other, OrderStatus.CANCELLED, "OCO")
                return
            if self.at_once(other):
                self.cancel(one, "OCO")
                self.wait(other)
                return
        else:
            for order, sibling in ((one, other), (other, one)):
                if self.at_once(order):
                    self.announce(sibling, OrderStatus.CANCELLED, "OCO")
                    self.wait(order)
                    return
        one.sibling, other.sibling = other, one
        lighter = other if self.per_lot(one) >= self.per_lot(other) else one
        lighter.idle = True
        if one.place != "book":
            self.wait(one)
        self.wait(other)
