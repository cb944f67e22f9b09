"""Whatever fails, and whichever engine stops at whatever time: the event log holds every event, in order, and no snapshot is ahead of it."""

from __future__ import annotations

import asyncio
import itertools
import random
from pathlib import Path
from typing import Any

import pytest

from engine_container.engine.following import numbers_of
from engine_container.engine.ports import BEGINNING, Reached
from engine_container.engine.process import Engine
from engine_container.engine.replica import Replica
from engine_container.engine.snapshots import Bounds, newest, reached_by, save
from engine_container.snapshot_store import FolderStore
from tests.unit.engine.memory_logs import Logs, MemorySink
from tests.unit.engine.running_engines import engine, expected_seqs, fill, run
from tests.waiting import until


def sink_of(one: Engine) -> MemorySink:
    assert isinstance(one._sink, MemorySink)
    return one._sink


def watermark(logs: Logs) -> int:
    """What a consumer has applied; it fails on a gap."""
    seen = 0
    for offset, payload in enumerate(logs.events):
        first, following = numbers_of(payload, offset)
        assert first <= seen + 1, f"events {seen + 1} to {first - 1} are missing"
        seen = max(seen, following - 1)
    return seen


def snapshots_ahead(logs: Logs, store: FolderStore) -> list[Any]:
    """Why snapshots in the store do not count for the event log as it is."""
    bounds = Bounds(0, len(logs.commands), watermark(logs) + 1)
    return [item for item in newest(store, 0, bounds) if isinstance(item, str)]


