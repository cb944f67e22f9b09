"""Garbage in the command log changes nothing, and garbage in the event log or in a snapshot is told from the real thing."""

from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_container.engine.replica import CommandRecord, Replica
from engine_container.engine.snapshots import pack, state_hash, unpack
from engine_container.snapshot_store import SnapshotError
from mycrypto.contracts import commands, events
from tests.property.test_core_against_naive import START_MS, orders, rules

LISTING = commands.encode_record([rules(0)])


def fresh() -> Replica:
    replica = Replica(0)
    replica.process(CommandRecord(0, START_MS, LISTING))
    return replica


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_commands_change_nothing(garbage: bytes) -> None:
    replica = fresh()
    before = state_hash(replica.state)
    try:
        commands.decode_record(garbage)
    except msgspec.DecodeError:
        assert replica.process(CommandRecord(1, START_MS, garbage)) == []
        assert replica.refused_records == 1
        assert state_hash(replica.state) == before
    assert fresh().next_offset == 1


@settings(max_examples=300, deadline=None)
@given(orders(), st.data())
def test_a_damaged_record_is_refused_whole_or_read_as_commands(order: commands.PlaceOrder, data: st.DataObject) -> None:
    payload = bytearray(commands.encode_record([order, order]))
    for _ in range(data.draw(st.integers(1, 4))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    replica = fresh()
    before = state_hash(replica.state)
    seq = replica.state.next_seq
    replica.process(CommandRecord(1, START_MS, bytes(payload)))
    if replica.refused_records:
        assert state_hash(replica.state) == before
        assert replica.state.next_seq == seq
    for batch in replica.process(CommandRecord(2, START_MS, commands.encode_record([rules(5)]))):
        assert events.decode_record(batch.payload).next_seq == replica.state.next_seq


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100))
def test_bytes_that_are_no_events_are_refused(garbage: bytes) -> None:
    with contextlib.suppress(msgspec.DecodeError):
        events.decode_record(garbage)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_snapshot_is_never_trusted(data: st.DataObject) -> None:
    replica = fresh()
    replica.process(CommandRecord(1, START_MS, commands.encode_record([data.draw(orders()) for _ in range(3)])))
    whole = pack(replica.state, 0, replica.next_offset)
    state, snapshot = unpack(whole, 0)
    assert state_hash(state) == snapshot.state_hash == state_hash(replica.state)
    damaged = bytearray(whole)
    place = data.draw(st.integers(0, len(damaged) - 1))
    damaged[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SnapshotError):
        unpack(bytes(damaged), 0)


def test_a_snapshot_of_another_shard_is_refused() -> None:
    with pytest.raises(SnapshotError, match="shard"):
        unpack(pack(fresh().state, 1, 1), 0)
