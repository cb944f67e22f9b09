"""Rebuild the state from the command log and say where it leads: offset, seq and state hash."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import httpx
import msgspec

from engine_container.engine.kafka import KafkaCommandSource
from engine_container.engine.ports import CommandSource
from engine_container.engine.replica import Fault, Replica
from engine_container.engine.snapshots import state_hash
from engine_container.logs.connection import BrokerSettings

_ANSWER_SECONDS_MAX: Final = 130


Progress = Callable[[int, int], None]


class ReplayError(RuntimeError):
    """The log or the engine could not be read; ``str()`` says why."""


class Place(msgspec.Struct, frozen=True):
    """A state by its place in both logs and its hash."""

    next_offset: int
    next_seq: int
    state_hash: str


class ReplayReport(msgspec.Struct, frozen=True):
    """``equal`` is None where nothing was compared."""

    replayed: Place
    commands: int
    seconds: float
    engine: Place | None = None
    equal: bool | None = None


async def replay(source: CommandSource, shard: int, *, until: int | None = None, progress: Progress | None = None) -> tuple[Replica, float]:
    """Apply the log from its beginning to its end, or up to (without) offset ``until``; the replica and the seconds it took."""
    end = await source.end()
    if until is not None:
        end = min(end, until)
    replica = Replica(shard)
    started = time.perf_counter()
    await follow(source, replica, end, progress=progress)
    return replica, time.perf_counter() - started


async def follow(
    source: CommandSource, replica: Replica, end: int, *, progress: Progress | None = None, met: Callable[[Fault], None] = lambda _: None
) -> None:
    """Have a replica that is new apply the log up to (without) an offset. For each command that fails, which ``met`` hears of, it begins again."""
    await source.open(replica.next_offset)
    while replica.next_offset < end:
        try:
            for record in await source.read():
                if replica.next_offset <= record.offset < end:
                    replica.process(record)
        except Fault as fault:
            met(fault)
            replica.begin_again(fault)
            await source.open(0)
        if progress is not None:
            progress(replica.next_offset, end)


async def engine_place(url: str) -> Place:
    """Where a running engine is. Raises :class:`ReplayError`."""
    try:
        async with httpx.AsyncClient(timeout=_ANSWER_SECONDS_MAX) as client:
            answer = await client.get(f"{url.rstrip('/')}/state")
            answer.raise_for_status()
            return msgspec.json.decode(answer.content, type=Place)
    except (httpx.HTTPError, msgspec.DecodeError) as error:
        raise ReplayError(f"the engine at {url} does not say where it is: {error!r}") from error


async def replay_log(
    broker: BrokerSettings, shard: int, *, engine_url: str = "", until: int | None = None, progress: Progress | None = None
) -> ReplayReport:
    """Replay the log on Kafka, up to (without) offset ``until``; with ``engine_url`` up to where that engine is, and compare."""
    source = KafkaCommandSource(broker, shard)
    return await replay_source(source, shard, engine_url, until, progress=progress)


async def replay_source(
    source: CommandSource, shard: int, engine_url: str = "", until: int | None = None, *, progress: Progress | None = None
) -> ReplayReport:
    """The same for any command log, such as the archive. ``progress`` hears the next offset and the end."""
    running = await engine_place(engine_url) if engine_url else None
    try:
        replica, seconds = await replay(source, shard, until=until if running is None else running.next_offset, progress=progress)
    finally:
        await source.close()
    place = Place(replica.next_offset, replica.state.next_seq, state_hash(replica.state))
    equal = None if running is None else place == running
    return ReplayReport(place, replica.commands, round(seconds, 3), running, equal)