async def killed(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def goes_on(logs: Logs, store: FolderStore) -> None:
    """A fresh engine brings the event log to where the commands lead, and stops."""
    fresh, _ = engine(logs, store=store)
    task = asyncio.create_task(fresh.run())
    fill(logs, 3)
    await until(lambda: watermark(logs) == expected_seqs(logs)[-1])
    assert fresh.failure == ""
    fresh.stop()
    await task
    assert snapshots_ahead(logs, store) == []


@pytest.mark.parametrize("ending", ["stop", "kill"])
def test_no_snapshot_is_saved_while_events_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    monkeypatch.setattr("engine_container.engine.process.STOP_SECONDS_MAX", 0.2)
    logs, store = Logs(), FolderStore(tmp_path)
    fill(logs)

    async def work() -> None:
        first, _ = engine(logs, store=store)
        task = asyncio.create_task(first.run())
        await until(lambda: bool(logs.events) and watermark(logs) == expected_seqs(logs)[-1])
        sink_of(first).away = True
        fill(logs, 10)
        await until(lambda: first.replica.next_offset == len(logs.commands) and first.publisher.waiting > 0)
        if ending == "stop":
            first.stop()
            await task
        else:
            await first.snapshots.save()
            await killed(task)
        assert store.names() == []
        await goes_on(logs, store)

    run(work)


def test_a_snapshot_waits_for_its_events_and_is_given_up_without_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs, store = Logs(), FolderStore(tmp_path)
    fill(logs)

    async def work() -> None:
        standby, _ = engine(logs, held=False, store=store)
        task = asyncio.create_task(standby.run())
        await until(lambda: standby.caught_up and standby.publisher.reachable)
        saving = asyncio.create_task(standby.snapshots.save())
        await asyncio.sleep(0.3)
        assert not saving.done()
        assert store.names() == []
        active, lease = engine(logs)
        other = asyncio.create_task(active.run())
        await saving
        assert [int(name[:20]) for name in store.names()] == [standby.replica.next_offset]
        assert reached_by(store, 0).next_seq >= standby.replica.state.next_seq
        await killed(other)
        del lease
        fill(logs, 5)
        await until(lambda: standby.replica.next_offset == len(logs.commands))
        monkeypatch.setattr("engine_container.engine.snapshot_keeper.HELD_SECONDS_MAX", 0.2)
        await standby.snapshots.save()
        assert len(store.names()) == 1
        standby.stop()
        await task
        assert len(store.names()) == 1, "the standby is ahead of the log: nothing to save"
        await goes_on(logs, store)

    run(work)


@pytest.mark.parametrize("every", [1, 2])
def test_a_store_full_of_snapshots_that_are_ahead_is_no_trap(tmp_path: Path, every: int) -> None:
    logs, store = Logs(), FolderStore(tmp_path)
    fill(logs)
    replica = Replica(0)
    for record in logs.commands:
        made = replica.process(record)
        if record.offset < 20:
            logs.events += [batch.payload for batch in made]
        elif record.offset % every == 0:
            save(store, replica.state, 0, replica.next_offset)
    assert len(snapshots_ahead(logs, store)) == 3

    async def work() -> None:
        await goes_on(logs, store)

    run(work)


@pytest.mark.parametrize("known", [False, True])
def test_a_hole_is_named_and_nothing_is_written_behind_it(tmp_path: Path, known: bool) -> None:
    logs, store = Logs(), FolderStore(tmp_path)
    fill(logs)
    replica = Replica(0)
    made = [batch for record in logs.commands for batch in replica.process(record)]
    logs.events = [batch.payload for place, batch in enumerate(made) if place not in {20, 21}]
    save(store, replica.state, 0, replica.next_offset, lambda: Reached(5, made[4].next_seq) if known else BEGINNING)
    before = list(logs.events)

    async def work() -> None:
        only, _ = engine(logs, store=store)
        task = asyncio.create_task(only.run())
        await until(lambda: bool(only.failure))
        assert f"events {made[20].first_seq} to {made[21].next_seq - 1} are missing" in only.failure
        status, document = await only._ready()
        assert (status, document["status"]) == (503, "failed")
        fill(logs, 3)
        await asyncio.sleep(0.2)
        only.stop()
        await task
        assert logs.events == before
        assert len(store.names()) == 1

    run(work)


def test_a_hole_that_comes_while_it_runs_ends_the_publishing() -> None:
    logs = Logs()
    fill(logs)

    async def work() -> None:
        standby, _ = engine(logs, held=False)
        task = asyncio.create_task(standby.run())
        await until(lambda: standby.caught_up)
        replica = Replica(0)
        made = [batch.payload for record in logs.commands for batch in replica.process(record)]
        logs.events += made[:5] + made[6:9]
        await until(lambda: "are missing" in standby.failure)
        standby.stop()
        await task

    run(work)


def test_a_log_whose_beginning_is_gone_and_no_snapshot_is_said_loudly(tmp_path: Path) -> None:
    logs = Logs()
    fill(logs)
    logs.commands_first = 7

    async def work() -> None:
        only, _ = engine(logs, store=FolderStore(tmp_path))
        task = asyncio.create_task(only.run())
        await until(lambda: bool(only.failure))
        assert "begins with offset 7" in only.failure
        assert logs.events == []
        only.stop()
        await task

    run(work)


def test_a_log_that_lost_what_it_had_acknowledged_stops_the_engine_and_a_fresh_one_writes_it_again(tmp_path: Path) -> None:
    logs, store = Logs(), FolderStore(tmp_path)
    fill(logs)

    async def work() -> None:
        first, lease = engine(logs, store=store)
        task = asyncio.create_task(first.run())
        await until(lambda: bool(logs.events) and watermark(logs) == expected_seqs(logs)[-1])
        await first.snapshots.save()
        del logs.events[-5:]
        lease.held = False
        await until(lambda: not first.publisher.active)
        lease.held = True
        fill(logs, 3)
        await until(lambda: "had acknowledged" in first.failure)
        first.stop()
        await task
        watermark(logs)
        await goes_on(logs, store)

    run(work)


async def _life(logs: Logs, store: FolderStore, chance: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines come and go over a log that fails in every way an append can."""
    running: list[tuple[Engine, Any, asyncio.Task[None]]] = []

    def refusing(payloads: list[bytes]) -> int | None:
        kind = chance.random()
        if kind < 0.5:
            return None
        return 0 if kind < 0.7 else len(payloads) if kind < 0.85 else chance.randrange(len(payloads) + 1)

    monkeypatch.setattr("engine_container.engine.process.RETRY_SECONDS", 0.01)
    monkeypatch.setattr("engine_container.engine.restorer.RETRY_SECONDS", 0.01)
    monkeypatch.setattr("engine_container.engine.process.RENEW_SECONDS", 0.005)
    monkeypatch.setattr("engine_container.engine.process.STOP_SECONDS_MAX", 0.05)
    monkeypatch.setattr("engine_container.engine.snapshot_keeper.HELD_SECONDS_MAX", 0.05)
    monkeypatch.setattr("engine_container.engine.publishing.LOOK_SECONDS", 0.005)
    for _ in range(25):
        what = chance.choice(("start", "start", "kill", "stop", "lease", "away", "snapshot", "fill", "fill"))
        if what == "start" and len(running) < 2:
            one, lease = engine(logs, held=chance.random() < 0.7, store=store)
            sink_of(one).refusing = refusing
            running.append((one, lease, asyncio.create_task(one.run())))
        elif what == "fill":
            fill(logs, chance.randrange(1, 5))
        elif running:
            place = chance.randrange(len(running))
            one, lease, task = running[place]
            if what == "kill":
                await killed(task)
                del running[place]
            elif what == "stop":
                one.stop()
                await task
                del running[place]
            elif what == "lease":
                lease.held = not lease.held
            elif what == "away":
                sink_of(one).away = not sink_of(one).away
            elif what == "snapshot" and one.caught_up:
                await one.snapshots.save()
        await asyncio.sleep(chance.random() * 0.02)
        assert all(not one.failure for one, _, _ in running)
        assert snapshots_ahead(logs, store) == []
    for _, _, task in running:
        await killed(task)


@pytest.mark.parametrize("seed", range(12))
def test_a_log_that_fails_at_every_append_never_gets_a_hole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    logs, store = Logs(), FolderStore(tmp_path)
    fill(logs, 5)

    async def work() -> None:
        await _life(logs, store, random.Random(seed), monkeypatch)
        watermark(logs)
        await goes_on(logs, store)

    run(work)
    assert all(later == earlier + 1 for earlier, later in itertools.pairwise(sorted(set(logs.seqs()))))
