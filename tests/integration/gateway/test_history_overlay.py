"""Whatever has left memory is found in the history: the same orders, pages, fills, trades and candles as if nothing had left."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import pytest

from engine_container.gateway.auth import Caller
from engine_container.gateway.binance import lists, order_models
from engine_container.gateway.binance.asked import Asked
from engine_container.gateway.binance.limits import Limits
from engine_container.gateway.binance.params import Params
from engine_container.gateway.lookup import list_orders, order_by_client_id, order_by_id
from engine_container.gateway.parts import Gateway
from engine_container.gateway.routes.account import Account
from engine_container.gateway.routes.market import Market
from engine_container.gateway.settings import GatewaySettings
from engine_container.trade_history.order_rows import OrderFilter
from engine_container.trade_history.pages import Page, Position
from engine_container.views.orders import Order
from engine_container.views.projection import Projection
from engine_container.views.rendering import fill_model, order_model, position_model, public_trade_model
from functions.history import service
from mycrypto.contracts import commands as c
from mycrypto.contracts.events import decode_record
from mycrypto.contracts.trading import OrderStatus, OrderType, Side, TimeInForce
from mycrypto.ids import trading_uuid
from mycrypto.positions import Holding
from mycrypto.security.tokens import Identity, Role
from tests.unit.gateway.conftest import NothingOnItsWay
from tests.unit.gateway.core_engine import CoreEngine
from tests.unit.gateway.memory_logs import MemoryEvents
from tests.unit.gateway.test_views_follow_core import SYMBOL, USERS, Flow

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase

STEPS = 250
PAIRS = 12
UNIT = 100_000_000


def pair_far_away(flow: Flow, user: bytes, number: int) -> c.PlaceOco:
    """An OCO whose orders stay open until they are cancelled."""

    def leg(kind: OrderType, price: int, stop: int, name: str) -> c.PlaceOrder:
        return c.PlaceOrder(
            flow.command_id(), user, SYMBOL, Side.SELL, kind, TimeInForce.GTC, UNIT, price, f"{name}{number}", stop_price=stop
        )

    first = leg(OrderType.LIMIT, 150 * UNIT, 0, "limit")
    return c.PlaceOco(flow.command_id(), first, leg(OrderType.STOP, 0, 50 * UNIT, "stop"))


class World:
    """The views that forgot nothing, and a gateway whose views forgot all they could."""

    def __init__(self, database: TestDatabase) -> None:
        flow, engine = Flow(7), CoreEngine(MemoryEvents())
        self.full = Projection()
        settings = GatewaySettings(
            kafka_bootstrap_servers="127.0.0.1:1",
            redis_url="redis://127.0.0.1:1",
            jwks_file="none",
            trade_database_url=database.dsn("trade_engine_app"),
        )
        self.gateway = Gateway(settings)
        self.gateway.feed.ready = True
        self.gateway.barrier = NothingOnItsWay()
        views = self.gateway.views
        projected = 0
        connection = database.connect("trade_engine_app")
        batches: list[list[c.Command]] = [[c.SetRules(flow.command_id(), c.RULES_LATEST)], *([command] for command in flow.opening())]
        batches += [[pair_far_away(flow, USERS[0], number)] for number in range(PAIRS)]
        for step in range(len(batches) + STEPS):
            live = [order.number for order in self.full.orders.all() if not order.is_final]
            payload = engine.carry_out(batches[step] if step < len(batches) else [flow.next(live)])
            if payload is None:
                continue
            record = decode_record(payload)
            self.full.apply(record)
            views.apply(record)
            if step < len(batches) + STEPS - 40:  # the history lags a little behind
                with connection.transaction():
                    service.project(connection, 0, [record])
                projected = views.watermark
        assert projected
        views.orders.evict(projected, views.time_ms + 1)
        views.trades.evict(projected, views.time_ms + 1)
        self.caller = Caller(USERS[0], Identity(UUID(bytes=USERS[0]), "a@example.com", (Role.SUPPORT,)))


@pytest.fixture
def play(trade_database: TestDatabase) -> Callable[[Callable[[World], Awaitable[None]]], None]:
    def run(scenario: Callable[[World], Awaitable[None]]) -> None:
        async def all_of_it() -> None:
            world = World(trade_database)
            assert world.gateway.history is not None
            await world.gateway.history.open()
            try:
                await scenario(world)
            finally:
                await world.gateway.history.close()
                await world.gateway.redis.aclose()

        asyncio.run(all_of_it())

    return run


Play = Callable[[Callable[[World], Awaitable[None]]], None]


def shown(order: Order) -> dict[str, Any]:
    """As a client sees it, fills included."""
    return msgspec.to_builtins(order_model(order, "USDT", 0, with_fills=True))  # type: ignore[no-any-return] # a struct gives a dict


def listed(orders: list[Order]) -> list[dict[str, Any]]:
    """As a client sees a row of a list."""
    return [msgspec.to_builtins(order_model(order, "USDT", 0)) for order in orders]


def test_every_order_is_found_by_either_name_as_it_was(play: Play) -> None:
    async def scenario(world: World) -> None:
        orders = [order for order in world.full.orders.all() if order.user_id == USERS[0]]
        gone = [order for order in orders if world.gateway.views.orders.get(order.number) is None]
        assert len(gone) > 20
        for order in orders[:: max(1, len(orders) // 60)]:
            found = await order_by_id(world.gateway, world.caller, str(trading_uuid(order.created_ms, order.number)))
            assert shown(found) == shown(order)
            named = await order_by_client_id(world.gateway, world.caller, order.client_order_id)
            assert named.client_order_id == order.client_order_id

    play(scenario)


@pytest.mark.parametrize(
    "wanted",
    [
        OrderFilter(user_id=USERS[0]),
        OrderFilter(user_id=USERS[1], ascending=True),
        OrderFilter(user_id=USERS[0], by_price=True),
        OrderFilter(user_id=USERS[2], by_price=True, ascending=True),
        OrderFilter(user_id=USERS[0], statuses=frozenset({OrderStatus.FILLED, OrderStatus.OPEN})),
        OrderFilter(user_id=USERS[1], side=Side.SELL, symbol=SYMBOL),
        OrderFilter(ascending=True),
    ],
)
def test_pages_run_from_memory_into_the_history_without_a_seam(play: Play, wanted: OrderFilter) -> None:
    async def scenario(world: World) -> None:
        expected = sorted(
            (order for order in world.full.orders.all() if wanted.matches(order)),
            key=lambda order: (wanted.key(order), order.number),
            reverse=not wanted.ascending,
        )
        found: list[Order] = []
        page = Page(limit=17)
        while True:
            rows, _ = await list_orders(world.gateway, wanted, page)
            found += rows[:17]
            if len(rows) <= 17:
                break
            page = Page(limit=17, after=Position(wanted.key(found[-1]), found[-1].number))
        assert [order.number for order in found] == [order.number for order in expected]
        for mine, theirs in zip(listed(found), listed(expected), strict=True):
            assert mine == theirs
        rows, total = await list_orders(world.gateway, wanted, Page(limit=10, offset=13))
        assert total == len(expected)
        assert listed(rows[:10]) == listed(expected[13:23])

    play(scenario)


def test_trades_and_fills_run_on_into_the_history(play: Play) -> None:
    async def scenario(world: World) -> None:
        market, account = Market(world.gateway), Account(world.gateway)
        everything = world.full.trades.recent(SYMBOL, 10_000)
        world.gateway.views.trades._by_symbol.clear()  # as after a start from a snapshot
        found = await market._trades(SYMBOL, 10_000, None)
        in_history = everything[len(everything) - len(found) :]
        assert [public_trade_model(record, 0) for record in found] == [public_trade_model(record, 0) for record in in_history]
        assert len(found) > 30
        own = await account._fills(USERS[0], None, 10_000, None)
        assert [fill_model(fill, "USDT", 0) for fill in own] == [fill_model(fill, "USDT", 0) for fill in world.full.trades.own(USERS[0])]
        one = found[0]
        assert world.gateway.history is not None
        again = await world.gateway.history.trade(one.time_ms, one.number)
        assert again is not None
        assert public_trade_model(again, 0) == public_trade_model(one, 0)

    play(scenario)


@pytest.mark.parametrize("symbol", [None, SYMBOL])
def test_positions_are_what_all_trades_add_up_to(play: Play, symbol: str | None) -> None:
    async def scenario(world: World) -> None:
        account, traded = Account(world.gateway), 0
        for user in USERS:
            whole: dict[str, Holding] = {}
            for fill in reversed(list(world.full.trades.own(user))):
                trade = fill.record.trade
                held = whole.setdefault(trade.symbol, Holding(trade.symbol))
                held.trade(fill.side, trade.quantity, fill.value, fill.fee, fill.record.time_ms)
            expected = [position_model(held, world.full.last_price(name)) for name, held in sorted(whole.items())]
            assert await account._positions(user, symbol) == expected
            traded += len(expected)
        assert traded > 1

    play(scenario)


def test_minutes_of_the_history_are_those_of_the_views(play: Play) -> None:
    async def scenario(world: World) -> None:
        assert world.gateway.history is not None
        found = await world.gateway.history.minutes(SYMBOL, 0, 1 << 42)
        trades = [
            record
            for record in reversed(world.full.trades.recent(SYMBOL, 10_000))
            if record.number <= await world.gateway.history.watermark()
        ]
        assert sum(minute.trades for minute in found) == len(trades)
        assert sum(minute.volume for minute in found) == sum(record.trade.quantity for record in trades)
        assert found[0].open == trades[0].trade.price
        assert found[-1].close == trades[-1].trade.price

    play(scenario)


@pytest.mark.parametrize("asked", [{}, {"limit": "3"}, {"fromId": "0"}, {"fromId": "0", "limit": "5"}, {"startTime": "0"}])
def test_lists_of_orders_run_from_memory_into_the_history(play: Play, asked: dict[str, str]) -> None:
    async def scenario(world: World) -> None:
        pairs = sorted((order for order in world.full.orders.of(USERS[0]) if order.oco), key=lambda order: order.number)
        assert len(pairs) == 2 * PAIRS
        assert any(world.gateway.views.orders.get(order.number) is None for order in pairs)
        whole = [order_models.order_list(pairs[place : place + 2]) for place in range(0, len(pairs), 2)]
        limit = int(asked.get("limit", "500"))
        expected = whole[:limit] if "fromId" in asked else whole[-limit:]
        question = Asked(world.gateway, Limits(lambda: world.gateway.redis, enforced=False), Params(asked), address="", caller=world.caller)
        assert await lists.all_lists(question) == expected

    play(scenario)
