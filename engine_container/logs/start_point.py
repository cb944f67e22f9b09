"""Where readers of the event log begin: at the newest snapshot of the views that can be used, else at the log's beginning."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from engine_container.logs.feed import Beginning
from engine_container.logs.ports import EventLog
from engine_container.snapshot_store import SnapshotError, SnapshotStore
from engine_container.views.observer import Observer
from engine_container.views.projection import Projection
from engine_container.views.snapshot import Cover, anchor_of, read_cover, unpack

READS_MAX: Final = 10
"""Reads that may come back with nothing before a record counts as no longer kept."""

Usable = Callable[[Cover], Awaitable[str]]
"""Says why a snapshot that verifies is not to be used, or ""."""


class Reporter(Protocol):
    """The part of a logger that is needed."""

    def info(self, msg: object, *args: object) -> None: ...
    def warning(self, msg: object, *args: object) -> None: ...


async def usable(_: Cover) -> str:
    """For a reader to whom every snapshot is welcome."""
    return ""


class NewestSnapshot:
    """Reads off the loop: a snapshot of many orders takes its time, and health checks want an answer meanwhile."""

    def __init__(
        self,
        store: Callable[[], SnapshotStore | None],
        shard: int,
        observer: Observer,
        reporter: Reporter,
        judge: Usable = usable,
    ) -> None:
        self._store = store
        self._shard = shard
        self._observer = observer
        self._reporter = reporter
        self._judge = judge

    async def begin(self, log: EventLog, *, empty: bool) -> Beginning:
        """See :class:`BeginningSource`. Leaves the log open at a place that does not matter."""
        found = None if empty else await self._newest(log)
        return found or Beginning(Projection(self._observer))

    async def _newest(self, log: EventLog) -> Beginning | None:
        try:
            store = await asyncio.to_thread(self._store)
            names = [] if store is None else await asyncio.to_thread(store.names)
        except Exception as error:  # noqa: BLE001 - a store that cannot be reached costs time, not correctness: the log has everything
            self._reporter.warning("snapshots cannot be reached, reading the whole event log: %r", error)
            return None
        for name in reversed(names):
            if store is not None and (beginning := await self._read(store, name, log)):
                return beginning
        return None

    async def _read(self, store: SnapshotStore, name: str, log: EventLog) -> Beginning | None:
        try:
            cover = read_cover(await asyncio.to_thread(store.read, name), self._shard)
            if reason := await self._judge(cover) or await _why_foreign(cover, log):
                self._reporter.warning("snapshot %s passed over: %s", name, reason)
                return None
            views = await asyncio.to_thread(unpack, cover, self._observer)
        except (SnapshotError, OSError) as error:
            self._reporter.warning("snapshot %s passed over: %s", name, error)
            return None
        self._reporter.info("beginning with snapshot %s, at event %s", name, cover.watermark)
        return Beginning(views, cover.next_offset)


async def _why_foreign(cover: Cover, log: EventLog) -> str:
    """Why a snapshot is of another log, or "": the record before its place is the one that it was taken after, or is no longer kept."""
    before = cover.next_offset - 1
    await log.open(before)
    end = await log.end()
    if end <= before:
        return f"it is of offset {cover.next_offset}, the log ends at {end}: it belongs to another log"
    for _ in range(READS_MAX):
        for record in await log.read():
            same = record.offset > before or (record.offset == before and anchor_of(record.payload) == cover.anchor)
            return "" if same else f"the record at {before} is not the one that it was taken after: it belongs to another log"
    return ""
