"""Snapshots of the views, saved by a forked child now and then, so that no gateway has to read the whole event log to begin."""

from __future__ import annotations

import asyncio
import time
from typing import NamedTuple, Protocol

from engine_container.child import Child, ChildError, answer, start
from engine_container.logs.ports import LogRecord
from engine_container.publisher.settings import PublisherSettings
from engine_container.snapshot_store import SnapshotStore, keep, name_of, store_at
from engine_container.views.projection import Projection
from engine_container.views.snapshot import anchor_of, pack, views_prefix


class Reporter(Protocol):
    """The part of a logger that is needed."""

    def info(self, msg: object, *args: object) -> None: ...
    def warning(self, msg: object, *args: object) -> None: ...


class Place(NamedTuple):
    """Where in the log the views are: offset to read on from, anchor, number of the last event."""

    next_offset: int
    anchor: bytes
    watermark: int


class SnapshotSaver:
    """Saves when there is enough new; a snapshot that fails costs the next start some time and nothing else."""

    def __init__(self, settings: PublisherSettings, reporter: Reporter) -> None:
        self._settings = settings
        self._reporter = reporter
        self._wanted = bool(settings.snapshot_bucket or settings.snapshot_dir)
        self._place = Place(0, b"", -1)
        self._saved = 0
        self._saved_at = time.monotonic()
        self._saving: asyncio.Task[None] | None = None

    def store(self) -> SnapshotStore | None:
        """Where the snapshots are."""
        return store_at(self._settings.snapshot_bucket, self._settings.snapshot_dir, views_prefix(self._settings.shard))

    def look(self, views: Projection, last: LogRecord) -> None:
        """Call between records: begins a snapshot if one is due. ``last`` is the record that the views ended with. In the midst of a command's
        events there is none: who mails and publishes would begin without the first half.
        """
        if not (self._wanted and views.is_whole):
            return
        self._place = Place(last.offset + 1, anchor_of(last.payload), views.watermark)
        waited = time.monotonic() - self._saved_at >= self._settings.snapshot_seconds
        if (waited or last.offset + 1 - self._saved >= self._settings.snapshot_records) and self._saving is None:
            self._begin(views)

    async def finish(self, views: Projection) -> None:
        """What is being saved, and then what is new since: called when the views change no more. Views that have gone on since the last
        look are left alone: their place is not known, and what they took in may not have been published.
        """
        if self._saving is not None:
            await self._saving
        if self._place.next_offset > self._saved and self._place.watermark == views.watermark:
            await self._begin(views)

    def _begin(self, views: Projection) -> asyncio.Task[None]:
        next_offset, anchor, _ = self._place
        name = name_of(next_offset)

        def work() -> bytes:
            store = self.store()
            if store is not None:
                keep(store, name, pack(views, self._settings.shard, next_offset, anchor))
            return b""

        self._saved, self._saved_at = next_offset, time.monotonic()
        self._saving = asyncio.create_task(self._wait(start(work), name))
        return self._saving

    async def _wait(self, child: Child, name: str) -> None:
        try:
            await answer(child)
        except (ChildError, OSError) as error:
            self._reporter.warning("no snapshot was saved: %s", error)
        else:
            self._reporter.info("snapshot %s of the views saved", name)
        finally:
            self._saving = None
