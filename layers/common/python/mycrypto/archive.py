"""The archive of the command log: objects of records, without gaps, each named by the offsets that it holds.

A file is a magic line, a SHA-256, then compressed MessagePack ``[FORMAT, shard, first offset, [[time_ms, payload], ...]]``, of which it is the
checksum. Times are the broker's: with them and the offsets a replay gives the same events, byte for byte.

Names begin with the distance of the first offset from the end of all offsets, so that a listing begins with the newest object, and the
object that holds an offset is found with one request.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import msgspec

from mycrypto.contracts.commands import TOPIC

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MAGIC: Final = b"MCLOG1\n"
FORMAT: Final = 1
OFFSET_MAX: Final = 10**18 - 1
SUFFIX: Final = ".records"
_CHECKSUM_BYTES: Final = 32
_LEVEL: Final = 6

_encoder = msgspec.msgpack.Encoder()


class ArchiveError(RuntimeError):
    """What is archived cannot be used, or what came cannot be archived; ``str()`` says why."""


class ArchiveGapError(ArchiveError):
    """Records are missing between the archive's end and what came; nothing was written."""


class ArchiveForkError(ArchiveError):
    """The log holds other records than the archive under the same offsets: it is not the log that was archived."""


class Record(NamedTuple):
    """A record of the command log: its place, the broker's time of it in epoch milliseconds, its bytes."""

    offset: int
    time_ms: int
    payload: bytes


class Stretch(NamedTuple):
    """What an object holds: offsets ``first`` up to, without, ``next``."""

    first: int
    next: int

    @property
    def name(self) -> str:
        """Newer stretches have smaller names."""
        return f"{OFFSET_MAX - self.first:018d}-{self.first}-{self.next - 1}{SUFFIX}"

    @classmethod
    def of(cls, name: str) -> Stretch:
        """Raises :class:`ArchiveError` for a name that is none of ours."""
        parts = name.removesuffix(SUFFIX).split("-")
        if len(parts) != 3 or not all(part.isdigit() for part in parts) or cls(int(parts[1]), int(parts[2]) + 1).name != name:
            raise ArchiveError(f"'{name}' is no object of the archive")
        return cls(int(parts[1]), int(parts[2]) + 1)


class _Content(msgspec.Struct, array_like=True):
    format: int
    shard: int
    first: int
    rows: list[tuple[int, bytes]]


class ArchiveStore(Protocol):
    """Where the objects of one shard are."""

    def at(self, offset: int) -> Stretch | None:
        """The stretch that begins last of those that begin at or before ``offset``."""

    def stretches(self) -> list[Stretch]:
        """All of them, oldest first."""

    def read(self, stretch: Stretch) -> bytes: ...

    def write(self, stretch: Stretch, content: bytes) -> None: ...


def pack(shard: int, records: Sequence[Record]) -> bytes:
    """The object of records that follow each other."""
    rows = [(record.time_ms, record.payload) for record in records]
    content = zlib.compress(_encoder.encode(_Content(FORMAT, shard, records[0].offset, rows)), _LEVEL)
    return MAGIC + hashlib.sha256(content).digest() + content


def unpack(content: bytes, shard: int) -> list[Record]:
    """The records of an object. Raises :class:`ArchiveError` unless it is whole and of this shard."""
    packed = content[len(MAGIC) + _CHECKSUM_BYTES :]
    if not content.startswith(MAGIC) or hashlib.sha256(packed).digest() != content[len(MAGIC) : len(MAGIC) + _CHECKSUM_BYTES]:
        raise ArchiveError("damaged: the checksum does not fit")
    found = msgspec.msgpack.decode(zlib.decompress(packed), type=_Content)
    if (found.format, found.shard) != (FORMAT, shard):
        raise ArchiveError(f"format {found.format} of shard {found.shard}, not format {FORMAT} of shard {shard}")
    return [Record(offset, time_ms, payload) for offset, (time_ms, payload) in enumerate(found.rows, found.first)]


def end(store: ArchiveStore) -> int:
    """The offset after the last one that is archived; 0 for an empty archive."""
    newest = store.at(OFFSET_MAX)
    return newest.next if newest else 0


