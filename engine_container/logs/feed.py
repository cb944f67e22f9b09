"""Reads the event log into a projection for as long as the process lives.

Broken connections are taken up again where they broke. A gap in the numbers, or a record that cannot be read, means that the views can
no longer be trusted: they are thrown away and rebuilt, from the log's beginning if they came out of a snapshot and the other way
round, and until then the feed is not ready.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from engine_container.logs.ports import EventLog, LogRecord, LogUnavailableError
from engine_container.views.projection import GapError, Projection
from mycrypto.contracts.events import EventRecord, decode_record

RETRY_SECONDS: Final = 0.5
RESYNC_SECONDS: Final = 5.0
SLICE_NS_MAX: Final = 20_000_000
"""After so long with records the loop serves requests and answers before the next ones."""


class Beginning(msgspec.Struct, frozen=True):
    """Where a projection starts: views as they were at a place of the log, and the offset to read on from (``None``: the log's beginning)."""

    projection: Projection
    offset: int | None = None


class BeginningSource(Protocol):
    """Makes the views to start from."""

    async def begin(self, log: EventLog, *, empty: bool) -> Beginning:
        """Those of the newest snapshot of this log, or empty ones where there is none or ``empty`` asks for them.

        May raise :class:`LogUnavailableError`; it is asked again then.
        """


class Reporter(Protocol):
    """The part of a logger that the feed needs."""

    def info(self, msg: object, *args: object) -> None: ...
    def warning(self, msg: object, *args: object) -> None: ...
    def critical(self, msg: object, *args: object) -> None: ...


class Feed:
    """Owns the projection and replaces it on a resync, so always reach the views through ``feed.projection``."""

    def __init__(
        self,
        log: EventLog,
        source: BeginningSource,
        reporter: Reporter,
        on_record: Callable[[EventRecord, int], None] | None = None,
    ) -> None:
        self._log = log
        self._source = source
        self._reporter = reporter
        self._on_record = on_record
        self._offset: int | None = None
        self._from_snapshot = False
        self._progress: asyncio.Future[None] | None = None
        self._caught_up_at = 0
        self.projection = Projection()
        self.ready = False
        """The views have reached what was the end of the log when reading began."""
        self.connected = False
        self.trouble = ""
        """Why the views had to be thrown away, until they are complete again."""
        self.resyncs = 0

    async def run(self) -> None:
        """Until cancelled."""
        fresh = True
        while True:
            try:
                await self._open(fresh=fresh)
                fresh = False
                while True:
                    await self._take(await self._log.read())
            except LogUnavailableError as error:
                self.connected = False
                self._reporter.warning("the event log cannot be read: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
            except (GapError, msgspec.DecodeError) as error:
                self.ready = False
                self.trouble = str(error)
                self.resyncs += 1
                fresh = True
                self._reporter.critical("the event log cannot be followed, rebuilding the views: %s", error)
                await asyncio.sleep(RESYNC_SECONDS)

    async def _open(self, *, fresh: bool) -> None:
        if fresh:
            beginning = await self._source.begin(self._log, empty=self._from_snapshot)
            self.projection = beginning.projection
            self._from_snapshot = beginning.offset is not None
            self._offset = beginning.offset
        await self._log.open(self._offset)
        self._caught_up_at = await self._log.end()
        self.connected = True
        self._check_ready()

    async def _take(self, records: list[LogRecord]) -> None:
        turn = time.perf_counter_ns()
        for record in records:
            if time.perf_counter_ns() - turn > SLICE_NS_MAX:
                await asyncio.sleep(0)
                turn = time.perf_counter_ns()
            decoded = decode_record(record.payload)
            before = self.projection.watermark
            fresh = self.projection.apply(decoded)
            self._offset = record.offset + 1
            if fresh and self._on_record is not None:
                self._on_record(decoded, before)
        if self._progress is not None:
            self._progress.set_result(None)
            self._progress = None
        if not self.ready:
            self._check_ready()

    def _check_ready(self) -> None:
        if not self.ready and (self._caught_up_at == 0 or (self._offset or 0) >= self._caught_up_at):
            self.ready = True
            self.trouble = ""
            self._reporter.info("the views are complete up to event %s", self.projection.watermark)

    async def sync(self, seconds_max: float) -> bool:
        """Wait until the views include all that was in the log when this was called."""
        try:
            async with asyncio.timeout(seconds_max):
                end = await self._log.end()
        except (LogUnavailableError, TimeoutError):
            return False
        return await self._until(lambda: self.offset >= end, seconds_max)

    async def _until(self, reached: Callable[[], bool], seconds_max: float) -> bool:
        try:
            async with asyncio.timeout(seconds_max):
                while not reached():
                    if self._progress is None:
                        self._progress = asyncio.get_running_loop().create_future()
                    await asyncio.shield(self._progress)
        except TimeoutError:
            return False
        return True

    @property
    def offset(self) -> int:
        """The offset that is read next."""
        return self._offset or 0

    async def close(self) -> None:
        await self._log.close()
