"""A naive exchange: one symbol, plain lists searched from end to end, figures in units, nothing indexed, nothing clever.

It follows the written rules, not the core's code, and gives the same events. Ids repeat nowhere in what it is fed, so it has no
memory of commands. It has the rules of the latest version only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus, OrderType, SelfTradePrevention, Side, SymbolStatus, TimeInForce
from mycrypto.money import BPS, UNITS_PER_ONE, fee_units
from tests.property.naive_time import NaiveTime

LIMITS = {OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT}
CONDITIONAL = {OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT, OrderType.TRAILING_STOP}
DAY_MS = 86_400_000


class RefusedError(Exception):
    def __init__(self, code: str) -> None:
        self.code = code


@dataclass(eq=False)
class Order:
    number: int
    created: int
    command: c.PlaceOrder
    price: int
    total: int
    open: int
    shown: int
    mode: SelfTradePrevention
    turn: int = 0
    """Later turns queue behind earlier ones."""
    place: str = ""
    """book, waiting or nothing."""
    lock_price: int = 0
    stop: int = 0
    extreme: int = 0
    sibling: Order | None = None
    idle: bool = False
    """Its funds are locked by the other leg of its OCO."""
    queued: bool = False
    maker_ppm: int = 0
    taker_ppm: int = 0

    @property
    def user(self) -> bytes:
        return self.command.user_id

    @property
    def side(self) -> Side:
        return self.command.side


@dataclass
class Naive(NaiveTime):
    rules: c.SetSymbol
    money: dict[tuple[bytes, str], int] = field(default_factory=dict)
    """What a user owns, locked or not."""
    orders: list[Order] = field(default_factory=list)
    last: int = 0
    seq: int = 1
    now: int = 0
    turns: int = 0
    status: SymbolStatus = SymbolStatus.ACTIVE
    reason: str = ""
    resume: int = 0
    halted_with_all: bool = False
    users: dict[bytes, c.SetUser] = field(default_factory=dict)
    turnover: dict[tuple[bytes, int], int] = field(default_factory=dict)
    """What a user has traded on a day, in quote units."""
    events: list[Any] = field(default_factory=list)
    closed: list[Any] = field(default_factory=list)
    touched: list[tuple[bytes, str]] = field(default_factory=list)
    prints: list[int] = field(default_factory=list)

    # money

    def per_lot(self, order: Order) -> int:
        if order.side is Side.SELL:
            return self.rules.lot
        value = order.lock_price * self.rules.lot // UNITS_PER_ONE
        return value + fee_units(value, max(order.maker_ppm, order.taker_ppm))

    def need(self, order: Order) -> int:
        return self.per_lot(order) * (order.open // self.rules.lot)

    def asset(self, order: Order) -> str:
        return self.rules.quote if order.side is Side.BUY else self.rules.base

    def locked(self, user: bytes, asset: str) -> int:
        return sum(self.need(o) for o in self.orders if o.place and not o.idle and o.user == user and self.asset(o) == asset)

    def available(self, user: bytes, asset: str) -> int:
        return self.money.get((user, asset), 0) - self.locked(user, asset)

    def touch(self, user: bytes, asset: str) -> None:
        if (user, asset) not in self.touched:
            self.touched.append((user, asset))

    def totals(self) -> dict[str, int]:
        found = {self.rules.base: 0, self.rules.quote: 0}
        for (_, asset), amount in self.money.items():
            found[asset] += amount
        return found

    # commands

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

    def set_status(self, command: c.SetStatus) -> None:
        if command.resume_ms and command.resume_ms <= self.now:
            self.events.append(e.CommandRefused("VALIDATION_ERROR", {}))
        elif command.status is SymbolStatus.ACTIVE and self.status is SymbolStatus.AUCTION:
            self.open(command.reason, command.actor_id)
        else:
            if command.status is not SymbolStatus.ACTIVE and not command.status is self.status is SymbolStatus.AUCTION:
                self.clear()
            self.enter_status(command.status, command.reason, command.resume_ms, command.actor_id)

    def clear(self) -> None:
        for order in [*self.side(Side.BUY), *self.side(Side.SELL), *self.waiting()]:
            if order.place:
                self.cancel(order, "HALT")

    def enter_status(self, status: SymbolStatus, reason: str, resume: int, actor: bytes) -> None:
        self.status, self.reason, self.resume, self.halted_with_all = status, reason, resume, False
        self.tell_symbol(actor)

    def tell_symbol(self, actor: bytes) -> None:
        r = self.rules
        self.events.append(
            e.SymbolChanged(
                r.symbol, r.base, r.quote, r.tick, r.lot, r.quantity_min, r.quantity_max, r.notional_min, r.band_bps, r.maker_fee_ppm,
                r.taker_fee_ppm, r.breaker_bps, r.breaker_halt_ms, r.opens_minute, r.closes_minute, self.status, self.reason, self.resume,
                actor,
            )
        )  # fmt: skip

    def halt(self, command: c.Halt) -> None:
        if self.status in {SymbolStatus.ACTIVE, SymbolStatus.AUCTION} or (self.status is SymbolStatus.HALTED and self.resume):
            self.enter_status(SymbolStatus.HALTED, command.reason, 0, command.actor_id)
            self.halted_with_all = True
            self.clear()

    def resume_all(self, command: c.Resume) -> None:
        if self.halted_with_all:
            self.enter_status(SymbolStatus.ACTIVE, command.reason, 0, command.actor_id)

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

    def habits(self, user: bytes) -> c.SetUser:
        return self.users.get(user) or c.SetUser(b"", user, 100, 20, 1_000_000 * UNITS_PER_ONE)

    # the auction

    def open(self, reason: str, actor: bytes) -> None:
        """Trading begins: by auction after a call phase; what waits looks at the last price."""
        if self.status is SymbolStatus.AUCTION:
            self.uncross()
        self.enter_status(SymbolStatus.ACTIVE, reason, 0, actor)
        if self.last:
            self.prints.append(self.last)

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

    def own_pair(self, price: int) -> tuple[Order, Order] | None:
        """The first orders of one user that would meet, found by playing the auction with copies."""
        if not {o.user for o in self.side(Side.BUY)} & {o.user for o in self.side(Side.SELL)}:
            return None
        play = Naive(self.rules, turns=self.turns)
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

    def find(self, user: bytes, number: int) -> Order | None:
        return next((o for o in self.orders if o.place and o.user == user and o.number == number), None)

    def missing(self, number: int) -> None:
        code = "ORDER_004" if 0 < number < self.seq else "ORDER_003"
        self.events.append(e.CommandRefused(code, {"order": number}))

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

    def place(self, command: c.PlaceOrder, replaced: Order | None = None) -> None:
        try:
            order = self.checked(command)
            self.funded(order, command)
        except RefusedError as refusal:
            self.reject(command, refusal.code)
            return
        self.start(order, self.accept(order, replaced=replaced))

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

    # checks

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

    @staticmethod
    def notional(price: int, quantity: int) -> int:
        return price * quantity // UNITS_PER_ONE

    def in_band(self, price: int) -> bool:
        away = self.rules.band_bps
        return not (away and self.last) or self.last * (BPS - away) <= price * BPS <= self.last * (BPS + away)

    def funded(self, order: Order, p: c.PlaceOrder) -> None:
        if p.type is OrderType.MARKET:
            self.market_funded(order, p)
            return
        if self.available(p.user_id, self.asset(order)) < self.need(order):
            raise RefusedError("WALLET_001")
        if p.type in CONDITIONAL:
            return
        if p.post_only and self.reachable(order):
            raise RefusedError("POST_ONLY_WOULD_TRADE")
        if p.time_in_force is TimeInForce.FOK and self.can_have(order)[0] < order.open:
            raise RefusedError("FOK_NOT_FILLABLE")

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

    # the book

    def side(self, side: Side) -> list[Order]:
        sign = -1 if side is Side.BUY else 1
        return sorted((o for o in self.orders if o.place == "book" and o.side is side), key=lambda o: (sign * o.price, o.turn))

    def waiting(self) -> list[Order]:
        return sorted((o for o in self.orders if o.place == "waiting"), key=lambda o: o.turn)

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
            lots = here // lot
            if wanted is not None:
                lots = min(lots, (wanted - got) // lot)
            if value_left is not None:
                lots = min(lots, value_left // value)
                value_left -= lots * value
            if money is not None:
                lots = min(lots, money // charge)
                money -= lots * charge
            got += lots * lot
            cost += lots * charge
            if lots * lot < here or got == wanted or (value_left is not None and value_left < value):
                return got, cost, False
            if stops:
                break
        return got, cost, True

    # life of an order

    def start(self, order: Order, waits: bool) -> None:
        if waits:
            self.wait(order)
        elif order.command.type is OrderType.MARKET:
            self.run_market(order, None)
        else:
            self.run_limit(order)

    def wait(self, order: Order) -> None:
        self.enter(order, "waiting")
        if order.command.trail_bps:
            self.follow(order, self.last)
        elif self.at_once(order):
            self.fire(order)

    def enter(self, order: Order, place: str) -> None:
        self.turns += 1
        order.turn = self.turns
        order.place = place
        if order not in self.orders:
            self.orders.append(order)
        self.touch(order.user, self.asset(order))

    def expiry(self, order: Order) -> int:
        if order.command.time_in_force is TimeInForce.DAY:
            return (order.created // DAY_MS + 1) * DAY_MS
        return order.command.expires_ms

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

    def end_taker(self, order: Order, reason: str) -> None:
        filled = order.open == 0 and order.total > 0 and reason != "SELF_TRADE_PREVENTION"
        self.announce(order, OrderStatus.FILLED if filled else OrderStatus.CANCELLED, "" if filled else reason)

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

    def affordable(self, taker: Order, price: int, quantity: int) -> int:
        """The quantity if a taker can pay for it at once, else what it can pay for lot by lot."""
        lot, money = self.rules.lot, self.available(taker.user, self.rules.quote)
        whole, single = self.notional(price, quantity), self.notional(price, lot)
        if whole + fee_units(whole, taker.taker_ppm) <= money:
            return quantity
        return min(quantity, money // (single + fee_units(single, taker.taker_ppm)) * lot)

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

    def shrink_pair(self, order: Order, less: int) -> None:
        """Prevention takes as much off the other leg of an OCO."""
        for each in (order, order.sibling):
            if each is not None:
                self.shrink(each, less)
                self.events.append(self.amended(each, kept=True))

    def shrink(self, order: Order, less: int) -> None:
        order.total -= less
        order.open -= less
        order.shown = min(order.shown, order.open)
        self.touch(order.user, self.asset(order))

    def amended(self, order: Order, *, kept: bool) -> Any:
        shown = order.shown if order.place == "book" else 0
        return e.OrderAmended(order.number, order.created, order.user, self.rules.symbol, order.total, order.price, kept, shown)

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

    def announce(self, order: Order, status: OrderStatus, reason: str) -> None:
        filled = order.total - order.open
        self.closed.append(e.OrderClosed(order.number, order.created, order.user, self.rules.symbol, status, reason, filled, order.open))

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

    # conditions

    @staticmethod
    def upward(order: Order) -> bool:
        profit = order.command.type in {OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT}
        return (order.side is Side.BUY) != profit

    def reached(self, order: Order, price: int) -> bool:
        return price >= order.stop if self.upward(order) else price <= order.stop

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

    # changing orders

    def amend(self, command: c.AmendOrder) -> None:
        order = self.find(command.user_id, command.order_number)
        if order is None:
            self.missing(command.order_number)
            return
        try:
            self.amend_order(order, command.quantity or order.open, command.price or order.price, command)
        except RefusedError as refusal:
            self.events.append(e.CommandRefused(refusal.code, {}))

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
            if (
                order.command.type is OrderType.LIMIT
                and order.command.post_only
                and self.reachable(order)
                and self.status is SymbolStatus.ACTIVE
            ):
                raise RefusedError("POST_ONLY_WOULD_TRADE")
        return orders

    def at_once(self, order: Order) -> bool:
        trades = self.status is SymbolStatus.ACTIVE
        return trades and not order.command.trail_bps and self.last > 0 and self.reached(order, self.last)
