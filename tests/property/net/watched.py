"""The core under watch: every command is carried out by the core, by a naive exchange, from bytes, and from a snapshot; then everything must agree.

After each command: nothing crossed, nothing negative, locked = needed, money conserved, the legs of an OCO equal, no trigger passed over, every index as
small as the open orders, the views of a gateway and its answer as the core has it. Any difference raises.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from engine_container.core.codec.record import TIME_PASSED, apply_packed
from engine_container.core.codec.snapshot_codec import dump, load
from engine_container.core.entities import BookSide, Order, Symbol
from engine_container.core.expiry import DEAD_KEPT
from engine_container.core.machine import advance, apply
from engine_container.core.open_orders import ENDED_KEPT
from engine_container.core.state import State
from engine_container.core.triggers import reached
from engine_container.core.vocabulary import ACTIVE, AUCTION
from engine_container.views.projection import Projection
from engine_container.views.response_templates import placement
from mycrypto.contracts import api
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus
from mycrypto.money import format_amount
from tests.property.naive_exchange import Naive
from tests.property.net.steps import USERS, Pick, Step

_EVENTS: Final = msgspec.msgpack.Decoder(list[e.Event])
_PLACED: Final = msgspec.json.Decoder(api.Placed)
_pack: Final = msgspec.msgpack.Encoder().encode
_LIVE: Final = {OrderStatus.PENDING_TRIGGER, OrderStatus.OPEN, OrderStatus.PARTIALLY_FILLED}
COMMAND_FAILED: Final = 17


class FaultError(AssertionError):
    """What does not hold."""


def demand(holds: object, what: str, *figures: object) -> None:
    if not holds:
        raise FaultError(f"{what}: {', '.join(map(str, figures))}" if figures else what)


class Watched:
    """``seed`` decides how records are cut, which ids repeat and when a snapshot is loaded; ``oracle`` whether the naive exchange judges."""

    def __init__(self, seed: int, *, oracle: bool) -> None:
        self.random = random.Random(seed)
        self.state = State()
        self.twin = State()
        """The same log from bytes, in records, now and then from a snapshot."""
        self.views = Projection()
        self.naive: Naive | None = None
        self.oracle = oracle
        self.count = 0
        self.offset = 0
        self.pending: list[tuple[c.Command, list[Any]]] = []
        self.due: list[Any] = []
        self.time = 0
        self.numbers: list[tuple[bytes, int]] = []
        self.log: list[tuple[int, c.Command]] = []
        self.brought: dict[str, int] = {}

    # commands

    def run(self, steps: list[Step]) -> None:
        for time, what in steps:
            self.step(time, what)
        self.close_record()
        demand(dump(self.twin) == dump(self.state), "the state from bytes and snapshots is another one")

    def step(self, time: int, what: Any) -> None:
        if self.pending and (time != self.time or self.random.random() < 0.3):
            self.close_record()
        command = self.command(what)
        self.log.append((time, command))
        if not self.pending:
            self.time = time
            self.before = int(self.state.orders.count)
            self.due = advance(self.state, time)
            self.see(TIME_PASSED, b"", self.due)
        made = apply(self.state, command, time)
        self.pending.append((command, made))
        self.see(len(self.pending) - 1, command.command_id, made)
        if self.oracle:
            self.judge(time, command, made)
        self.check()

    def command(self, what: Any) -> Any:
        if self.log and not self.oracle and self.random.random() < 0.03:
            return self.random.choice(self.log[-60:])[1]  # the same again
        self.count += 1
        unique = self.count.to_bytes(16, "big")
        if isinstance(what, Pick):
            user, number = self.picked(what.pick)
            if isinstance(what.change, c.ReplaceOrder):
                mine = replace(what.change.replacement, user_id=user, command_id=unique[::-1])
                return replace(what.change, command_id=unique, order_number=number, replacement=mine)
            return replace(what.change, command_id=unique, user_id=user, order_number=number)
        if isinstance(what, c.Credit | c.Debit):
            return replace(what, command_id=unique, transfer_id=unique)
        return replace(what, command_id=unique)

    def picked(self, pick: int) -> tuple[bytes, int]:
        """Most of the time an order that is open, counted back from the newest."""
        there = sorted((int(order.number), order.account.user.user_id) for order in self.state.orders.values()) if pick % 6 < 5 else []
        if there:
            number, user = there[-1 - pick % len(there)]
            return user, number
        return self.numbers[-1 - pick % len(self.numbers)] if self.numbers else (USERS[0], 10**6)

    def judge(self, time: int, command: c.Command, made: list[Any]) -> None:
        if isinstance(command, c.SetRules):
            return
        if self.naive is None:
            self.naive = Naive(command, seq=int(self.state.next_seq) - len(made), now=time)  # type: ignore[arg-type]  # the listing
        begins = len(self.pending) == 1
        said = _EVENTS.decode(_pack([*(self.due if begins else []), *made]))
        expected = self.naive.apply(command, time, begins=begins)
        demand(_plain(said) == _plain(expected), "the naive exchange says something else", f"\n  core  {said}\n  naive {expected}")

    def close_record(self) -> None:
        """The commands so far are one record of the log; the twin gets its bytes."""
        payload = c.encode_record([command for command, _ in self.pending])
        if self.random.random() < 0.02:
            self.cut(payload)
        if self.random.random() < (0.3 if self.twin.unfinished else 0.02):
            self.twin = load(msgspec.msgpack.decode(_pack(dump(self.twin))))
        results = [(index, command.command_id, made) for index, (command, made) in enumerate(self.pending) if made]
        if self.due:
            results.insert(0, (TIME_PASSED, b"", self.due))
        count, packed = apply_packed(self.twin, payload, self.time)
        demand(count == len(self.pending), "the record has other commands", count)
        demand(packed == (_pack(results) if results else b""), "from bytes the events are others", self.log[-len(self.pending) :])
        self.pending, self.due = [], []

    def cut(self, payload: bytes) -> None:
        """A record whose end is missing is refused whole, and changes nothing."""
        part = payload[: self.random.randrange(len(payload))]
        before = int(self.twin.next_seq), int(self.twin.now_ms)
        try:
            apply_packed(self.twin, part, self.time + 10**9)
        except msgspec.DecodeError:
            demand(before == (int(self.twin.next_seq), int(self.twin.now_ms)), "a damaged record has moved the state")
            return
        raise FaultError(f"a damaged record was carried out: {part!r}")

    # what others see

    def see(self, index: int, command_id: bytes, made: list[Any]) -> None:
        """The views get the events as the log has them, sometimes in parts, sometimes twice."""
        if not made:
            return
        for event in made:
            demand(event[0] != COMMAND_FAILED, "a command failed", event)
        first = int(self.state.next_seq) - len(made)
        cuts = [0, len(made)]
        if len(made) > 1 and self.random.random() < 0.15:
            cuts = sorted({0, len(made), *(self.random.randrange(len(made)) for _ in range(3))})
        records = []
        for start, end in pairwise(cuts):
            row = (
                e.FORMAT_VERSION,
                0,
                first + start,
                self.offset,
                int(self.state.now_ms),
                end == len(made),
                [(index, command_id, made[start:end])],
            )
            records.append(e.decode_record(_pack(row)))
        for record in records:
            self.views.apply(record)
            if self.random.random() < 0.03:
                self.views.apply(record)
        self.offset += 1
        self.answers(first, records)

    def answers(self, first: int, records: list[e.EventRecord]) -> None:
        """What a gateway would answer for the orders of a result is what became of them."""
        number = first
        for event in (event for record in records for event in record.results[0].events):
            if isinstance(event, e.OrderAccepted):
                self.numbers.append((event.user_id, number))
                self.answer(number)
            elif isinstance(event, e.TransferApplied) and not event.repeated:
                self.brought[event.asset] = self.brought.get(event.asset, 0) + event.amount
            elif isinstance(event, e.Trade):
                self.brought["USDT"] -= event.maker_fee + event.taker_fee
            elif isinstance(event, e.OrderClosed):
                shown = self.views.orders.get(event.order)
                demand(
                    shown is not None and shown.status is event.status and shown.filled == event.filled,
                    "a closed order is shown otherwise",
                    event,
                )
            number += 1

    def answer(self, number: int) -> None:
        shown = self.views.orders.get(number)
        if shown is None:
            raise FaultError(f"order {number} is not in the views")
        told = _PLACED.decode(placement(shown, "USDT", 0).answer()).order
        order = self.state.orders.find(number)
        if order is None:
            demand(shown.is_final, "an order that ended is answered as live", told)
            return
        lot = order.account.symbol.lot
        demand(told.filled_quantity == format_amount((order.total - order.open) * lot), "filled otherwise than answered", told, order.open)
        demand(told.remaining_quantity == format_amount(order.open * lot), "more or less is left than answered", told, order.open)
        demand(told.status in {"PENDING_TRIGGER", "OPEN", "PARTIALLY_FILLED"}, "a live order is answered as ended", told)

    # what must hold

    def check(self) -> None:
        state = self.state
        needed: dict[tuple[bytes, str], int] = {}
        levels: dict[tuple[str, int, int], list[int]] = {}
        waiting: dict[str, int] = {}
        own: dict[bytes, int] = {}
        orders: list[Order] = state.orders.values()
        for order in orders:
            account = order.account
            symbol = account.symbol
            user_id = account.user.user_id
            key = (user_id, symbol.base if order.side else symbol.quote)
            needed[key] = needed.get(key, 0) + order.lock_per_lot * order.open
            own[user_id] = own.get(user_id, 0) + 1
            demand(
                0 < order.open <= order.total and 0 < order.shown <= order.open,
                "impossible quantities",
                order.number,
                order.open,
                order.shown,
            )
            if order.level is not None:
                level = levels.setdefault((symbol.name, int(order.side), order.price * symbol.tick), [0, 0])
                level[0] += order.shown * symbol.lot
                level[1] += 1
            else:
                waiting[symbol.name] = waiting.get(symbol.name, 0) + 1
            self.check_order(order)
        for symbol in state.symbols_by_index:
            self.check_symbol(symbol, waiting.get(symbol.name, 0))
        self.check_levels(levels)
        self.check_money(needed)
        self.check_memory(own)

    def check_order(self, order: Order) -> None:
        conditions = order.conditions
        if conditions is not None and conditions.sibling is not None:
            other: Order = conditions.sibling
            demand(
                other.open == order.open and other.conditions is not None and other.conditions.sibling is order and self.state.orders.find(other.number) is other,
                "the legs of an OCO differ", order.number, order.open, other.open,
            )  # fmt: skip
            demand((order.lock_per_lot == 0) != (other.lock_per_lot == 0), "not one leg of an OCO is locked", order.number)
        shown = self.views.orders.get(order.number)
        lot = order.account.symbol.lot
        if (
            shown is None
            or shown.status not in _LIVE
            or shown.filled != (order.total - order.open) * lot
            or shown.quantity != order.total * lot
            or shown.price != order.price * order.account.symbol.tick
            or shown.resting != (order.level is not None)
            or (shown.resting and shown.shown != order.shown * lot)
        ):
            raise FaultError(f"the views show another order: core open {order.open} of {order.total}, shown {order.shown}; views {shown}")

    def check_symbol(self, symbol: Symbol, waiting: int) -> None:
        bid, ask = symbol.bids.best, symbol.asks.best
        if bid is not None and ask is not None and symbol.status != AUCTION:
            demand(bid.key < -ask.key, "the book is crossed", symbol.name, bid.key, -ask.key, "status", symbol.status)
        if symbol.status not in {ACTIVE, AUCTION}:
            demand(bid is None and ask is None and not symbol.waiting, "orders are open while nothing may trade", symbol.status)
        for side in (symbol.bids, symbol.asks):
            check_side(side)
        demand(len(symbol.waiting) == waiting, "waiting orders are not those that wait", symbol.waiting, waiting)
        queued = sum(1 for order in symbol.waiting.values() if order.conditions is not None and order.conditions.queued)
        listed = len(symbol.rising) + len(symbol.falling) + len(symbol.trailing)
        demand(listed + queued == waiting, "triggers are listed that no order waits for", listed, queued, waiting)
        demand(not symbol.prints and not self.state.moved and self.state.touched_first is None, "something of the command is left")
        goes_on = symbol in self.state.unfinished
        if not goes_on:
            demand(not symbol.fired, "fired orders are left over", symbol.fired)
        if symbol.status == ACTIVE and not goes_on:
            for index in (symbol.rising, symbol.falling):
                for _, number in index[:1]:
                    demand(not reached(symbol.waiting[number], symbol.last_price), "a trigger was passed over", number, symbol.last_price)

    def check_levels(self, levels: dict[tuple[str, int, int], list[int]]) -> None:
        seen = {
            (name, side, price): [level.quantity, level.orders]
            for name, book in self.views.books.items()
            for side in (0, 1)
            for price, level in book.sides[side].levels.items()
        }
        demand(seen == levels, "the book is shown otherwise", f"\n  views {seen}\n  core  {levels}")

    def check_money(self, needed: dict[tuple[bytes, str], int]) -> None:
        owned: dict[str, int] = {}
        for user in self.state.users.values():
            for asset, balance in user.balances.items():
                available, locked = int(balance.available), int(balance.locked)
                demand(available >= 0 and locked >= 0, "a negative balance", user.user_id, asset, available, locked)
                demand(locked == needed.get((user.user_id, asset), 0), "locked is not what is needed", user.user_id, asset, locked, needed)
                owned[asset] = owned.get(asset, 0) + available + locked
                shown = self.views.balances.of(user.user_id).get(asset)
                if available or locked or shown is not None:
                    demand(
                        shown is not None and (shown.available, shown.locked) == (available, locked),
                        "a balance is shown otherwise",
                        shown,
                        available,
                    )
        for asset, amount in owned.items():
            demand(
                amount == self.brought.get(asset, 0) == self.state.totals[asset].units, "money came or went", asset, amount, self.brought
            )

    def check_memory(self, own: dict[bytes, int]) -> None:
        state = self.state
        most = max(self.before, int(state.orders.count))
        slack = DEAD_KEPT + 2 * len(self.pending) + 2  # looked through before each record
        demand(len(state.expiring) <= 2 * most + slack, "expiries of closed orders stay", len(state.expiring), most)
        for user in state.users_by_index:
            count = own.get(user.user_id, 0)
            demand(
                user.open_orders == count == sum(account.open_orders for account in user.accounts.values()),
                "open orders are counted wrong",
                count,
            )
            demand(len(user.entered) <= 2 * count + ENDED_KEPT + 2, "numbers of closed orders stay", len(user.entered), count)
            if user.outlived:
                demand(all(state.orders.find(number) is not None for number in user.outlived.values()), "names of closed orders stay")
        demand(len(state.unfinished) <= len(state.symbols), "a symbol is unfinished twice")


def check_side(side: BookSide) -> None:
    demand(side.keys == sorted(int(level.key) for level in side.levels.values()), "the keys are not the levels'")
    demand(side.best is (side.levels.find(side.keys[-1]) if side.keys else None), "the best level is another one")


def _plain(events: list[Any]) -> list[Any]:
    """Refusals are compared by their code; their figures have tests of their own."""
    return [
        replace(event, details={}) if isinstance(event, e.OrderRejected | e.CommandRefused | e.TransferRefused) else event
        for event in events
    ]
