"""Snapshots: the state at a place of the log, compressed, with a format version and a hash, and where they are kept.

A file is a magic line, a SHA-256, then MessagePack of :class:`Snapshot`, of which it is the checksum. It is trusted only if that fits
and the state that is loaded from it has the hash that was saved with it.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from engine_container.core.entities import State
from engine_container.core.tree import dump, load

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAGIC: Final = b"MCSNAP1\n"
FORMAT: Final = 1
KEPT: Final = 3
_LEVEL: Final = 1
_CHECKSUM_BYTES: Final = 32

_encoder = msgspec.msgpack.Encoder()


class SnapshotError(ValueError):
    """The bytes are no snapshot that can be trusted; ``str()`` says why."""


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """``body`` is the compressed state tree, ``state_hash`` the SHA-256 of the tree uncompressed."""

    format: int
    shard: int
    next_offset: int
    next_seq: int
    time_ms: int
    state_hash: str
    body: bytes


class SnapshotStore(Protocol):
    """Where snapshots are kept, newest last by name."""

    def names(self) -> list[str]: ...

    def read(self, name: str) -> bytes: ...

    def write(self, name: str, content: bytes) -> None: ...

    def delete(self, name: str) -> None: ...


def tree_bytes(state: State) -> bytes:
    """The canonical form of a state."""
    return _encoder.encode(dump(state))


def state_hash(state: State) -> str:
    """SHA-256 of the canonical form, in hex: equal exactly for equal states."""
    return hashlib.sha256(tree_bytes(state)).hexdigest()


def pack(state: State, shard: int, next_offset: int) -> bytes:
    """A snapshot file of the state."""
    tree = tree_bytes(state)
    digest = hashlib.sha256(tree).hexdigest()
    snapshot = Snapshot(FORMAT, shard, next_offset, state.next_seq, state.now_ms, digest, zlib.compress(tree, _LEVEL))
    content = _encoder.encode(snapshot)
    return MAGIC + hashlib.sha256(content).digest() + content


def unpack(content: bytes, shard: int) -> tuple[State, Snapshot]:
    """The state in a snapshot file; raises :class:`SnapshotError` unless it is whole and of this shard."""
    if not content.startswith(MAGIC):
        raise SnapshotError("not a snapshot file")
    checksum = content[len(MAGIC) : len(MAGIC) + _CHECKSUM_BYTES]
    packed = content[len(MAGIC) + _CHECKSUM_BYTES :]
    if hashlib.sha256(packed).digest() != checksum:
        raise SnapshotError("damaged: the checksum does not fit")
    try:
        snapshot = msgspec.msgpack.decode(packed, type=Snapshot)
        if snapshot.format != FORMAT or snapshot.shard != shard:
            raise SnapshotError(f"format {snapshot.format} of shard {snapshot.shard}, not format {FORMAT} of shard {shard}")
        tree = zlib.decompress(snapshot.body)
    except (msgspec.DecodeError, zlib.error) as error:
        raise SnapshotError(f"damaged: {error}") from error
    if hashlib.sha256(tree).hexdigest() != snapshot.state_hash:
        raise SnapshotError("damaged: the hash does not fit the state")
    try:
        state = load(msgspec.msgpack.decode(tree))
    except Exception as error:  # whatever an unknown tree makes of the loader, the snapshot is not to be used
        raise SnapshotError(f"cannot be loaded: {error!r}") from error
    if state.next_seq != snapshot.next_seq or state_hash(state) != snapshot.state_hash:
        raise SnapshotError("the loaded state is not the state that was saved")
    return state, snapshot


def name_of(next_offset: int) -> str:
    """Names sort by place in the log."""
    return f"{next_offset:020d}.snapshot"


def save(store: SnapshotStore, state: State, shard: int, next_offset: int) -> str:
    """Write a snapshot and drop the oldest ones; returns its name."""
    name = name_of(next_offset)
    store.write(name, pack(state, shard, next_offset))
    for old in store.names()[:-KEPT]:
        store.delete(old)
    return name


def newest(store: SnapshotStore, shard: int, end_offset: int) -> Iterator[tuple[State, Snapshot] | str]:
    """Newest first: a state that verifies, or a text that says why a snapshot is passed over.

    One from beyond the end of the log belongs to another log.
    """
    for name in reversed(store.names()):
        try:
            state, snapshot = unpack(store.read(name), shard)
        except (SnapshotError, OSError) as error:
            yield f"{name}: {error}"
            continue
        if snapshot.next_offset > end_offset:
            yield f"{name}: is of offset {snapshot.next_offset}, the log ends at {end_offset}: it belongs to another log"
            continue
        yield state, snapshot


class FolderStore:
    """Snapshots in a folder; a file appears whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        return sorted(path.name for path in self._folder.glob("*.snapshot"))

    def read(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        making = self._folder / f".{name}.{os.getpid()}"
        making.write_bytes(content)
        making.replace(self._folder / name)

    def delete(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)


class BucketStore:
    """Snapshots in an S3 bucket, under ``engine/shard-N/``."""

    def __init__(self, bucket: str, shard: int, **client_options: Any) -> None:
        import boto3

        self._client: S3Client = boto3.session.Session().client("s3", **client_options)
        self._bucket = bucket
        self._prefix = f"engine/shard-{shard}/"

    def names(self) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        return sorted(item["Key"].removeprefix(self._prefix) for page in pages for item in page.get("Contents", []))

    def read(self, name: str) -> bytes:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise SnapshotError(f"cannot be read: {error}") from error

    def write(self, name: str, content: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=content)

    def delete(self, name: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)
