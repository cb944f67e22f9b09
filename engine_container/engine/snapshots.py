"""Snapshots: the state at a place of the log, compressed, with a format version and a hash.

A sealed file holds MessagePack of :class:`Snapshot`. It is trusted only if its checksum fits and the state that is loaded from it has
the hash that was saved with it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from typing import Final

import msgspec

from engine_container.core.entities import State
from engine_container.core.tree import dump, load
from engine_container.snapshot_store import SnapshotError, SnapshotStore, keep, name_of, seal, unseal

MAGIC: Final = b"MCSNAP1\n"
FORMAT: Final = 1
_LEVEL: Final = 1

_encoder = msgspec.msgpack.Encoder()


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """``body`` is the compressed state tree, ``state_hash`` the SHA-256 of the tree uncompressed."""

    format: int
    shard: int
    next_offset: int
    next_seq: int
    time_ms: int
    state_hash: str
    body: bytes


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
    return seal(MAGIC, _encoder.encode(snapshot))


def unpack(content: bytes, shard: int) -> tuple[State, Snapshot]:
    """The state in a snapshot file; raises :class:`SnapshotError` unless it is whole and of this shard."""
    packed = unseal(MAGIC, content)
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


def save(store: SnapshotStore, state: State, shard: int, next_offset: int) -> str:
    """Write a snapshot and drop the oldest ones; returns its name."""
    name = name_of(next_offset)
    keep(store, name, pack(state, shard, next_offset))
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
