"""Invariant 9: a socket's snapshot and its updates are the full book, and their sequence has no gaps. Held on random command flows."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine_container.gateway.sockets.books import checksum
from engine_container.gateway.sockets.connection import Connection
from engine_container.gateway.sockets.hub import Hub
from engine_container.views.projection import Projection
from mycrypto.contracts.events import decode_record
from mycrypto.money import format_amount
from tests.unit.gateway.core_engine import CoreEngine
from tests.unit.gateway.memory_logs import MemoryEvents
from tests.unit.gateway.test_views_follow_core import SYMBOL, Flow


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


@pytest.mark.parametrize("seed", range(3))
def test_snapshot_and_updates_are_the_full_book(seed: int) -> None:
    flow, engine, hub = Flow(seed), CoreEngine(MemoryEvents()), Hub(0)
    views = Projection(hub)
    hub.attach(lambda: views, lambda: True)
    for command in flow.opening():
        payload = engine.carry_out([command])
        assert payload is not None
        views.apply(decode_record(payload))
    early, late = Reader(), Reader()
    hub.subscribe(early, "orderbook", SYMBOL)
    for step in range(500):
        if step == 250:
            hub.subscribe(late, "orderbook", SYMBOL)
        live = [order.number for order in views.orders.all() if not order.is_final]
        payload = engine.carry_out([flow.next(live) for _ in range(flow.random.randint(1, 3))])
        if payload is not None:
            views.apply(decode_record(payload))
        book = views.books[SYMBOL]
        expected = {
            name: {format_amount(price): format_amount(quantity) for price, quantity, _ in side.top(10_000)}
            for name, side in zip(("BUY", "SELL"), book.sides, strict=True)
        }
        for reader in (early, late) if step >= 250 else (early,):
            assert reader.book == expected
            assert reader.checksum == checksum(book)
    assert early.updates > 100
    assert early.sequence == late.sequence
