"""The requests and answers as bytes, held against aiokafka's own reading and writing of the same protocol."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from aiokafka.protocol import fetch, metadata, offset, produce
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from engine_container.logs import wire
from engine_container.logs.partition import BATCH_BYTES_MAX, _parts
from engine_container.logs.wire import BrokerError, PartitionRequests

TOPIC = "engine-events"
REQUESTS = PartitionRequests(TOPIC, 3)


def as_bytes(answer: Any, *values: Any) -> bytes:
    return bytes(answer(*values).encode())


def test_what_is_made_is_read_back_with_offsets_and_the_writers_time() -> None:
    batch = wire.record_batch([b"one", b"", b"three"], 1_790_000_000_123)
    assert wire.records(batch, 0) == [(0, 1_790_000_000_123, b"one"), (1, 1_790_000_000_123, b""), (2, 1_790_000_000_123, b"three")]


def test_records_before_the_wanted_offset_and_what_is_cut_off_are_left_out() -> None:
    batch = wire.record_batch([b"one", b"two"], 5)
    assert wire.records(batch + batch[:40], 1) == [(1, 5, b"two")]


def test_compressed_batches_of_other_writers_are_read() -> None:
    lz4 = 3
    builder = DefaultRecordBatchBuilder(2, lz4, is_transactional=0, producer_id=7, producer_epoch=0, base_sequence=0, batch_size=1 << 20)
    for place in range(100):
        builder.append(place, 9, b"key", b"the same text again and again", [])
    assert wire.records(bytes(builder.build()), 0) == [(place, 9, b"the same text again and again") for place in range(100)]


def test_a_damaged_batch_is_an_error_not_a_record() -> None:
    batch = bytearray(wire.record_batch([b"worth money"], 5))
    batch[-3] ^= 1
    with pytest.raises(BrokerError, match="checksum"):
        wire.records(bytes(batch), 0)


def test_produce_is_what_aiokafka_would_send() -> None:
    theirs = produce.ProduceRequest_v7(None, -1, 4_000, [(TOPIC, [(3, b"batch")])])
    assert REQUESTS.produce(b"batch", 4_000) == theirs.encode()


def test_produce_answers() -> None:
    good = as_bytes(produce.ProduceResponse_v7, [(TOPIC, [(3, 0, 41, -1, 0)])], 0)
    assert REQUESTS.produce_answer(good) == 41
    bad = as_bytes(produce.ProduceResponse_v7, [(TOPIC, [(3, 6, -1, -1, 0)])], 0)
    with pytest.raises(BrokerError, match="NOT_LEADER"):
        REQUESTS.produce_answer(bad)


def test_fetch_is_what_aiokafka_would_send() -> None:
    theirs = fetch.FetchRequest_v4(-1, 500, 1, 1_000_000, 0, [(TOPIC, [(3, 77, 1_000_000)])])
    assert REQUESTS.fetch(77, 500, 1_000_000) == theirs.encode()


@pytest.mark.parametrize("aborted", [[], [(5, 6), (7, 8)]])
def test_fetch_answers(aborted: list[tuple[int, int]]) -> None:
    answer = as_bytes(fetch.FetchResponse_v4, 0, [(TOPIC, [(3, 0, 90, 90, aborted, b"batches")])])
    assert REQUESTS.fetch_answer(answer) == b"batches"


def test_a_fetch_beyond_the_log_and_an_answer_cut_short() -> None:
    answer = as_bytes(fetch.FetchResponse_v4, 0, [(TOPIC, [(3, 1, -1, -1, [], b"")])])
    with pytest.raises(BrokerError, match="OFFSET_OUT_OF_RANGE"):
        REQUESTS.fetch_answer(answer)
    with pytest.raises(BrokerError, match="cut short"):
        REQUESTS.fetch_answer(answer[:20])


def test_offsets() -> None:
    theirs = offset.OffsetRequest_v1(-1, [(TOPIC, [(3, -1)])])
    assert REQUESTS.offset_at(wire.LATEST) == theirs.encode()
    answer = as_bytes(offset.OffsetResponse_v1, [(TOPIC, [(3, 0, -1, 1_234)])])
    assert REQUESTS.offset_answer(answer) == 1_234


BROKERS = [(1, "b-1.example", 9098, None), (2, "b-2.example", 9098, "rack")]


@pytest.mark.parametrize(
    ("topics", "leader"),
    [
        ([(0, TOPIC, False, [(0, 0, 1, [1], [1]), (0, 3, 2, [1, 2], [2])])], ("b-2.example", 9098)),
        ([(3, TOPIC, False, [])], None),
        ([(0, TOPIC, False, [(0, 0, 1, [1], [1])])], None),
    ],
)
def test_the_leader_of_a_partition(topics: list[Any], leader: tuple[str, int] | None) -> None:
    answer = as_bytes(
        metadata.MetadataResponse_v4 if hasattr(metadata, "MetadataResponse_v4") else metadata.MetadataResponse_v3,
        0,
        BROKERS,
        "cluster",
        1,
        topics,
    )
    assert wire.leader_answer(answer, 3) == leader


def test_a_partition_without_a_leader_is_an_error() -> None:
    answer = as_bytes(metadata.MetadataResponse_v4, 0, BROKERS, None, 1, [(0, TOPIC, False, [(5, 3, -1, [], [])])])
    with pytest.raises(BrokerError, match="LEADER_NOT_AVAILABLE"):
        wire.leader_answer(answer, 3)


def test_metadata_is_read_by_aiokafkas_layout() -> None:
    request = metadata.MetadataRequest_v4.SCHEMA.decode(BytesIO(wire.metadata(TOPIC)))
    assert request == ([TOPIC], False)


def test_appends_are_cut_below_what_a_broker_takes() -> None:
    third = bytes(BATCH_BYTES_MAX // 3 + 1)
    assert [len(part) for part in _parts([third] * 5)] == [2, 2, 1]
    assert [list(part) for part in _parts([b"a", b"b"])] == [[b"a", b"b"]]
