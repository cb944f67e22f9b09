"""The naive exchange's auction and the states of its market."""

from __future__ import annotations

from dataclasses import replace

from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus, SelfTradePrevention, Side, SymbolStatus
from tests.property.naive_book import NaiveBook
from tests.property.naive_state import Order
from tests.property.naive_triggers import NaiveTriggers


class NaiveAuction(NaiveTriggers):
    def own_pair(self, price: int) -> tuple[Order, Order] | None:
        """The first orders of one user that would meet, found by playing the auction with copies."""
        if not {o.user for o in self.side(Side.BUY)} & {o.user for o in self.side(Side.SELL)}:
            return None
        play = NaiveBook(self.rules, turns=self.turns)
        originals = {order.number: order for order in self.orders if order.place == "book"}
        play.orders = [replace(order) for order in originals.values()]
        while (met := play.who_meets(price)) is not None:
            maker, taker = sorted(met, key=lambda order: order.number)
            if maker.user == taker.user and taker.mode is not SelfTradePrevention.ALLOW:
                return originals[maker.number], originals[taker.number]
            quantity = min(maker.shown, taker.shown)
            for order in (maker, taker):
                order.shown -= quantity
                order.open -= quantity
                if not order.open:
                    order.place = ""
                elif not order.shown:
                    order.shown = min(order.command.display_quantity, order.open)
                    play.turns += 1
                    order.turn = play.turns
        return None

    def uncross(self) -> None:
        while (price := self.clearing_price()) and (pair := self.own_pair(price)) is not None:
            maker, taker = pair
            if taker.mode is SelfTradePrevention.DECREMENT:
                less = min(maker.open, taker.open)
                for order in pair:
                    if order.open == less:
                        self.cancel(order, "SELF_TRADE_PREVENTION")
                    else:
                        self.shrink_pair(order, less)
                continue
            if taker.mode in {SelfTradePrevention.CANCEL_MAKER, SelfTradePrevention.CANCEL_BOTH}:
                self.cancel(maker, "SELF_TRADE_PREVENTION")
            if taker.mode is not SelfTradePrevention.CANCEL_MAKER:
                self.cancel(taker, "SELF_TRADE_PREVENTION")
        while price and (met := self.who_meets(price)) is not None:
            maker, taker = sorted(met, key=lambda order: order.number)
            self.take_over(maker)
            self.take_over(taker)
            self.touch(taker.user, self.asset(taker))
            quantity = min(maker.shown, taker.shown)
            left = taker.shown - quantity
            self.trade(maker, taker, quantity, maker.user == taker.user, price)
            taker.shown = left or min(taker.command.display_quantity, taker.open)
            if not left and taker.open:
                self.turns += 1
                taker.turn = self.turns
            if not taker.open:
                taker.place = ""
                self.announce(taker, OrderStatus.FILLED, "")

    def open(self, reason: str, actor: bytes) -> None:
        """Trading begins: by auction after a call phase; what waits looks at the last price."""
        if self.status is SymbolStatus.AUCTION:
            self.uncross()
        self.enter_status(SymbolStatus.ACTIVE, reason, 0, actor)
        if self.last:
            self.prints.append(self.last)

    def clear(self) -> None:
        for order in [*self.side(Side.BUY), *self.side(Side.SELL), *self.waiting()]:
            if order.place:
                self.cancel(order, "HALT")

    def set_status(self, command: c.SetStatus) -> None:
        if command.resume_ms and command.resume_ms <= self.now:
            self.events.append(e.CommandRefused("VALIDATION_ERROR", {}))
        elif command.status is SymbolStatus.ACTIVE and self.status is SymbolStatus.AUCTION:
            self.open(command.reason, command.actor_id)
        else:
            if command.status is not SymbolStatus.ACTIVE and not command.status is self.status is SymbolStatus.AUCTION:
                self.clear()
            self.enter_status(command.status, command.reason, command.resume_ms, command.actor_id)

    def halt(self, command: c.Halt) -> None:
        if self.status in {SymbolStatus.ACTIVE, SymbolStatus.AUCTION} or (self.status is SymbolStatus.HALTED and self.resume):
            self.enter_status(SymbolStatus.HALTED, command.reason, 0, command.actor_id)
            self.halted_with_all = True
            self.clear()

    def resume_all(self, command: c.Resume) -> None:
        if self.halted_with_all:
            self.enter_status(SymbolStatus.ACTIVE, command.reason, 0, command.actor_id)
