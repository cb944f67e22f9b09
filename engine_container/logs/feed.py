"""Reads the event log into a projection for as long as the process lives.

An engine announces records before they are on the log. They are applied at once if they come next, and kept until the log bears them out, byte for byte:
a log that says otherwise is the truth, and announcements are not believed again.

Broken connections are taken up again where they broke. A gap in the numbers, or a record that cannot be read, means that the views can
no longer be trusted: they are thrown away and rebuilt, from the log's beginning if they came out of a snapshot and the other way
round, and until then the feed is not ready.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
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


ANNOUNCED_BYTES_MAX: Final = 64_000_000
"""Of announced records that wait for the log, or for those before them. What does not fit in comes over the log."""


class ContradictionError(RuntimeError):
    """The log holds another record than the one that was announced."""


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
        self._unconfirmed: deque[bytes] = deque()
        """Announced and applied, in order; the log has to bring each of them."""
        self._early: deque[tuple[EventRecord, bytes]] = deque()
        """Announced, while events before them are not known yet."""
        self._waiting_bytes = 0
        self._failure: Exception | None = None
        """What an announced record that could not be applied met: the views are half of it."""
        self.contradicted = False
        """An announcement was not borne out: none is believed any more."""
        self.announced = 0
        """Records that were applied because they were announced."""
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
            except (GapError, ContradictionError, msgspec.DecodeError) as error:
                self.ready = False
                self.trouble = str(error)
                self.resyncs += 1
                fresh = True
                self._reporter.critical("the event log cannot be followed, rebuilding the views: %s", error)
                await asyncio.sleep(RESYNC_SECONDS)

    async def _open(self, *, fresh: bool) -> None:
        if fresh:
            self._forget_announced()
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
        if self._failure is not None:
            raise ContradictionError(f"an announced record could not be applied: {self._failure!r}") from self._failure
        for record in records:
            if time.perf_counter_ns() - turn > SLICE_NS_MAX:
                await asyncio.sleep(0)
                turn = time.perf_counter_ns()
            if not self._confirms(record.payload):
                self._apply(decode_record(record.payload))
            self._offset = record.offset + 1
            if self._early:
                self._apply_early()
        if self._progress is not None:
            self._progress.set_result(None)
            self._progress = None
        if not self.ready:
            self._check_ready()

    def _apply(self, record: EventRecord) -> bool:
        before = self.projection.watermark
        fresh = self.projection.apply(record)
        if fresh and self._on_record is not None:
            self._on_record(record, before)
        return fresh

    def announced_record(self, payload: bytes) -> None:
        """A record that the engine which leads will append to the log. What does not come next waits for what is missing."""
        if self.contradicted or not self.ready or self._waiting_bytes + len(payload) > ANNOUNCED_BYTES_MAX:
            return
        try:
            record = decode_record(payload)
        except msgspec.DecodeError as error:
            self._reporter.warning("an announced record cannot be read: %s", error)
            return
        if self._early and record.first_seq < self._early[-1][0].next_seq:
            self._forget_early()  # another engine leads, and begins further back
        self._early.append((record, payload))
        self._waiting_bytes += len(payload)
        try:
            self._apply_early()
        except Exception as error:  # noqa: BLE001 - told where the log is read: the caller is a connection, which would go on
            self._failure = error
            self.contradicted = True
            self.ready = False

    def _apply_early(self) -> None:
        while self._early and self._early[0][0].first_seq <= self.projection.watermark + 1:
            record, payload = self._early.popleft()
            if record.first_seq <= self.projection.watermark:
                self._waiting_bytes -= len(payload)  # the log has brought it meanwhile
                continue
            self._unconfirmed.append(payload)
            self.announced += 1
            self._apply(record)

    def _confirms(self, payload: bytes) -> bool:
        """Whether the log says what was announced and applied. Raises :class:`ContradictionError`."""
        if not self._unconfirmed:
            return False
        said = self._unconfirmed[0]
        if payload == said:
            self._unconfirmed.popleft()
            self._waiting_bytes -= len(payload)
            return True
        first_seq = decode_record(said).first_seq
        if decode_record(payload).next_seq > first_seq:
            self.contradicted = True
            raise ContradictionError(f"of the events from {first_seq} on others were announced than the log holds")
        return False

    def _forget_early(self) -> None:
        self._waiting_bytes -= sum(len(payload) for _, payload in self._early)
        self._early.clear()

    def _forget_announced(self) -> None:
        self._unconfirmed.clear()
        self._early.clear()
        self._waiting_bytes = 0
        self._failure = None

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