def keep(store: ArchiveStore, shard: int, records: Sequence[Record]) -> int:
    """Archive what of ``records`` is not archived yet; how many that were. It may be repeated with any batch of the log.

    Raises :class:`ArchiveGapError` and :class:`ArchiveForkError`, both before anything is written.
    """
    expected = end(store)
    known = [record for record in records if record.offset < expected]
    _compare(store, shard, known)
    fresh = records[len(known) :]
    for place, record in enumerate(fresh, expected):
        if record.offset != place:
            raise ArchiveGapError(f"shard {shard}: the archive ends before offset {place}, the log goes on at {record.offset}")
    if fresh:
        stretch = Stretch(fresh[0].offset, fresh[-1].offset + 1)
        store.write(stretch, pack(shard, fresh))
    return len(fresh)


def _compare(store: ArchiveStore, shard: int, known: Sequence[Record]) -> None:
    """Repeated records must equal the archived ones; else the topic holds another log."""
    archived: dict[int, Record] = {}
    for record in known:
        if record.offset not in archived:
            stretch = store.at(record.offset)
            if stretch is not None:
                archived = {found.offset: found for found in unpack(store.read(stretch), shard)}
        if archived.get(record.offset) != record:
            raise ArchiveForkError(f"shard {shard}: offset {record.offset} of the log is not what is archived under it")


def read(store: ArchiveStore, shard: int, first: int = 0) -> Iterator[Record]:
    """The records from offset ``first`` on. Raises :class:`ArchiveError` at a gap or a damaged object."""
    expected = first
    for stretch in store.stretches():
        if stretch.next <= expected:
            continue
        if stretch.first > expected:
            raise ArchiveGapError(f"shard {shard}: offsets {expected} to {stretch.first - 1} are missing in the archive")
        try:
            records = unpack(store.read(stretch), shard)
        except (ArchiveError, zlib.error, msgspec.DecodeError) as error:
            raise ArchiveError(f"{stretch.name}: {error}") from error
        for record in records:
            if record.offset == expected:
                expected += 1
                yield record


class FolderStore:
    """The objects of a shard as files; one appears whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _names(self) -> list[str]:
        return sorted(path.name for path in self._folder.glob(f"*{SUFFIX}"))

    def at(self, offset: int) -> Stretch | None:
        names = self._names()
        place = bisect_left(names, f"{OFFSET_MAX - offset:018d}")
        return Stretch.of(names[place]) if place < len(names) else None

    def stretches(self) -> list[Stretch]:
        return [Stretch.of(name) for name in reversed(self._names())]

    def read(self, stretch: Stretch) -> bytes:
        return (self._folder / stretch.name).read_bytes()

    def write(self, stretch: Stretch, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        making = self._folder / f".{stretch.name}.{os.getpid()}"
        making.write_bytes(content)
        making.replace(self._folder / stretch.name)


class BucketStore:
    """The objects of a shard in a bucket, under ``engine-commands/shard-N/``."""

    def __init__(self, bucket: str, shard: int, client: S3Client | None = None, **client_options: Any) -> None:
        if client is None:
            import boto3

            client = boto3.session.Session().client("s3", **client_options)
        self._client = client
        self._bucket = bucket
        self._prefix = f"{TOPIC}/shard-{shard}/"

    def at(self, offset: int) -> Stretch | None:
        start = f"{self._prefix}{OFFSET_MAX - offset:018d}"
        answer = self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._prefix, StartAfter=start, MaxKeys=1)
        keys = [item["Key"] for item in answer.get("Contents", ())]
        return Stretch.of(keys[0].removeprefix(self._prefix)) if keys else None

    def stretches(self) -> list[Stretch]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        names = sorted(item["Key"].removeprefix(self._prefix) for page in pages for item in page.get("Contents", ()))
        return [Stretch.of(name) for name in reversed(names)]

    def read(self, stretch: Stretch) -> bytes:
        return self._client.get_object(Bucket=self._bucket, Key=self._prefix + stretch.name)["Body"].read()

    def write(self, stretch: Stretch, content: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=self._prefix + stretch.name, Body=content)
