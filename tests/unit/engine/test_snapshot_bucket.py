"""Snapshots in S3: the newest that verifies is used, a damaged one is passed over with its reason, and only the last are kept."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from engine_container.core.state import State
from engine_container.engine import snapshots
from engine_container.engine.replica import CommandRecord, Replica
from engine_container.snapshot_store import KEPT, SnapshotError, SnapshotStore, name_of, newest_offset, store_at
from mycrypto.contracts.commands import Tick, encode_record

BUCKET = "mycrypto-local-snapshots"
PREFIX = "engine/shard-0/"


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[SnapshotStore]:
    """The store that a process makes of its settings."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        made = store_at(BUCKET, "", PREFIX)
        assert made is not None
        yield made


def _states(places: int) -> Iterator[tuple[State, int]]:
    """A state after each of so many ticks, and its place in the log."""
    replica = Replica(0)
    for offset in range(places):
        replica.process(CommandRecord(offset, 1_000 * (offset + 1), encode_record([Tick(offset.to_bytes(16, "big"))])))
        yield replica.state, replica.next_offset


def _save(store: SnapshotStore, places: int) -> list[str]:
    """The hash of each state that was saved."""
    hashes = []
    for state, place in _states(places):
        snapshots.save(store, state, 0, place)
        hashes.append(snapshots.state_hash(state))
    return hashes


def test_the_newest_one_comes_back_as_it_was_saved(store: SnapshotStore) -> None:
    hashes = _save(store, 2)
    found = next(snapshots.newest(store, 0, snapshots.Bounds(0, 2, 1)))
    assert not isinstance(found, str)
    state, snapshot = found
    assert (snapshots.state_hash(state), snapshot.next_offset) == (hashes[-1], 2)


def test_only_the_last_are_kept_and_nothing_else_in_the_bucket_is_touched(store: SnapshotStore) -> None:
    boto3.client("s3").put_object(Bucket=BUCKET, Key="views/shard-0/x.snapshot", Body=b"x")
    _save(store, KEPT + 3)
    assert store.names() == [name_of(place) for place in range(4, KEPT + 4)]
    assert newest_offset(store, 100) == KEPT + 3
    keys = {item["Key"] for item in boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert "views/shard-0/x.snapshot" in keys


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "of another kind", "gone"])
def test_a_damaged_newest_one_is_passed_over_for_the_one_before(store: SnapshotStore, damage: str) -> None:
    hashes = _save(store, 3)
    name = name_of(3)
    whole = store.read(name)
    broken = {
        "cut": whole[:-7],
        "flipped": whole[:60] + bytes([whole[60] ^ 1]) + whole[61:],
        "empty": b"",
        "of another kind": b"<html>not found</html>",
        "gone": whole,
    }
    store.write(name, broken[damage])
    names = store.names()
    if damage == "gone":  # between the listing and the reading
        store.delete(name)
    frozen = _Frozen(store, names)
    said, found = list(snapshots.newest(frozen, 0, snapshots.Bounds(0, 3, 1)))[:2]
    assert isinstance(said, str)
    assert said.startswith(name)
    assert not isinstance(found, str)
    assert (snapshots.state_hash(found[0]), found[1].next_offset) == (hashes[1], 2)


class _Frozen:
    """A store whose listing is a little older than what lies in it."""

    def __init__(self, store: SnapshotStore, names: list[str]) -> None:
        self._names = names
        self.read = store.read
        self.write = store.write
        self.delete = store.delete

    def names(self) -> list[str]:
        return self._names


def test_one_from_beyond_the_log_belongs_to_another_log(store: SnapshotStore) -> None:
    _save(store, 3)
    said, found = list(snapshots.newest(store, 0, snapshots.Bounds(0, 2, 1)))[:2]
    assert isinstance(said, str)
    assert "belongs to another log" in said
    assert not isinstance(found, str)
    assert found[1].next_offset == 2


def test_a_bucket_that_is_not_there_is_a_snapshot_that_cannot_be_read(store: SnapshotStore) -> None:
    with pytest.raises(SnapshotError, match="cannot be read"):
        store.read(name_of(1))
