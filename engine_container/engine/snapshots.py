"""Snapshots: the state at a place of the log, compressed, with a format version and a hash.

A sealed file holds MessagePack of :class:`Snapshot`. It is trusted only if its checksum fits and the state that is loaded from it has
the hash that was saved with it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import msgspec

from engine_container.core.codec.snapshot_codec import dump, load
from engine_container.core.state import State
from engine_container.engine.ports import BEGINNING, Reached
from engine_container.snapshot_store import SnapshotError, SnapshotStore, keep, name_of, seal, unseal

MAGIC: Final = b"MCSNAP1\n"
FORMAT: Final = 1
_LEVEL: Final = 1

_encoder = msgspec.msgpack.Encoder()


class Snapshot(msgspec.Struct, frozen=True, array_like=True):
    """``body`` is the compressed state tree, ``state_hash`` the SHA-256 of the tree uncompressed.

    It counts only for an event log that holds the events before ``next_seq``. The records before ``event_offset`` were followed and hold
    those before ``event_seq``, so a start reads on from there (0: from the beginning).
    """

    format: int
    shard: int
    next_offset: int
    next_seq: int
    time_ms: int
    state_hash: str
    body: bytes
    event_offset: int = 0
    event_seq: int = 0

    @property
    def reached(self) -> Reached:
        """How far the event log had been followed when it was saved."""
        return Reached(self.event_offset, self.event_seq)


def tree_bytes(state: State) -> bytes:
    """The canonical form of a state."""
    return _encoder.encode(dump(state))


def state_hash(state: State) -> str:
    """SHA-256 of the canonical form, in hex: equal exactly for equal states."""
    return hashlib.sha256(tree_bytes(state)).hexdigest()


def pack(state: State, shard: int, next_offset: int, reached: Callable[[], Reached] = lambda: BEGINNING) -> bytes:
    """A snapshot file of the state. ``reached`` is asked when all else is done."""
    tree = tree_bytes(state)
    digest = hashlib.sha256(tree).hexdigest()
    body = zlib.compress(tree, _LEVEL)
    snapshot = Snapshot(FORMAT, shard, next_offset, state.next_seq, state.now_ms, digest, body, *reached())
    return seal(MAGIC, _encoder.encode(snapshot))


def _read(content: bytes, shard: int) -> Snapshot:
    try:
        snapshot = msgspec.msgpack.decode(unseal(MAGIC, content), type=Snapshot)
    except msgspec.DecodeError as error:
        raise SnapshotError(f"damaged: {error}") from error
    if snapshot.format != FORMAT or snapshot.shard != shard:
        raise SnapshotError(f"format {snapshot.format} of shard {snapshot.shard}, not format {FORMAT} of shard {shard}")
    return snapshot


def unpack(content: bytes, shard: int) -> tuple[State, Snapshot]:
    """The state in a snapshot file; raises :class:`SnapshotError` unless it is whole and of this shard."""
    snapshot = _read(content, shard)
    return _state_of(snapshot), snapshot


def _state_of(snapshot: Snapshot) -> State:
    try:
        tree = zlib.decompress(snapshot.body)
    except zlib.error as error:
        raise SnapshotError(f"damaged: {error}") from error
    if hashlib.sha256(tree).hexdigest() != snapshot.state_hash:
        raise SnapshotError("damaged: the hash does not fit the state")
    try:
        state = load(msgspec.msgpack.decode(tree))
    except Exception as error:  # whatever an unknown tree makes of the loader, the snapshot is not to be used
        raise SnapshotError(f"cannot be loaded: {error!r}") from error
    if state.next_seq != snapshot.next_seq or state_hash(state) != snapshot.state_hash:
        raise SnapshotError("the loaded state is not the state that was saved")
    return state


def save(store: SnapshotStore, state: State, shard: int, next_offset: int, reached: Callable[[], Reached] = lambda: BEGINNING) -> str:
    """Write a snapshot and drop the oldest ones; returns its name. ``reached`` may raise, then nothing is written."""
    name = name_of(next_offset)
    keep(store, name, pack(state, shard, next_offset, reached))
    return name


def reached_by(store: SnapshotStore, shard: int) -> Reached:
    """How far the event log had been followed when the newest readable snapshot was saved."""
    for name in reversed(store.names()):
        try:
            return _read(store.read(name), shard).reached
        except (SnapshotError, OSError):
            continue
    return BEGINNING


class Bounds(NamedTuple):
    """What the logs hold: commands of offsets ``first`` up to, without, ``end``; every event before ``next_seq``."""

    first: int
    end: int
    next_seq: int

    def why_not(self, snapshot: Snapshot) -> str:
        """Why a state cannot be gone on from, or ""."""
        if snapshot.next_offset > self.end:
            return f"it is of offset {snapshot.next_offset}, the log ends at {self.end}: it belongs to another log"
        if snapshot.next_seq > self.next_seq:
            return f"it has events before {snapshot.next_seq}, the event log ends before {self.next_seq}: they would never be written"
        if snapshot.next_offset < self.first:
            return f"it is of offset {snapshot.next_offset}, the log begins with {self.first}"
        return ""


def newest(store: SnapshotStore, shard: int, bounds: Bounds) -> Iterator[tuple[State, Snapshot] | str]:
    """Newest first: a state that verifies, or a text that says why a snapshot is passed over."""
    for name in reversed(store.names()):
        try:
            snapshot = _read(store.read(name), shard)
            if reason := bounds.why_not(snapshot):
                yield f"{name}: {reason}"
                continue
            state = _state_of(snapshot)
        except (SnapshotError, OSError) as error:
            yield f"{name}: {error}"
            continue
        yield state, snapshot
