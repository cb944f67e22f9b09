"""When an engine saves its state, and how: from a forked child, and never ahead of the event log."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from aws_lambda_powertools import Logger

from engine_container.child import ChildError, Gate, answer, start
from engine_container.engine import snapshots
from engine_container.engine.ports import Reached
from engine_container.engine.publishing import Publisher
from engine_container.engine.replica import Replica
from engine_container.engine.settings import EngineSettings
from engine_container.snapshot_store import SnapshotStore, newest_offset

LOOK_SECONDS: Final = 1.0
PATIENCE: Final = 2
"""An active engine waits so many times as long as a standby: where there is one, the pause of a fork is never the active one's."""
HELD_SECONDS_MAX: Final = 10
"""So long a state waits for the event log to hold its events before it is given up as a snapshot."""
_PLACE: Final = struct.Struct(">qq")

StoreMaker = Callable[[], SnapshotStore | None]


class SnapshotKeeper:
    """The snapshots of one engine."""

    def __init__(self, settings: EngineSettings, replica: Replica, publisher: Publisher, store: StoreMaker, log: Logger) -> None:
        self._settings = settings
        self._replica = replica
        self._publisher = publisher
        self._store = store
        self._log = log
        self._offset = 0
        """Where the newest known snapshot goes on from."""
        self._begun_at = time.monotonic()
        """When one was begun last."""
        self._saved_at = time.monotonic()

    def loaded(self, offset: int) -> None:
        """The state is that of a snapshot."""
        self._offset = offset

    def age_seconds(self) -> int:
        """Since the newest snapshot; 0 while it has everything."""
        return 0 if self._replica.next_offset <= self._offset else int(time.monotonic() - self._saved_at)

    async def keep(self) -> None:
        """Save a snapshot whenever one is due."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self.due() and not (self._publisher.active and await self.standby_saved()):
                await self.save()

    def due(self) -> bool:
        """Whether so many records or seconds have gone by since the last one, counted longer by an active engine."""
        patience = PATIENCE if self._publisher.active else 1
        records = self._replica.next_offset - self._offset
        seconds = time.monotonic() - self._begun_at
        return records >= self._settings.snapshot_records * patience or (
            records > 0 and seconds >= self._settings.snapshot_seconds * patience
        )

    async def standby_saved(self) -> bool:
        """Whether another engine of the shard has saved a newer snapshot than the last we know of; that one counts then."""
        try:
            store = await asyncio.to_thread(self._store)
            offset = await asyncio.to_thread(newest_offset, store, self._replica.next_offset) if store is not None else 0
        except Exception as error:  # noqa: BLE001 - whatever keeps a store from being listed will show when we save to it
            self._log.warning("snapshots cannot be listed", reason=repr(error))
            return False
        if offset <= self._offset:
            return False
        self._offset = offset
        self._begun_at = self._saved_at = time.monotonic()
        return not self.due()

    async def save(self) -> None:
        """Save the state as it is now, from a child process: the engine pauses only for the fork.

        The child writes nothing before the event log durably holds every event of this state: an engine that began with a state whose
        events were never written would never write them.
        """
        if not (self._settings.snapshot_bucket or self._settings.snapshot_dir) or not self._publisher.reachable:
            return
        offset = self._replica.next_offset
        replica = self._replica
        needed = int(replica.state.next_seq)
        gate = Gate()

        def reached() -> Reached:
            return Reached(*_PLACE.unpack(gate.passed()))

        def work() -> bytes:
            store = self._store()
            return snapshots.save(store, replica.state, replica.shard, offset, reached).encode() if store is not None else b""

        started = self._begun_at = time.monotonic()
        try:
            try:
                child = start(work, gate)
                paused_ms = round((time.monotonic() - started) * 1_000, 1)
                with suppress(TimeoutError):
                    async with asyncio.timeout(HELD_SECONDS_MAX):
                        place = await self._publisher.until_held(needed)
                    gate.open(_PLACE.pack(*place))
            finally:
                gate.close()
            name = await answer(child)
        except (ChildError, OSError) as error:
            self._log.warning("no snapshot was saved", reason=str(error), needs=needed, published_seq=self._publisher.published_seq)
            return
        self._offset = offset
        self._saved_at = self._begun_at
        seconds = round(time.monotonic() - started, 3)
        self._log.info("snapshot saved", snapshot=name.decode(), offset=offset, seconds=seconds, paused_ms=paused_ms)
