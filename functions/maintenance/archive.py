"""Old partitions into the archive bucket, and out of the database when the table of retention says so.

One partition at a time. A process may die between any two lines: an object whose row is missing is written
again under the same name, a row says that its object was read back whole, and a drop is one transaction that looks once more.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Final, Protocol

import msgspec
from psycopg import Connection

from functions.maintenance import archive_store as store
from functions.maintenance.archive_store import Copy, Partition

IN_MEMORY_BYTES_MAX: Final = 32 * 1024 * 1024
_CHUNK: Final = 1024 * 1024


class ArchiveError(RuntimeError):
    """The object that was written is not what was read from the database; nothing was dropped."""


class Bucket(Protocol):
    """Where archives are kept."""

    def write(self, key: str, content: IO[bytes]) -> None:
        """The whole object or none."""

    def read(self, key: str) -> Iterator[bytes] | None:
        """The object in pieces, ``None`` when there is none."""


class Seen(msgspec.Struct, frozen=True):
    """What an object or an export holds: CSV records without the header, and the SHA-256 of the CSV in hex."""

    row_count: int
    sha256: str


def copy_next(connection: Connection, bucket: Bucket, database: str, now: datetime) -> Copy | None:
    """Copy the oldest partition that is due and has no copy. Raises :class:`ArchiveError` if the object that was written is not whole."""
    partition = store.next_to_copy(connection, now)
    if partition is None:
        return None
    stamp = store.stamp_of(connection, partition.name)
    with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES_MAX) as file:
        digest = _export(connection, partition, file)
        key = f"history/{database}/{partition.table}/{partition.name}-{digest[:16]}.csv.gz"
        file.seek(0)
        bucket.write(key, file)
    seen = look_at(bucket, key)
    if seen is None or seen.sha256 != digest:
        raise ArchiveError(f"{key} is not what {partition.name} holds")
    if store.stamp_of(connection, partition.name) != stamp or stamp.partition(":")[0] != str(seen.row_count):
        return None  # it changed meanwhile; the next run copies it again
    copy = Copy(partition.name, partition.table, key, seen.row_count, seen.sha256, stamp)
    store.keep_copy(connection, copy, now)
    return copy


def _export(connection: Connection, partition: Partition, file: IO[bytes]) -> str:
    """Write the rows as compressed CSV, in the order of their key; returns the SHA-256 of the CSV. Equal rows give equal bytes."""
    digest = hashlib.sha256()
    with (
        gzip.GzipFile(filename="", fileobj=file, mode="wb", mtime=0) as packed,
        connection.cursor() as cursor,
        cursor.copy(store.export_query(partition)) as rows,
    ):
        for piece in rows:
            digest.update(piece)
            packed.write(piece)
    return digest.hexdigest()


def look_at(bucket: Bucket, key: str) -> Seen | None:
    """Read an object back and count what is in it; ``None`` if it is missing or cannot be unpacked."""
    pieces = bucket.read(key)
    if pieces is None:
        return None
    digest = hashlib.sha256()
    with tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES_MAX) as file:
        for piece in pieces:
            file.write(piece)
        file.seek(0)
        try:
            with gzip.GzipFile(fileobj=file, mode="rb") as packed:
                while piece := packed.read(_CHUNK):
                    digest.update(piece)
                packed.seek(0)
                lines = io.TextIOWrapper(packed, "utf-8", newline="")
                row_count = sum(1 for _ in csv.reader(lines)) - 1
        except (OSError, EOFError, UnicodeDecodeError, csv.Error):
            return None
    return Seen(row_count, digest.hexdigest())


class Report(msgspec.Struct):
    """Partitions that one run of the job has copied and dropped, and those whose copies turned out to be of no use."""

    copied: list[str] = []
    dropped: list[str] = []
    forgotten: list[str] = []

    @property
    def steps(self) -> int:
        return len(self.copied) + len(self.dropped) + len(self.forgotten)


def drop_next(connection: Connection, bucket: Bucket, report: Report, now: datetime) -> None:
    """Drop the oldest partition whose time is over. A copy that is missing, damaged or of other rows is forgotten, so that the next step makes
    a new one; a partition with orders that can still trade stays.
    """
    for copy in store.due_to_drop(connection, now):
        whole = look_at(bucket, copy.object_key) == Seen(copy.row_count, copy.sha256)
        outcome = store.drop(connection, copy.partition_name) if whole else "damaged"
        if outcome == "dropped":
            report.dropped.append(copy.partition_name)
            return
        if outcome in {"changed", "damaged"}:
            store.forget_copy(connection, copy.partition_name)
            report.forgotten.append(copy.partition_name)


def step(report: Report, exchange: Connection, trade: Connection, bucket: Bucket, now: datetime) -> bool:
    """One partition of each kind of work; says if there may be more. Months of the ledger are copied and stay for ever; those of the audit and
    mail logs are copied, and the minute job deletes their rows later.
    """
    before = report.steps
    for connection, database in ((exchange, "exchange_dev"), (trade, "mytrader_trade_engine")):
        copy = copy_next(connection, bucket, database, now)
        if copy is not None:
            report.copied.append(copy.partition_name)
    drop_next(trade, bucket, report, now)
    return report.steps > before
