"""Invariant 9: a socket's snapshot and its updates are the full book, and their sequence has no gaps. Held on random command flows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest

from engine_container.gateway.auth import Caller
from engine_container.gateway.sockets import books
from engine_container.gateway.sockets.books import checksum
from engine_container.gateway.sockets.connection import Connection
from engine_container.gateway.sockets.hub import Hub
from engine_container.gateway.sockets.protocol import BookForm, Topic
from engine_container.views.projection import Projection
from mycrypto.contracts.events import decode_record
from mycrypto.contracts.trading import OrderStatus
from mycrypto.ids import trading_uuid
from mycrypto.money import format_amount
from mycrypto.security.tokens import Identity, Role, Tier
from tests.unit.gateway.core_engine import CoreEngine
from tests.unit.gateway.memory_logs import MemoryEvents
from tests.unit.gateway.test_views_follow_core import SYMBOL, USERS, Flow


class Reader(Connection):
    """Keeps a book out of what it hears, as a client would."""

    def __init__(self) -> None:
        super().__init__(send=None, trace_id="reader")  # type: ignore[arg-type] # nothing is sent anywhere
        self.book: dict[str, dict[str, str]] = {}
        self.sequence = -1
        self.checksum = 0
        self.updates = 0

    def push(self, text: str) -> None:
        message: dict[str, Any] = msgspec.json.decode(text)
        if message["type"] == "snapshot":
            self.book = {"BUY": dict(message["data"]["bids"]), "SELL": dict(message["data"]["asks"])}
        elif message["type"] == "orderbook_update":
            assert message["sequence"] == self.sequence + 1
            self.updates += 1
            for change in message["data"]["changes"]:
                side = self.book[change["side"]]
                assert (change["action"] == "add") is (change["price"] not in side)
                if change["action"] == "remove":
                    del side[change["price"]]
                else:
                    side[change["price"]] = change["quantity"]
        else:
            return
        self.sequence = message["sequence"]
        self.checksum = message["checksum"]


@pytest.mark.parametrize(("seed", "levels_max"), [(0, 1_000), (1, 1_000), (2, 3), (3, 5)])
def test_snapshot_and_updates_are_the_full_book(seed: int, levels_max: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or, of a deeper one, its best levels."""
    monkeypatch.setattr(books, "LEVELS_MAX", levels_max)
    monkeypatch.setattr(books, "CHECKSUM_LEVELS", min(levels_max, books.CHECKSUM_LEVELS))
    deepest = 0
    flow, engine, hub = Flow(seed), CoreEngine(MemoryEvents()), Hub(0)
    views = Projection(hub)
    hub.attach(lambda: views, lambda: True)
    for command in flow.opening():
        payload = engine.carry_out([command])
        assert payload is not None
        views.apply(decode_record(payload))
    early, late = Reader(), Reader()
    hub.subscribe(early, Topic("orderbook", SYMBOL))
    for step in range(500):
        if step == 250:
            hub.subscribe(late, Topic("orderbook", SYMBOL))
        live = [order.number for order in views.orders.all() if not order.is_final]
        payload = engine.carry_out([flow.next(live) for _ in range(flow.random.randint(1, 3))])
        if payload is not None:
            views.apply(decode_record(payload))
        book = views.books[SYMBOL]
        expected = {
            name: {format_amount(price): format_amount(quantity) for price, quantity, _ in side.top(levels_max)}
            for name, side in zip(("BUY", "SELL"), book.sides, strict=True)
        }
        for reader in (early, late) if step >= 250 else (early,):
            assert reader.book == expected
            assert reader.checksum == checksum(book)
        deepest = max(deepest, *(len(side.prices) for side in book.sides))
    assert levels_max == 1_000 or deepest > levels_max
    assert early.updates > 100
    assert early.sequence == late.sequence


