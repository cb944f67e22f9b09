"""What who asked for a command hears when it fails, what everybody sees of its market, and that no consumer is stopped by an event it does not know."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from engine_container.core.failing import Failure
from engine_container.engine.replica import CommandRecord, Replica
from engine_container.publisher.envelopes import EnvelopeMaker
from engine_container.views.projection import Projection
from functions.history.folding import Fold
from functions.settlement.service import _Chunk
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.money import UNITS_PER_ONE
from mycrypto.projection import fresh
from mycrypto.security import keys
from tests.unit.gateway.conftest import running
from tests.unit.gateway.core_engine import CoreEngine
from tests.unit.gateway.memory_logs import MemoryEvents

ALICE = UUID(int=1)
ORDER = {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "quantity": "0.1", "price": "100"}


class Failing(CoreEngine):
    """The real replica; every command of ``kind`` fails once it is set."""

    def __init__(self) -> None:
        super().__init__(MemoryEvents())
        self.replica = Replica(0, self.state)
        self.kind: type | None = None
        self.ids = 0
        tick, lot = UNITS_PER_ONE // 100, UNITS_PER_ONE // 10_000
        for base in ("BTC", "ETH"):
            self.carry_out([c.SetSymbol(self.new_id(), f"{base}/USDT", base, "USDT", tick, lot, lot, 100 * UNITS_PER_ONE)])
        self.carry_out([c.Credit(self.new_id(), ALICE.bytes, "USDT", 10**14, self.new_id())])

    def new_id(self) -> bytes:
        self.ids += 1
        return self.ids.to_bytes(16, "big")

    def carry_out(self, batch: list[c.Command]) -> bytes | None:
        self.time_ms += 1
        if self.kind is not None:
            self.replica.failures[self.offset] = [
                Failure(index, -1, "secret figures") for index, command in enumerate(batch) if type(command) is self.kind
            ]
        payload = None
        for made in self.replica.process(CommandRecord(self.offset, self.time_ms, c.encode_record(batch))):
            payload = made.payload
            self.log.records.append(payload)
        self.offset += 1
        return payload


def test_who_asked_is_refused_and_everybody_sees_the_halt(signing_key: keys.SigningKey, key_file: Path) -> None:
    async def work() -> None:
        engine = Failing()
        async with running(signing_key, key_file, core=engine) as h:
            resting = await h.call("POST", "/api/v1/orders", ORDER, user=ALICE)
            assert resting.status_code == 201, resting.text
            number = resting.json()["order"]["id"]
            engine.kind = c.PlaceOrder
            answer = await h.call("POST", "/api/v1/orders", {**ORDER, "price": "99"}, user=ALICE)
            assert (answer.status_code, answer.json()["code"]) == (500, "COMMAND_FAILED")
            assert "secret" not in answer.text
            markets = {market["symbol"]: market for market in (await h.call("GET", "/api/v1/markets")).json()["data"]}
            assert (markets["BTC/USDT"]["status"], markets["BTC/USDT"]["status_reason"]) == ("HALTED", "COMMAND_FAILED")
            assert markets["ETH/USDT"]["status"] == "ACTIVE"
            order = (await h.call("GET", f"/api/v1/orders/{number}", user=ALICE)).json()
            assert order["status"] == "CANCELLED"
            engine.kind = None
            elsewhere = await h.call("POST", "/api/v1/orders", {**ORDER, "symbol": "ETH/USDT"}, user=ALICE)
            assert elsewhere.status_code == 201, elsewhere.text
            there = await h.call("POST", "/api/v1/orders", ORDER, user=ALICE)
            assert there.json()["code"] == "MARKET_CLOSED"
            engine.kind = c.PlaceOrder
            batch = await h.call("POST", "/api/v1/orders/batch", {"orders": [{**ORDER, "symbol": "ETH/USDT"}] * 2}, user=ALICE)
            assert [item["error"]["code"] for item in batch.json()["results"]] == ["COMMAND_FAILED"] * 2
            engine.kind = c.CancelAll
            everything = await h.call("DELETE", "/api/v1/orders", user=ALICE)
            assert (everything.status_code, everything.json()["code"]) == (500, "COMMAND_FAILED")

    asyncio.run(work())


def a_record(*rows: tuple[Any, ...]) -> e.EventRecord:
    return e.decode_record(msgspec.msgpack.encode((e.FORMAT_VERSION, 0, 1, 0, 1, True, [(0, b"x" * 16, list(rows))])))


FAILED = (17, "PlaceOrder", b"u" * 16, "BTC/USDT", "COMMAND_FAILED", "what")
LATER = (99, "a field", [1, {"of": "a newer engine"}])
BALANCE = (7, b"u" * 16, "USDT", 5, 0)


@pytest.mark.parametrize("row", [FAILED, LATER])
def test_no_consumer_is_stopped_by_it_and_none_counts_wrong(row: tuple[Any, ...]) -> None:
    record = a_record(BALANCE, row, BALANCE)
    assert record.next_seq == 4
    maker = EnvelopeMaker(0)
    views = Projection(maker)
    assert views.apply(record)
    assert views.watermark == 3
    assert maker.take() == []
    numbered = list(fresh([record], 0))
    assert [item.seq for item in numbered] == [1, 2, 3]
    fold = Fold()
    fold.add_all(numbered)
    assert (fold.orders, fold.changes, fold.trades, fold.symbols) == ({}, {}, [], {})
    handed_over: list[Any] = []
    chunk = _Chunk(0, {}, handed_over.append)
    for item in numbered:
        chunk.add(item)
    assert len(chunk.balances) == 1
    assert (chunk.entries, handed_over, chunk.refused) == ([], [], [])


@pytest.mark.parametrize("row", [(16, "no number"), (17,), (), ("tag",), (99.5,), {}])
def test_what_is_no_event_is_no_record(row: tuple[Any, ...]) -> None:
    with pytest.raises(msgspec.DecodeError):
        a_record(BALANCE, row, LATER)


def test_nothing_can_be_nested_so_deep_that_reading_fails_otherwise() -> None:
    deep = b"\x91" * 10_000 + b"\x01"
    with pytest.raises(msgspec.DecodeError):
        c.decode_record(b"\x92\x01\x91\x93\x0b\xc4\x00" + deep)
    with pytest.raises(msgspec.DecodeError):
        e.decode_record(b"\x97\x01\x00\x01\x00\x01\xc3\x91\x93\x00\xc4\x00\x91\x92\x63" + deep)
    replica = Replica(0)
    assert replica.process(CommandRecord(0, 1, b"\x92\x01\x91\x93\x0b\xc4\x00" + deep)) == []
    assert replica.refused_records == 1
