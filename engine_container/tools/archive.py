"""The archived command log: where it is, and read as if it were the log itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final

from engine_container.engine.replica import CommandRecord
from engine_container.logs.ports import LogUnavailableError
from mycrypto import archive

BUCKET: Final = "s3://"
RECORDS_PER_READ: Final = 2_000


def store_of(place: str, shard: int, **client_options: Any) -> archive.ArchiveStore:
    """``s3://bucket``, or a folder that holds a shard's objects."""
    if place.startswith(BUCKET):
        return archive.BucketStore(place.removeprefix(BUCKET).strip("/"), shard, **client_options)
    return archive.FolderStore(Path(place))


class ArchiveSource:
    """An archive as a command source. A damaged or incomplete one is no log: methods raise ``LogUnavailableError``."""

    def __init__(self, store: archive.ArchiveStore, shard: int) -> None:
        self._store = store
        self._shard = shard
        self._records: Iterator[archive.Record] = iter(())

    async def open(self, offset: int) -> None:
        self._records = archive.read(self._store, self._shard, offset)

    async def read(self) -> list[CommandRecord]:
        try:
            return await asyncio.to_thread(lambda: [CommandRecord(*record) for record in islice(self._records, RECORDS_PER_READ)])
        except (archive.ArchiveError, OSError) as error:
            raise LogUnavailableError(f"the archive: {error}") from error

    async def begin(self) -> int:
        stretches = await asyncio.to_thread(self._store.stretches)
        return stretches[0].first if stretches else 0

    async def end(self) -> int:
        return await asyncio.to_thread(archive.end, self._store)

    async def close(self) -> None:
        self._records = iter(())