@pytest.mark.parametrize("depth", [3, 25])
def test_a_book_that_is_told_together_is_right_whenever_it_is_told(depth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "CHECKSUM_LEVELS", min(depth, books.CHECKSUM_LEVELS))
    flow, engine, hub = Flow(5), CoreEngine(MemoryEvents()), Hub(0)
    views = Projection(hub)
    hub.attach(lambda: views, lambda: True)
    for command in flow.opening():
        views.apply(decode_record(engine.carry_out([command]) or b""))
    form = BookForm(depth, 250)
    topic = Topic("orderbook", SYMBOL)
    early, late, whole = Reader(), Reader(), Reader()
    hub.subscribe(early, topic, form)
    hub.subscribe(whole, topic)
    for step in range(400):
        live = [order.number for order in views.orders.all() if not order.is_final]
        if (payload := engine.carry_out([flow.next(live)])) is not None:
            views.apply(decode_record(payload))
        if step == 203:
            hub.subscribe(late, topic, form)  # in the middle of what waits for the others
        hub.flush_books(step * 50)
        if step % 5 == 0:
            book = views.books[SYMBOL]
            expected = {
                name: {format_amount(price): format_amount(quantity) for price, quantity, _ in side.top(depth)}
                for name, side in zip(("BUY", "SELL"), book.sides, strict=True)
            }
            for reader in (early, late) if step > 203 else (early,):
                assert reader.book == expected
                assert reader.checksum == checksum(book)
    assert 20 < early.updates <= 400 / 5 + 1 < whole.updates, "no more often than asked for, but for the one who came later"
    hub.unsubscribe(early, topic, form)
    hub.unsubscribe(late, topic, form)
    told = early.updates
    hub.flush_books(10**6)
    assert early.updates == told


class Owner(Connection):
    """Keeps what it hears of each of its orders."""

    def __init__(self, user_id: bytes) -> None:
        super().__init__(send=None, trace_id="owner")  # type: ignore[arg-type] # nothing is sent anywhere
        self.caller = Caller(user_id, Identity(UUID(bytes=user_id), "owner@example.com", (Role.USER,), Tier.FREE))
        self.heard: dict[str, list[tuple[str, str, str]]] = {}
        self.sequences: list[int] = []

    def push(self, text: str) -> None:
        message: dict[str, Any] = msgspec.json.decode(text)
        if message["type"] != "order_update":
            return
        order = message["data"]
        self.heard.setdefault(order["id"], []).append((message["action"], order["status"], order["filled_quantity"]))
        self.sequences.append(message["sequence"])


def test_an_owner_hears_of_each_fill_once_and_of_the_last_as_filled() -> None:
    flow, engine, hub = Flow(7), CoreEngine(MemoryEvents()), Hub(0)
    views = Projection(hub)
    hub.attach(lambda: views, lambda: True)
    owners = [Owner(user) for user in USERS]
    for owner in owners:
        hub.subscribe(owner, Topic("orders", ""))
    commands = flow.opening()
    for _ in range(500):
        payload = engine.carry_out(commands)
        if payload is not None:
            views.apply(decode_record(payload))
        commands = [flow.next([order.number for order in views.orders.all() if not order.is_final])]
    ends = set()
    for order in views.orders.all():
        heard = next(owner for owner in owners if owner.caller and owner.caller.user_id == order.user_id).heard
        actions = [action for action, _, _ in heard[str(trading_uuid(order.created_ms, order.number, 0))]]
        last = len(order.fills) if order.status is not OrderStatus.FILLED or not order.quantity else len(order.fills) - 1
        assert actions.count("partially_filled") == last
        ends.add(actions[-1])
        assert actions.count("filled") == (order.status is OrderStatus.FILLED)
    assert ends >= {"filled", "cancelled", "created", "partially_filled"}
    assert all(owner.sequences == sorted(owner.sequences) for owner in owners)


class Listener(Connection):
    """Keeps the trades that it hears of."""

    def __init__(self) -> None:
        super().__init__(send=None, trace_id="listener")  # type: ignore[arg-type] # nothing is sent anywhere
        self.heard: list[str] = []

    def push(self, text: str) -> None:
        message: dict[str, Any] = msgspec.json.decode(text)
        if message["type"] == "trades":
            self.heard.extend(trade["id"] for trade in message["data"])


def test_every_trade_is_told_once_however_many_and_across_rebuilt_views() -> None:
    flow, engine, hub = Flow(11), CoreEngine(MemoryEvents()), Hub(0)
    shown = [Projection(hub)]
    live = True
    hub.attach(lambda: shown[-1], lambda: live)
    records = []
    commands = flow.opening()

    def more(steps: int) -> None:
        nonlocal commands
        for _ in range(steps):
            payload = engine.carry_out(commands)
            if payload is not None:
                records.append(decode_record(payload))
                if live:
                    shown[-1].apply(records[-1])
            commands = [flow.next([order.number for order in shown[-1].orders.all() if not order.is_final]) for _ in range(3)]

    more(1)
    listener = Listener()
    hub.subscribe(listener, Topic("trades", SYMBOL))
    more(800)
    hub.flush_trades()
    live = False
    more(100)
    shown.append(Projection(hub))
    for record in records:
        shown[-1].apply(record)
        hub.flush_trades()
    live = True
    hub.flush_trades()
    assert len(listener.heard) == len(shown[-1].trades) > 700
    assert listener.heard == sorted(set(listener.heard))
