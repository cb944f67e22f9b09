"""The state that an engine starts with: from the newest snapshot that fits both logs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from aws_lambda_powertools import Logger

from engine_container.engine.ports import CommandSource, EventSink
from engine_container.engine.publishing import Publisher
from engine_container.engine.replica import Replica
from engine_container.engine.snapshot_keeper import SnapshotKeeper, StoreMaker
from engine_container.engine.snapshots import Bounds, newest, reached_by
from engine_container.logs.ports import LogUnavailableError
from engine_container.snapshot_store import SnapshotStore

RETRY_SECONDS: Final = 1.0

T = TypeVar("T")


class StartError(RuntimeError):
    """The logs and the snapshots do not lead to the present state."""


async def patiently(log: Logger, what: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """The answer of a log, however long it takes to be available."""
    while True:
        try:
            return await work()
        except LogUnavailableError as error:
            log.warning("waiting for %s", what, reason=str(error))
            await asyncio.sleep(RETRY_SECONDS)


class Restorer:
    """Gives a replica the state of the newest good snapshot; without one, the empty state."""

    def __init__(
        self,
        replica: Replica,
        source: CommandSource,
        sink: EventSink,
        publisher: Publisher,
        snapshots: SnapshotKeeper,
        store: StoreMaker,
        log: Logger,
    ) -> None:
        self._replica = replica
        self._source = source
        self._sink = sink
        self._publisher = publisher
        self._snapshots = snapshots
        self._store = store
        self._log = log

    async def restore(self, end: int) -> None:
        """Load the newest snapshot that both logs bear out, for a replay up to ``end``.

        Raises :class:`EventLogHoleError`, and :class:`StartError` where neither a snapshot nor the log leads to the present.
        """
        shard = self._replica.shard
        store = await self._from_store(self._store, None)
        place = await self._from_store(lambda: reached_by(store, shard), None) if store is not None else None
        if place is not None:
            self._sink.follow_from(place)
        await patiently(self._log, "the event log", self._publisher.look)
        first = await patiently(self._log, "the command log", self._source.begin)
        bounds = Bounds(first, end, self._publisher.published_seq)
        nothing: list[Any] = []
        found = await self._from_store(lambda: _until_good(store, shard, bounds), nothing) if store is not None else nothing
        for item in found:
            if isinstance(item, str):
                self._log.warning("snapshot passed over", reason=item)
                continue
            state, snapshot = item
            self._replica.restart(state, snapshot.next_offset)
            self._snapshots.loaded(snapshot.next_offset)
            self._log.info("snapshot loaded", offset=snapshot.next_offset, seq=snapshot.next_seq, state_hash=snapshot.state_hash)
        if self._replica.next_offset < first:
            raise StartError(
                f"no snapshot can be gone on from, and the command log begins with offset {first}: "
                "run mycrypto engine repair-events with the archive"
            )

    async def _from_store(self, work: Callable[[], T], otherwise: T) -> T:
        try:
            return await asyncio.to_thread(work)
        except Exception as error:  # noqa: BLE001 - a store that cannot be reached costs time, not correctness: the log has everything
            self._log.warning("snapshots are not available, replaying the whole log", reason=repr(error))
            return otherwise


def _until_good(store: SnapshotStore, shard: int, bounds: Bounds) -> list[Any]:
    """Why newer snapshots were passed over, then the first good one."""
    found: list[Any] = []
    for item in newest(store, shard, bounds):
        found.append(item)
        if not isinstance(item, str):
            break
    return found
