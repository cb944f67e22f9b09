"""The archive of the command log: no gap, nothing twice, and never two histories under one name."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from functions.archive import service
from mycrypto import archive
from mycrypto.archive import ArchiveError, ArchiveForkError, ArchiveGapError, ArchiveStore, BucketStore, FolderStore, Record, Stretch

SHARD = 0


def log(count: int, first: int = 0) -> list[Record]:
    return [Record(offset, 1_700_000_000_000 + offset * 7, f"payload {offset}".encode()) for offset in range(first, first + count)]


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ArchiveStore]:
    if request.param == "folder":
        yield FolderStore(tmp_path)
        return
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="archive")
        yield BucketStore("archive", SHARD, client)


def test_what_is_kept_is_read_back_in_order(store: ArchiveStore) -> None:
    records = log(30)
    for start in (0, 10, 25):
        archive.keep(store, SHARD, records[start : {0: 10, 10: 25, 25: 30}[start]])
    assert list(archive.read(store, SHARD)) == records
    assert list(archive.read(store, SHARD, 12)) == records[12:]
    assert archive.end(store) == 30
    assert [stretch.first for stretch in store.stretches()] == [0, 10, 25]


def test_an_object_is_named_by_what_it_holds_and_newer_ones_come_first(store: ArchiveStore) -> None:
    archive.keep(store, SHARD, log(9))
    archive.keep(store, SHARD, log(5, first=9))
    names = [stretch.name for stretch in store.stretches()]
    assert [name.split("-", 1)[1] for name in names] == ["0-8.records", "9-13.records"]
    assert names == sorted(names, reverse=True)
    assert store.at(8) == Stretch(0, 9)
    assert store.at(9) == store.at(1_000) == Stretch(9, 14)


def test_a_batch_that_comes_again_adds_only_what_is_new(store: ArchiveStore) -> None:
    assert archive.keep(store, SHARD, log(10)) == 10
    assert archive.keep(store, SHARD, log(10)) == 0
    assert archive.keep(store, SHARD, log(13)) == 3
    assert archive.keep(store, SHARD, log(6, first=4)) == 0
    assert list(archive.read(store, SHARD)) == log(13)


def test_a_gap_is_refused_and_nothing_written(store: ArchiveStore) -> None:
    archive.keep(store, SHARD, log(10))
    with pytest.raises(ArchiveGapError, match="ends before offset 10, the log goes on at 12"):
        archive.keep(store, SHARD, log(3, first=12))
    with pytest.raises(ArchiveGapError, match="offset 11"):
        archive.keep(store, SHARD, [*log(1, first=10), *log(1, first=13)])
    assert archive.end(store) == 10


def test_another_log_under_the_same_offsets_is_refused(store: ArchiveStore) -> None:
    """After the brokers were lost, a fresh topic begins at 0 again: it must not pass for the old one."""
    archive.keep(store, SHARD, log(10))
    other = [record._replace(payload=b"another history") for record in log(12)]
    with pytest.raises(ArchiveForkError, match="offset 0"):
        archive.keep(store, SHARD, other)
    later = [*log(9), log(10)[9]._replace(time_ms=1), *log(2, first=10)]
    with pytest.raises(ArchiveForkError, match="offset 9"):
        archive.keep(store, SHARD, later)
    assert archive.end(store) == 10


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=30))
def test_however_a_log_is_cut_and_repeated_the_archive_is_the_log(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[tuple[int, int]]
) -> None:
    store = FolderStore(tmp_path_factory.mktemp("archive"))
    whole = log(80)
    end = 0
    for first, count in cuts:
        batch = whole[first : first + count]
        if first <= end:
            archive.keep(store, SHARD, batch)
            end = max(end, first + count)
        else:
            with pytest.raises(ArchiveGapError):
                archive.keep(store, SHARD, batch)
    assert list(archive.read(store, SHARD)) == whole[:end]


@pytest.mark.parametrize(
    "harm", [lambda content: content[:-1], lambda content: b"X" + content[1:], lambda content: content[:50] + b"\0" + content[51:]]
)
def test_a_damaged_object_is_named_and_not_read(tmp_path: Path, harm: Any) -> None:
    store = FolderStore(tmp_path)
    archive.keep(store, SHARD, log(10))
    (stretch,) = store.stretches()
    (tmp_path / stretch.name).write_bytes(harm(store.read(stretch)))
    with pytest.raises(ArchiveError, match=r"0-9\.records: damaged"):
        list(archive.read(store, SHARD))


def test_a_lost_object_is_a_gap(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for start in (0, 10, 20):
        archive.keep(store, SHARD, log(10, first=start))
    (tmp_path / Stretch(10, 20).name).unlink()
    with pytest.raises(ArchiveGapError, match="offsets 10 to 19 are missing"):
        list(archive.read(store, SHARD))


def test_objects_of_another_shard_are_refused(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    archive.keep(store, SHARD, log(3))
    with pytest.raises(ArchiveError, match="of shard 0"):
        list(archive.read(store, 1))


@pytest.mark.parametrize("name", ["notes.txt", "1-2-3.records", "000000000000000000-5-9.records"])
def test_foreign_names_are_refused(name: str) -> None:
    with pytest.raises(ArchiveError, match="no object of the archive"):
        Stretch.of(name)


def test_an_msk_event_becomes_records_in_order_of_their_offsets() -> None:
    def item(offset: int) -> dict[str, Any]:
        return {
            "topic": "engine-commands",
            "partition": 1,
            "offset": offset,
            "timestamp": 5 + offset,
            "value": base64.b64encode(b"v").decode(),
        }

    event = {"eventSource": "aws:kafka", "records": {"engine-commands-1": [item(4), item(3)]}}
    assert service.records_by_shard(event) == {1: [Record(3, 8, b"v"), Record(4, 9, b"v")]}
