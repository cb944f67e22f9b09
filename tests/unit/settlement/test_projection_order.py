"""Which events of a batch are new, and which are missing."""

from __future__ import annotations

import base64

import msgspec
import pytest

from mycrypto.contracts import events
from mycrypto.projection import SequenceGapError, fresh, moment, records_by_shard


def record(first: int, count: int, shard: int = 0) -> events.EventRecord:
    happened: list[events.Event] = [events.RulesChanged(version) for version in range(count)]
    return events.EventRecord(events.FORMAT_VERSION, shard, first, 0, 1_000 + first, last=True, results=[events.Result(0, b"", happened)])


def seqs(records: list[events.EventRecord], watermark: int) -> list[int]:
    return [numbered.seq for numbered in fresh(records, watermark)]


@pytest.mark.parametrize(
    ("watermark", "expected"), [(0, [1, 2, 3, 4, 5, 6]), (1, [2, 3, 4, 5, 6]), (3, [4, 5, 6]), (4, [5, 6]), (6, []), (60, [])]
)
def test_only_what_is_above_the_watermark_is_new(watermark: int, expected: list[int]) -> None:
    assert seqs([record(1, 3), record(4, 3)], watermark) == expected


def test_what_comes_twice_counts_once() -> None:
    assert seqs([record(1, 3), record(1, 3), record(2, 4), record(4, 2)], 0) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("records", "watermark", "missing"), [([record(2, 1)], 0, "1 to 1"), ([record(1, 2), record(5, 1)], 0, "3 to 4")])
def test_a_gap_is_told(records: list[events.EventRecord], watermark: int, missing: str) -> None:
    with pytest.raises(SequenceGapError, match=missing):
        seqs(records, watermark)


def test_records_are_taken_in_the_order_of_their_offsets_by_shard() -> None:
    def entry(offset: int, made: events.EventRecord) -> dict[str, object]:
        return {"topic": events.TOPIC, "offset": offset, "value": base64.b64encode(msgspec.msgpack.encode(made)).decode()}

    event = {
        "records": {
            "engine-events-0": [entry(11, record(4, 1)), entry(9, record(1, 3))],
            "engine-events-1": [entry(0, record(1, 1, shard=1))],
        }
    }
    found = records_by_shard(event)
    assert {shard: [made.first_seq for made in records] for shard, records in found.items()} == {0: [1, 4], 1: [1]}


def test_a_record_that_is_none_of_ours_stops_the_consumer() -> None:
    with pytest.raises(msgspec.DecodeError):
        records_by_shard({"records": {"engine-events-0": [{"offset": 0, "value": base64.b64encode(b"junk").decode()}]}})


def test_moments_are_exact() -> None:
    assert moment(1_795_000_000_123).isoformat() == "2026-11-18T11:06:40.123000+00:00"
