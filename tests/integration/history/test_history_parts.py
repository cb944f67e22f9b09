"""A command's events in several records: the history is the same wherever they are cut, and whatever crashes between the parts."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import msgspec
import pytest

from engine_container.trade_history.history import _ORDER_COLUMNS
from engine_container.trade_history.order_rows import order_of_row
from engine_container.views.projection import Projection
from functions.history import service
from mycrypto.contracts import commands as c
from mycrypto.contracts.events import decode_record
from mycrypto.contracts.trading import OrderType, Side, TimeInForce
from tests.unit.gateway.core_engine import CoreEngine
from tests.unit.gateway.memory_logs import MemoryEvents
from tests.unit.gateway.parts import parts_of
from tests.unit.gateway.test_views_follow_core import SYMBOL, UNIT, USERS, Flow

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase


def commands(flow: Flow, live: list[int]) -> list[c.Command]:
    """Of the random flow, and now and then a pair or a replacement."""
    dice = flow.random.random()
    user = flow.random.choice(USERS)

    def leg(kind: OrderType, price: int, stop: int) -> c.PlaceOrder:
        command_id = flow.command_id()
        return c.PlaceOrder(
            command_id, user, SYMBOL, Side.SELL, kind, TimeInForce.GTC, UNIT // 100, price, command_id.hex(), stop_price=stop
        )

    if dice < 0.1:
        pair = leg(OrderType.LIMIT, 102 * UNIT, 0), leg(OrderType.STOP, 0, 98 * UNIT)
        return [c.PlaceOco(flow.command_id(), *pair)]
    if dice < 0.2 and live:
        return [c.ReplaceOrder(flow.command_id(), flow.random.choice(live), "", leg(OrderType.LIMIT, 101 * UNIT, 0))]
    return [flow.next(live) for _ in range(flow.random.randint(1, 3))]


@pytest.mark.parametrize("seed", [3, 4])
def test_the_history_of_parts_is_what_the_views_show(trade_database: TestDatabase, seed: int) -> None:
    flow, engine, views, dice = Flow(seed), CoreEngine(MemoryEvents()), Projection(), random.Random(seed)
    connection = trade_database.connect("trade_engine_app")
    batches: list[list[c.Command]] = [[c.SetRules(flow.command_id(), c.RULES_LATEST)], *([command] for command in flow.opening())]
    parts = crashes = 0
    for step in range(len(batches) + 120):
        live = [order.number for order in views.orders.all() if not order.is_final]
        payload = engine.carry_out(batches[step] if step < len(batches) else commands(flow, live))
        if payload is None:
            continue
        record = decode_record(payload)
        views.apply(record)
        cut = parts_of(record, dice.randint(1, 4))
        for place in range(len(cut)):
            parts += 1
            if dice.random() < 0.2:
                crashes += 1
                with connection.transaction(force_rollback=True):  # a crash before the commit
                    service.project(connection, 0, cut[place:])
            with connection.transaction():
                outcome = service.project(connection, 0, cut[max(0, place - dice.randint(0, 2)) : place + 1])
            assert outcome.missing == 0
            assert outcome.watermark == cut[place].next_seq - 1
    assert min(parts, crashes) > 20
    rows = connection.execute(f"SELECT {_ORDER_COLUMNS} FROM orders ORDER BY number".encode()).fetchall()
    kept = {int(row[0]): order_of_row(row) for row in rows}
    shown = {order.number: order for order in views.orders.all()}
    assert kept.keys() == shown.keys()
    for number, order in shown.items():
        expected = msgspec.structs.replace(order, fills=[], resting=False, shown=0, code=kept[number].code)
        if order.status.name == "TRIGGERED":
            continue
        assert kept[number] == expected
    assert any(order.oco for order in kept.values())
    assert any(order.replaces for order in kept.values())
    assert any(order.quantity and order.reason == "SELF_TRADE_PREVENTION" for order in kept.values())
    trades = connection.execute("SELECT count(*), sum(quantity * 100000000) FROM trades").fetchone()
    assert trades == (len(views.trades), sum(record.trade.quantity for record in views.trades._all))
