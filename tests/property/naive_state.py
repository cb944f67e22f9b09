"""What the naive exchange knows: orders in a plain list, money, users' habits, and what its events say of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus, OrderType, SelfTradePrevention, Side, SymbolStatus
from mycrypto.money import UNITS_PER_ONE, fee_units
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
class NaiveState(NaiveTime):
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

    @staticmethod
    def notional(price: int, quantity: int) -> int:
        return price * quantity // UNITS_PER_ONE

    def habits(self, user: bytes) -> c.SetUser:
        return self.users.get(user) or c.SetUser(b"", user, 100, 20, 1_000_000 * UNITS_PER_ONE)

    def announce(self, order: Order, status: OrderStatus, reason: str) -> None:
        filled = order.total - order.open
        self.closed.append(e.OrderClosed(order.number, order.created, order.user, self.rules.symbol, status, reason, filled, order.open))

    def amended(self, order: Order, *, kept: bool) -> Any:
        shown = order.shown if order.place == "book" else 0
        return e.OrderAmended(order.number, order.created, order.user, self.rules.symbol, order.total, order.price, kept, shown)

    def tell_symbol(self, actor: bytes) -> None:
        r = self.rules
        self.events.append(
            e.SymbolChanged(
                r.symbol, r.base, r.quote, r.tick, r.lot, r.quantity_min, r.quantity_max, r.notional_min, r.band_bps, r.maker_fee_ppm,
                r.taker_fee_ppm, r.breaker_bps, r.breaker_halt_ms, r.opens_minute, r.closes_minute, self.status, self.reason, self.resume,
                actor,
            )
        )  # fmt: skip

    def enter_status(self, status: SymbolStatus, reason: str, resume: int, actor: bytes) -> None:
        self.status, self.reason, self.resume, self.halted_with_all = status, reason, resume, False
        self.tell_symbol(actor)
