"""The events of a command record come in several parts where they are many. Whatever the cut, views, answers and snapshots are those of the whole
record, and no reader sees an intermediate book that never existed.
"""

from __future__ import annotations

import asyncio
import random
from typing import Any
from uuid import UUID

import msgspec
import pytest

from engine_container.engine.replica import EVENTS_PER_RECORD_MAX, RECORD_BYTES_MAX, CommandRecord, Replica, cut
from engine_container.gateway.auth import Caller
from engine_container.gateway.sockets.connection import Connection
from engine_container.gateway.sockets.hub import FILLS_TOLD_MAX, Hub
from engine_container.gateway.sockets.protocol import Topic
from engine_container.gateway.submit import Answer, Commands, UnansweredError
from engine_container.publisher.mails import MailMaker
from engine_container.views.projection import Projection
from engine_container.views.response_templates import placement
from engine_container.views.snapshot import pack, read_cover, unpack
from mycrypto.contracts import api
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import OrderStatus, OrderType, SelfTradePrevention, Side, SymbolStatus, TimeInForce
from mycrypto.security.tokens import Identity, Role, Tier
from tests.unit.gateway.core_engine import CoreEngine
from tests.unit.gateway.memory_logs import MemoryEvents
from tests.unit.gateway.parts import cut_at, each_cut, parts_of
from tests.unit.gateway.test_views_follow_core import SYMBOL, UNIT, USERS, Flow

Books = dict[str, list[list[tuple[int, int, int]]]]


def books_of(views: Projection) -> Books:
    return {name: [side.top(100_000) for side in book.sides] for name, book in views.books.items()}


def everything(views: Projection) -> bytes:
    return pack(views, 0, 0, b"")


def copy_of(views: Projection) -> Projection:
    return unpack(read_cover(everything(views), 0))


class Told:
    """Follows a projection in parts and looks at what it shows after each."""

    def __init__(self, views: Projection) -> None:
        self.views = views
        self.before = books_of(views)

    def take(self, parts: list[e.EventRecord], after: Books) -> None:
        for part in parts:
            assert self.views.apply(part)
            assert not self.views.apply(part), "a part that comes twice counts once"
            assert books_of(self.views) == (after if part.last else self.before)
            assert self.views.is_whole is part.last
        self.before = after


def listed(engine: CoreEngine, flow: Flow) -> Projection:
    views = Projection()
    for command in flow.opening():
        payload = engine.carry_out([command])
        assert payload is not None
        views.apply(e.decode_record(payload))
    return views


@pytest.mark.parametrize("seed", range(3))
def test_parts_come_to_what_the_whole_record_does(seed: int) -> None:
    """Records cut small, cut at every place, and cut with a snapshot of the views in between."""
    flow, engine = Flow(seed), CoreEngine(MemoryEvents())
    whole = listed(engine, flow)
    told = Told(copy_of(whole))
    dice = random.Random(seed)
    several = 0
    for step in range(140):
        live = [order.number for order in whole.orders.all() if not order.is_final]
        payload = engine.carry_out([flow.next(live) for _ in range(dice.randint(1, 4))])
        if payload is None:
            continue
        record = e.decode_record(payload)
        start = copy_of(whole) if step % 20 == 0 else None
        whole.apply(record)
        parts = parts_of(record, dice.randint(1, 4))
        several += len(parts) > 1
        told.take(parts, books_of(whole))
        assert everything(told.views) == everything(whole)
        if start is not None:
            image, after = everything(start), books_of(whole)

            def at_each_place(two: list[e.EventRecord], image: bytes = image, after: Books = after) -> None:
                views = unpack(read_cover(image, 0))
                before = books_of(views)
                views.apply(two[0])
                assert books_of(views) == before
                resumed = copy_of(views)
                assert books_of(resumed) == before
                for each in (views, resumed):
                    each.apply(two[1])
                    assert books_of(each) == after
                    assert everything(each) == everything(whole)

            each_cut(record, at_each_place)
    assert several > 40, "a flow that is never cut shows nothing"


def test_parts_that_were_cut_by_another_engine_go_on_where_these_end() -> None:
    """A take-over by an engine that cuts elsewhere: its records begin before the place that the readers have reached."""
    flow, engine = Flow(5), CoreEngine(MemoryEvents())
    whole = listed(engine, flow)
    views = copy_of(whole)
    for _ in range(120):
        live = [order.number for order in whole.orders.all() if not order.is_final]
        payload = engine.carry_out([flow.next(live) for _ in range(3)])
        if payload is None:
            continue
        record = e.decode_record(payload)
        whole.apply(record)
        first, second = parts_of(record, 2)[:1], parts_of(record, 3)
        for part in first + second:
            views.apply(part)
        assert everything(views) == everything(whole)


