"""A naive exchange: one symbol, plain lists searched from end to end, figures in units, nothing indexed, nothing clever.

It follows the written rules, not the core's code, and gives the same events. Ids repeat nowhere in what it is fed, so it has no
memory of commands. It has the rules of the latest version only. Each of its subjects has a file of its own (``naive_*``).
"""

from __future__ import annotations

from typing import Any

from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus, SelfTradePrevention, SymbolStatus
from mycrypto.money import UNITS_PER_ONE
from tests.property.naive_orders import NaiveOrders


class Naive(NaiveOrders):
    def apply(self, command: Any, now: int, *, begins: bool = True) -> list[Any]:
        """``begins``: the command is the first of its record, before which what is due happens."""
        self.begin()
        if begins:
            if (told := self.move_on(now)) is not None:
                self.events.append(told)
            self.do_what_is_due()
        self.finish()
        due = self.events
        self.begin()
        handlers: dict[Any, Any] = {
            c.PlaceOrder: self.place,
            c.CancelOrder: self.cancel_order,
            c.AmendOrder: self.amend,
            c.CancelAll: self.cancel_all,
            c.ReplaceOrder: self.replace,
            c.PlaceOco: self.place_oco,
            c.Credit: self.credit,
            c.Debit: self.debit,
            c.SetStatus: self.set_status,
            c.Halt: self.halt,
            c.Resume: self.resume_all,
            c.SetUser: self.set_user,
            c.SetSymbol: self.set_symbol,
            c.Tick: lambda tick: self.tick(tick, now),
            c.AcceptTime: lambda accepted: self.accept_time(accepted, now),
        }
        handlers[type(command)](command)
        self.finish()
        return due + self.events

    def begin(self) -> None:
        self.events, self.closed, self.touched, self.prints = [], [], [], []

    def do_what_is_due(self) -> None:
        due = sorted((self.expiry(o), o.number, o) for o in self.orders if o.place and 0 < self.expiry(o) <= self.now)
        for _, _, order in due:
            if order.place:
                self.cancel(order, "EXPIRED", OrderStatus.EXPIRED)
        if 0 < self.resume <= self.now and self.status is not SymbolStatus.ACTIVE:
            self.open("RESUMED", b"")

    def finish(self) -> None:
        self.cascade()
        self.events += self.closed
        for user, asset in self.touched:
            locked = self.locked(user, asset)
            self.events.append(e.BalanceChanged(user, asset, self.money.get((user, asset), 0) - locked, locked))
        self.seq += len(self.events)
        self.orders = [order for order in self.orders if order.place]

    def credit(self, command: c.Credit) -> None:
        self.money[command.user_id, command.asset] = self.money.get((command.user_id, command.asset), 0) + command.amount
        self.events.append(e.TransferApplied(command.transfer_id, command.user_id, command.asset, command.amount))
        self.touch(command.user_id, command.asset)

    def debit(self, command: c.Debit) -> None:
        user, asset, amount = command.user_id, command.asset, command.amount
        if self.available(user, asset) < amount:
            details: dict[str, int | str] = {"asset": asset, "required": amount, "available": self.available(user, asset)}
            self.events.append(e.TransferRefused(command.transfer_id, user, asset, amount, "WALLET_001", details))
            return
        self.money[user, asset] -= amount
        self.events.append(e.TransferApplied(command.transfer_id, user, asset, -amount))
        self.touch(user, asset)

    def set_symbol(self, command: c.SetSymbol) -> None:
        self.rules = command
        self.tell_symbol(command.actor_id)

    def set_user(self, command: c.SetUser) -> None:
        s = command
        if s.self_trade_prevention is SelfTradePrevention.ALLOW and not s.market_maker:
            self.events.append(e.CommandRefused("VALIDATION_ERROR", {}))
            return
        usual = (100, 20, 1_000_000 * UNITS_PER_ONE)
        given = (s.open_orders_max, s.open_orders_per_symbol_max, s.daily_notional_max)
        most = [there if there >= 0 else default for there, default in zip(given, usual, strict=True)]
        mode = s.self_trade_prevention or SelfTradePrevention.CANCEL_TAKER
        self.users[s.user_id] = c.SetUser(b"", s.user_id, most[0], most[1], most[2], s.maker_fee_ppm, s.taker_fee_ppm, mode, s.market_maker)
        self.events.append(
            e.UserChanged(s.user_id, most[0], most[1], most[2], s.maker_fee_ppm, s.taker_fee_ppm, mode, s.market_maker, s.actor_id)
        )
