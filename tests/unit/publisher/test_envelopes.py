"""What the public topics say of orders and trades, with the real core behind the events."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from engine_container.publisher.envelopes import ORDER_TOPIC, TRADE_TOPIC, EnvelopeMaker, Message, position_of
from engine_container.publisher.market_cache import book_members
from engine_container.publisher.topics import partition_of
from engine_container.views.projection import Projection
from mycrypto.contracts import commands as c
from mycrypto.contracts.events import decode_record
from mycrypto.contracts.trading import OrderType, Side, TimeInForce
from tests.unit.gateway.core_engine import CoreEngine
from tests.unit.gateway.memory_logs import MemoryEvents

UNIT = 100_000_000
ALICE, BOB = UUID(int=0xA), UUID(int=0xB)


class Market:
    """A core with two funded users, and the messages that its events make."""

    def __init__(self) -> None:
        self.engine = CoreEngine(MemoryEvents())
        self.maker = EnvelopeMaker(0)
        self.views = Projection(self.maker)
        self.count = 0
        self.do(c.SetSymbol(self._id(), "BTC/USDT", "BTC", "USDT", UNIT // 100, UNIT // 1000, UNIT // 1000, 100 * UNIT, 0, 0, 500, 1000))
        for user in (ALICE, BOB):
            for asset in ("BTC", "USDT"):
                self.do(c.Credit(self._id(), user.bytes, asset, 1_000_000 * UNIT, self._id()))

    def _id(self) -> bytes:
        self.count += 1
        return self.count.to_bytes(16, "big")

    def do(self, *commands: c.Command) -> list[Message]:
        payload = self.engine.carry_out(list(commands))
        assert payload is not None
        self.views.apply(decode_record(payload))
        return self.maker.take()

    def order(self, user: UUID, side: Side, quantity: int, price: int = 100, *, tif: TimeInForce = TimeInForce.GTC) -> list[Message]:
        return self.do(c.PlaceOrder(self._id(), user.bytes, "BTC/USDT", side, OrderType.LIMIT, tif, quantity * UNIT, price * UNIT))


def read(message: Message) -> tuple[str, dict[str, Any]]:
    envelope = json.loads(message.value)
    return envelope["event_type"], envelope["payload"]


def test_an_order_is_placed_filled_in_part_and_whole_and_each_fill_is_a_trade() -> None:
    market = Market()
    placed = market.order(ALICE, Side.SELL, 3)
    assert [read(message)[0] for message in placed] == ["ORDER_PLACED"]
    first = market.order(BOB, Side.BUY, 1)
    assert [(message.topic, read(message)[0]) for message in first] == [
        (ORDER_TOPIC, "ORDER_PLACED"),
        (TRADE_TOPIC, "TRADE_EXECUTED"),
        (ORDER_TOPIC, "ORDER_PARTIALLY_FILLED"),
        (ORDER_TOPIC, "ORDER_FILLED"),
    ]
    trade = read(first[1])[1]
    assert (trade["symbol"], trade["price"], trade["quantity"], trade["is_buyer_maker"]) == ("BTC/USDT", "100", "1", False)
    assert (trade["buyer_user_id"], trade["seller_user_id"]) == (str(BOB), str(ALICE))
    assert (trade["buyer_fee"], trade["seller_fee"]) == ("0.1", "0.05")
    partial = read(first[2])[1]
    assert (partial["user_id"], partial["filled_quantity"], partial["status"], partial["is_maker"]) == (
        str(ALICE),
        "1",
        "PARTIALLY_FILLED",
        True,
    )
    filled = read(first[3])[1]
    assert (filled["user_id"], filled["filled_quantity"], filled["average_price"], filled["fee"]) == (str(BOB), "1", "100", "0.1")
    rest = market.order(BOB, Side.BUY, 5, tif=TimeInForce.IOC)
    kinds = [(read(message)[0], read(message)[1].get("user_id")) for message in rest if message.topic == ORDER_TOPIC]
    assert ("ORDER_FILLED", str(ALICE)) in kinds
    assert ("ORDER_CANCELLED", str(BOB)) in kinds


def test_keys_are_the_user_and_the_symbol_and_ids_only_grow() -> None:
    market = Market()
    messages = [*market.order(ALICE, Side.SELL, 3), *market.order(BOB, Side.BUY, 1), *market.order(BOB, Side.BUY, 2)]
    assert {message.key for message in messages if message.topic == TRADE_TOPIC} == {b"BTC/USDT"}
    assert {message.key for message in messages if message.topic == ORDER_TOPIC} == {str(ALICE).encode(), str(BOB).encode()}
    for topic in (ORDER_TOPIC, TRADE_TOPIC):
        for key in {message.key for message in messages}:
            positions = [message.position for message in messages if (message.topic, message.key) == (topic, key)]
            assert positions == sorted(set(positions))
    assert len({json.loads(message.value)["event_id"] for message in messages}) == len(messages)
    assert [position_of(message.value) for message in messages] == [message.position for message in messages]


def test_the_same_events_make_the_same_messages() -> None:
    market = Market()
    once = [*market.order(ALICE, Side.SELL, 3), *market.order(BOB, Side.BUY, 1)]
    maker = EnvelopeMaker(0)
    views = Projection(maker)
    for payload in market.engine.log.records:
        views.apply(decode_record(payload))
    assert maker.take() == once


def test_foreign_bytes_have_no_position() -> None:
    assert position_of(b"") == position_of(b"{}") == position_of(b"\xff") == 0


def test_partitions_are_those_of_the_java_client() -> None:
    # murmur2 of Kafka's own tests: "foobar" hashes to -790332482, "21" to -973932308
    assert partition_of(b"foobar") == (-790_332_482 & 0x7FFFFFFF) % 12
    assert partition_of(b"21") == (-973_932_308 & 0x7FFFFFFF) % 12


def test_the_book_in_the_cache_is_best_first_on_both_sides() -> None:
    market = Market()
    for price in (90, 91, 89):
        market.order(ALICE, Side.BUY, 1, price)
    for price in (110, 109, 111):
        market.order(BOB, Side.SELL, 2, price)
    members = sorted((score, json.loads(member)) for member, score in book_members(market.views.books["BTC/USDT"]).items())
    assert [(score, level["price"]) for score, level in members] == [(-3, "89"), (-2, "90"), (-1, "91"), (1, "109"), (2, "110"), (3, "111")]
    assert {level["quantity"] for _, level in members} == {"1", "2"}