def test_records_stay_within_both_bounds() -> None:
    events = [msgspec.Raw(msgspec.msgpack.encode(b"x" * size)) for size in (10, 20, 5_000, 30, 30)]
    results = [(0, b"a" * 16, events[:1]), (1, b"b" * 16, events), (2, b"c" * 16, events[:2])]
    for events_max in (1, 2, 3, 100):
        for bytes_max in (150, 500, 6_000, 100_000):
            parts = cut(results, events_max, bytes_max)
            assert [event for part in parts for _, _, made in part for event in made] == [event for _, _, made in results for event in made]
            for part in parts:
                made = [event for _, _, some in part for event in some]
                assert len(made) == 1 or (len(made) <= events_max and len(msgspec.msgpack.encode(part)) <= bytes_max)


MAKER, TAKER = b"m" * 16, b"t" * 16
LOT, PRICE = UNIT // 1000, 100 * UNIT


class Venue:
    """An engine with its own way to cut, the views of a gateway, and who waits for its answers there."""

    def __init__(self) -> None:
        self.replica = Replica(0)
        self.views = Projection()
        self.commands = Commands(self, answer_seconds_max=60, queued_max=10_000)  # type: ignore[arg-type] # nothing is appended
        self.offset = 0
        self.ids = 0
        self.parts: list[e.EventRecord] = []
        self.do(c.SetSymbol(self.id(), SYMBOL, "BTC", "USDT", UNIT // 100, LOT, LOT, 10**7 * LOT, 0, 0, 500, 1000))
        for user in (MAKER, TAKER):
            self.do(c.SetUser(self.id(), user, 0, 0, 0))
            for asset in ("BTC", "USDT"):
                self.do(c.Credit(self.id(), user, asset, 10**8 * UNIT, self.id()))

    def id(self) -> bytes:
        self.ids += 1
        return self.ids.to_bytes(16, "big")

    def do(self, *commands: c.Command) -> None:
        batches = self.replica.process(CommandRecord(self.offset, 1_800_000_000_000 + self.offset, c.encode_record(list(commands))))
        self.offset += 1
        self.parts = [e.decode_record(batch.payload) for batch in batches]
        for batch, part in zip(batches, self.parts, strict=True):
            assert len(batch.payload) <= RECORD_BYTES_MAX + 1_000
            assert batch.next_seq - batch.first_seq <= EVENTS_PER_RECORD_MAX
            before = self.views.watermark
            self.views.apply(part)
            self.commands.complete(part, before)

    def answered(self, *commands: c.Command) -> list[Answer]:
        found: list[Answer] = []

        def settled(outcome: object) -> None:
            assert isinstance(outcome, list)
            assert self.views.is_whole
            found.extend(outcome)

        self.commands.begin(list(commands), settled)
        self.do(*commands)
        assert found, "the answer comes with the last part"
        return found

    def order(self, user: bytes, side: Side, lots: int, price: int = PRICE) -> c.PlaceOrder:
        return c.PlaceOrder(self.id(), user, SYMBOL, side, OrderType.LIMIT, TimeInForce.GTC, lots * LOT, price)

    def rest(self, count: int) -> None:
        for start in range(0, count, 1_000):
            self.do(*(self.order(MAKER, Side.SELL, 1) for _ in range(min(1_000, count - start))))


@pytest.mark.parametrize("more", [0, 7])
@pytest.mark.parametrize("fills", [1, 1_999, 2_000, 2_001, EVENTS_PER_RECORD_MAX, 100_000])
def test_an_order_is_answered_and_shown_as_it_is_in_the_end(fills: int, more: int) -> None:
    """``more`` lots find no maker and rest."""
    if fills == 100_000 and more:
        fills = 20_000
    venue = Venue()
    venue.rest(fills)
    (answer,) = venue.answered(venue.order(TAKER, Side.BUY, fills + more))
    order = venue.views.orders.get(answer.first_seq)
    assert order is not None
    assert (order.status, order.filled, len(order.fills)) == (
        OrderStatus.PARTIALLY_FILLED if more else OrderStatus.FILLED,
        fills * LOT,
        fills,
    )
    assert books_of(venue.views)[SYMBOL] == [[(PRICE, more * LOT, 1)] if more else [], []]
    symbol = venue.replica.state.symbols[SYMBOL]
    assert [side.best.open if side.best else 0 for side in (symbol.bids, symbol.asks)] == [more, 0]
    assert venue.views.minutes[SYMBOL].day(venue.views.time_ms).trades == fills  # type: ignore[union-attr]
    for user in (MAKER, TAKER):
        held = venue.replica.state.users[user].balances
        assert {asset: (b.available, b.locked) for asset, b in venue.views.balances.of(user).items()} == {
            asset: (b.available, b.locked) for asset, b in held.items()
        }
    told = msgspec.json.decode(placement(order, "USDT", 0).answer(), type=api.Placed)
    assert len(told.trades) == min(fills, api.LISTED_MAX)
    assert (told.trades_link is msgspec.UNSET) is (fills <= api.LISTED_MAX)
    assert (len(venue.parts) > 1) is (2 * fills + 4 + (not more) > EVENTS_PER_RECORD_MAX)


def test_commands_that_end_many_orders_say_how_many() -> None:
    venue = Venue()
    venue.rest(10_000)
    (answer,) = venue.answered(c.CancelAll(venue.id(), MAKER))
    listed = sum(isinstance(event, e.OrderClosed) for event in answer.result.events)
    assert (listed + answer.closed, len(venue.parts)) == (10_000, 3)
    assert books_of(venue.views)[SYMBOL] == [[], []]
    venue.rest(20_000)
    (answer,) = venue.answered(c.SetStatus(venue.id(), SYMBOL, SymbolStatus.HALTED))
    assert len(venue.parts) > 1
    assert venue.views.orders.live == 0
    assert venue.views.balances.of(MAKER)["BTC"].locked == 0


def test_orders_that_expire_by_the_thousands_come_before_the_commands_of_their_record() -> None:
    venue = Venue()
    ends = 1_800_000_000_000 + 60_000
    for _ in range(7):
        venue.do(
            *(
                c.PlaceOrder(venue.id(), MAKER, SYMBOL, Side.SELL, OrderType.LIMIT, TimeInForce.GTD, LOT, PRICE, expires_ms=ends)
                for _ in range(1_000)
            )
        )
    venue.offset += 60_000
    answers = venue.answered(venue.order(TAKER, Side.BUY, 3), venue.order(MAKER, Side.SELL, 3))
    assert len(venue.parts) > 1
    assert books_of(venue.views)[SYMBOL] == [[], []]
    assert [venue.views.orders.get(answer.first_seq).status for answer in answers] == [OrderStatus.FILLED] * 2  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(4))
def test_every_command_of_a_cut_record_is_answered_once_with_the_last_of_its_events(seed: int) -> None:
    flow, engine = Flow(seed), CoreEngine(MemoryEvents())
    views = listed(engine, flow)
    commands = Commands(engine, answer_seconds_max=60, queued_max=100_000)
    dice = random.Random(seed)
    for _ in range(200):
        live = [order.number for order in views.orders.all() if not order.is_final]
        batch = [flow.next(live) for _ in range(dice.randint(1, 4))] + [c.CancelOrder(flow.command_id(), USERS[0], 0)]
        outcomes: list[object] = []
        commands.begin(batch, outcomes.append)
        payload = engine.carry_out(batch)
        assert payload is not None
        record = e.decode_record(payload)
        for part in parts_of(record, dice.randint(1, 5)):
            assert not outcomes
            before = views.watermark
            views.apply(part)
            commands.complete(part, before)
        (answers,) = outcomes
        assert isinstance(answers, list)
        made = {result.index: result for result in record.results}
        firsts = {result.index: seq for seq, result, event in record.numbered() if event is result.events[0]}
        for index, answer in enumerate(answers):
            if index in made:
                assert answer.first_seq == firsts[index]
                assert answer.result.events == made[index].events[: len(answer.result.events)]
                rest = made[index].events[len(answer.result.events) :]
                assert answer.closed == sum(isinstance(event, e.OrderClosed) for event in rest)
            else:
                assert answer.result.events == []


def test_views_that_are_rebuilt_between_two_parts_answer_when_they_have_all() -> None:
    engine = CoreEngine(MemoryEvents())
    flow = Flow(1)
    listed(engine, flow)
    command = c.CancelOrder(flow.command_id(), USERS[0], 0)
    commands = Commands(engine, answer_seconds_max=60, queued_max=100_000)
    outcomes: list[object] = []
    commands.begin([command], outcomes.append)
    engine.carry_out([command])
    record = e.decode_record(engine.log.records[-1])
    refused = record.results[0].events
    long = msgspec.structs.replace(record, results=[e.Result(0, command.command_id, refused * 3)])
    first, second = cut_at(long, record.first_seq + 1)
    commands.complete(first, record.first_seq - 1)
    commands.complete(e.decode_record(engine.log.records[0]), 0)
    assert not outcomes
    commands.complete(first, record.first_seq - 1)
    commands.complete(second, record.first_seq)
    assert len(outcomes) == 1


def test_who_gives_up_between_two_parts_is_not_answered_by_the_last() -> None:
    venue = Venue()
    venue.rest(1)

    async def wait() -> None:
        commands = Commands(venue, answer_seconds_max=0, queued_max=10)  # type: ignore[arg-type] # nothing is appended
        order = venue.order(TAKER, Side.BUY, 1)
        asking = asyncio.create_task(commands.submit([order]))
        await asyncio.sleep(0)
        venue.do(order)
        first, second = cut_at(venue.parts[0], venue.parts[0].first_seq + 1)
        commands.complete(first, first.first_seq - 1)
        sweeping = asyncio.create_task(commands._sweep())
        with pytest.raises(UnansweredError):
            await asking
        commands.complete(second, second.first_seq - 1)
        sweeping.cancel()

    asyncio.run(wait())


def test_self_trade_prevention_across_parts() -> None:
    """A taker that prevention takes whole keeps showing what was asked for, whichever part says so."""
    venue = Venue()
    venue.do(c.SetUser(venue.id(), MAKER, 0, 0, 0, -1, -1, SelfTradePrevention.DECREMENT))
    venue.rest(3)
    venue.do(venue.order(MAKER, Side.BUY, 2))
    assert books_of(venue.views)[SYMBOL] == [[], [(PRICE, LOT, 1)]]


class Listener(Connection):
    def __init__(self, user: bytes) -> None:
        super().__init__(send=None, trace_id="listener")  # type: ignore[arg-type] # nothing is sent anywhere
        self.caller = Caller(user, Identity(UUID(bytes=user), "", (Role.USER,), Tier.FREE, two_factor=False))
        self.heard: list[dict[str, Any]] = []

    def push(self, text: str) -> None:
        self.heard.append(msgspec.json.decode(text))


@pytest.mark.parametrize("more", [0, 7])
def test_sockets_hear_what_a_sweep_comes_to_without_a_message_for_each_of_its_fills(more: int) -> None:
    venue, hub = Venue(), Hub(0)
    venue.views.observer = hub
    hub.attach(lambda: venue.views, lambda: True)
    venue.rest(6_000)
    taker, market = Listener(TAKER), Listener(MAKER)
    hub.subscribe(taker, Topic("orders", ""))
    hub.subscribe(market, Topic("trades", SYMBOL))
    hub.subscribe(market, Topic("orderbook", SYMBOL))
    venue.do(venue.order(TAKER, Side.BUY, 6_000 + more))
    hub.flush_trades()
    assert len(venue.parts) == 3
    updates = [message["data"] for message in taker.heard]
    assert len(updates) <= 2 + 2 * (FILLS_TOLD_MAX + 1)
    assert updates[-1]["status"] == ("PARTIALLY_FILLED" if more else "FILLED")
    assert updates[-1]["filled_quantity"] == "6"
    assert sum(len(message["data"]) for message in market.heard if message["type"] == "trades") == 6_000
    books = [message for message in market.heard if message["type"] == "orderbook_update"]
    (only,) = books
    sides = [(change["side"], change["action"]) for change in only["data"]["changes"]]
    assert sides == ([("BUY", "add"), ("SELL", "remove")] if more else [("SELL", "remove")])


def test_a_halt_is_one_mail_to_each_user_however_it_is_cut() -> None:
    venue = Venue()
    mails = MailMaker(0, lambda: venue.views)
    venue.views.observer = mails
    venue.rest(12_000)
    venue.do(c.SetStatus(venue.id(), SYMBOL, SymbolStatus.HALTED))
    assert len(venue.parts) > 1
    (mail,) = mails.take()
    assert mail.details["orders"] == "12000"
