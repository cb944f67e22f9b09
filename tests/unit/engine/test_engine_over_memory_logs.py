"""The engine process over logs in memory: what is published is every event once, in order, whatever fails and whichever engine publishes."""

from __future__ import annotations

import asyncio
import itertools
import logging
from pathlib import Path

import pytest
from aws_lambda_powertools import Logger

from engine_container.engine.publishing import Publisher
from engine_container.engine.replica import EVENTS_PER_RECORD_MAX, CommandRecord, Replica
from engine_container.engine.snapshots import Bounds, newest, save, state_hash
from engine_container.snapshot_store import FolderStore, newest_offset
from mycrypto.contracts import commands as c
from mycrypto.contracts import events
from mycrypto.contracts.trading import OrderType, Side, SymbolStatus, TimeInForce
from mycrypto.money import UNITS_PER_ONE
from tests.unit.engine.memory_logs import Logs, MemorySink, MemorySource
from tests.unit.engine.running_engines import ANN, SYMBOL, Ids, engine, expected_seqs, fill, run
from tests.waiting import WAIT_SECONDS_MAX, until


def test_every_event_is_published_once_and_in_order() -> None:
    logs = Logs()
    fill(logs)

    async def work() -> None:
        first, lease = engine(logs)
        task = asyncio.create_task(first.run())
        await until(lambda: logs.seqs() == expected_seqs(logs) and bool(logs.events))
        fill(logs, 5)
        await until(lambda: logs.seqs() == expected_seqs(logs))
        first.stop()
        await task
        assert lease.given_up

    run(work)


def test_a_standby_goes_on_exactly_where_the_log_ends() -> None:
    logs = Logs()
    fill(logs)

    async def work() -> None:
        active, lease = engine(logs)
        standby, other = engine(logs, held=False)
        tasks = [asyncio.create_task(active.run()), asyncio.create_task(standby.run())]
        await until(lambda: logs.seqs() == expected_seqs(logs) and bool(logs.events))
        tasks[0].cancel()  # dies without a word
        await asyncio.gather(tasks[0], return_exceptions=True)
        fill(logs, 10)
        await until(lambda: standby.replica.next_offset == len(logs.commands))
        assert logs.seqs() != expected_seqs(logs)
        other.held = True
        await until(lambda: logs.seqs() == expected_seqs(logs))
        standby.stop()
        await tasks[1]
        del lease

    run(work)


def test_an_engine_that_starts_while_another_one_publishes_has_its_commands_too() -> None:
    """It looks at the event log some time after it was told where the commands end."""
    logs = Logs()
    fill(logs)

    class Grown(MemorySource):
        """Between the two looks the other engine takes commands in, and publishes what they come to."""

        async def end(self) -> int:
            found = await super().end()
            if not logs.events:
                fill(logs, 5)
                replica = Replica(0)
                logs.events += [batch.payload for record in logs.commands for batch in replica.process(record)]
            return found

        async def read(self) -> list[CommandRecord]:
            records = logs.commands[self.place : self.place + 1]
            self.place += len(records)
            await asyncio.sleep(0)
            return records

    async def work() -> None:
        starting, _ = engine(logs, held=False)
        starting._source = Grown(logs)
        task = asyncio.create_task(starting.run())
        await until(lambda: starting.caught_up or bool(starting.failure))
        assert not starting.failure
        starting.stop()
        await task

    run(work)


def test_a_broker_that_goes_away_and_loses_answers_costs_nothing() -> None:
    logs = Logs()
    logs.broken = True
    fill(logs)

    async def work() -> None:
        only, _ = engine(logs)
        task = asyncio.create_task(only.run())
        await asyncio.sleep(0.05)
        logs.broken = False
        await until(lambda: bool(logs.events))
        logs.lose_answers = 1
        fill(logs, 10)
        await until(lambda: sorted(set(logs.seqs())) == expected_seqs(logs))
        only.stop()
        await task

    run(work)
    seen = 0
    for seq in logs.seqs():  # what comes again is not above the watermark
        assert seq <= seen + 1
        seen = max(seen, seq)


def test_ready_names_the_logs_that_do_not_answer() -> None:
    logs = Logs()
    fill(logs)

    async def work() -> None:
        only, _ = engine(logs)

        async def becomes(status: int, checks: dict[str, str]) -> None:
            async with asyncio.timeout(WAIT_SECONDS_MAX):
                while (answer := await only._ready())[0] != status or answer[1]["checks"] != checks:  # noqa: ASYNC110 - as in until
                    await asyncio.sleep(0.005)

        task = asyncio.create_task(only.run())
        well = {"command-log": "ok", "event-log": "ok"}
        await becomes(200, well)
        await until(lambda: logs.seqs() == expected_seqs(logs) and bool(logs.events))
        logs.broken = True
        await becomes(503, well | {"command-log": "not reachable"})
        assert (await only._ready())[1]["missing"] == ["command-log"]
        assert (await only._health())[0] == 200, "an engine is not restarted because its broker is away"
        logs.broken = False
        fill(logs, 2)
        await becomes(200, well)
        only.stop()
        await task

    run(work)


def test_a_record_that_was_published_in_part_is_completed() -> None:
    logs = Logs()
    new = Ids()
    fill(logs, 0)
    count = EVENTS_PER_RECORD_MAX
    for start in range(0, count, 500):
        logs.put(
            *(
                c.PlaceOrder(new(), ANN, SYMBOL, Side.BUY, OrderType.LIMIT, TimeInForce.GTC, UNITS_PER_ONE // 100, (start + i + 1) * 10**6)
                for i in range(500)
            )
        )
    logs.put(c.SetStatus(new(), SYMBOL, SymbolStatus.HALTED), c.SetStatus(new(), SYMBOL, SymbolStatus.ACTIVE))
    replica = Replica(0)
    whole = [batch for record in logs.commands for batch in replica.process(record)]
    assert [events.decode_record(batch.payload).last for batch in whole[-2:]] == [False, True]
    logs.events = [batch.payload for batch in whole[:-1]]

    async def work() -> None:
        only, _ = engine(logs)
        task = asyncio.create_task(only.run())
        await until(lambda: logs.seqs() == expected_seqs(logs))
        only.stop()
        await task

    run(work)
    halt = [result for payload in logs.events for result in events.decode_record(payload).results if len(result.events) > 100]
    assert {result.index for result in halt} == {0}


def test_start_from_a_snapshot_is_the_same_as_from_the_log(tmp_path: Path) -> None:
    logs = Logs()
    fill(logs)
    store = FolderStore(tmp_path)
    whole = Replica(0)
    for record in logs.commands:
        made = whole.process(record)
        if record.offset <= 20:
            logs.events += [batch.payload for batch in made]
        if record.offset == 20:
            save(store, whole.state, 0, whole.next_offset)

    async def work() -> None:
        only, _ = engine(logs, store=store)
        task = asyncio.create_task(only.run())
        await until(lambda: only.replica.state.next_seq == whole.state.next_seq)
        assert only.replica.commands < whole.commands
        assert state_hash(only.replica.state) == state_hash(whole.state)
        only.failure = "end without a snapshot"
        only.stop()
        await task

    run(work)


def test_a_damaged_snapshot_is_passed_over(tmp_path: Path) -> None:
    logs = Logs()
    fill(logs)
    store = FolderStore(tmp_path)
    whole = Replica(0)
    for record in logs.commands:
        whole.process(record)
        if record.offset in {10, 20}:
            save(store, whole.state, 0, whole.next_offset)
    newer = tmp_path / store.names()[-1]
    newer.write_bytes(newer.read_bytes()[:-7])
    found = list(newest(store, 0, Bounds(0, len(logs.commands), whole.state.next_seq)))
    assert isinstance(found[0], str)
    assert "damaged" in found[0]
    assert not isinstance(found[1], str)
    assert found[1][1].next_offset == 11
    beyond = list(newest(store, 0, Bounds(0, 5, whole.state.next_seq)))
    assert all(isinstance(item, str) for item in beyond)


def test_old_snapshots_are_dropped(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for offset in range(6):
        save(store, Replica(0).state, 0, offset)
    assert [name[:20] for name in store.names()] == [f"{offset:020d}" for offset in (3, 4, 5)]


def test_snapshots_of_another_log_do_not_stay_to_be_taken_for_this_ones(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for offset in (7_000, 8_000, 9_000):
        save(store, Replica(0).state, 0, offset)
    assert newest_offset(store, 50) == 0
    save(store, Replica(0).state, 0, 50)
    assert [int(name[:20]) for name in store.names()] == [50]
    assert newest_offset(store, 50) == 50


def test_where_a_standby_saves_snapshots_the_active_engine_saves_none(tmp_path: Path) -> None:
    logs = Logs()
    fill(logs)
    store = FolderStore(tmp_path)
    only, _ = engine(logs, store=store, snapshot_records=20)
    for record in logs.commands[:30]:
        only.replica.process(record)
    assert only.snapshots.due()
    only.publisher.active = True
    assert not only.snapshots.due()  # the standby has its chance first

    async def work() -> None:
        for record in logs.commands[30:40]:
            only.replica.process(record)
        assert only.snapshots.due()
        save(store, only.replica.state, 0, 7_000)  # another log's
        assert not await only.snapshots.standby_saved()
        save(store, only.replica.state, 0, 30)  # as a standby does
        assert await only.snapshots.standby_saved()
        assert not only.snapshots.due()

    run(work)


def test_a_long_backlog_does_not_keep_the_lease_and_the_probes_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = Logs()
    fill(logs)
    monkeypatch.setattr("engine_container.engine.process.SLICE_NS_MAX", 0)
    turns: list[int] = []

    async def work() -> None:
        only, _ = engine(logs)
        task = asyncio.create_task(only.run())
        while only.replica.next_offset < len(logs.commands):
            turns.append(only.replica.next_offset)
            await asyncio.sleep(0)
        only.stop()
        await task

    run(work)
    seen = sorted(set(turns))
    assert max(later - earlier for earlier, later in itertools.pairwise(seen)) == 1


def test_a_defect_stops_publishing_and_shows_in_health(monkeypatch: pytest.MonkeyPatch) -> None:
    logs = Logs()
    fill(logs, 3)

    async def work() -> None:
        only, _ = engine(logs)
        task = asyncio.create_task(only.run())
        await until(lambda: only.caught_up)
        monkeypatch.setattr(only.replica, "process", lambda _: 1 // 0)
        fill(logs, 1)
        await until(lambda: bool(only.failure))
        status, document = await only._health()
        assert status == 503
        assert document["status"] == "failed"
        assert not only.publisher.active
        only.stop()
        await task

    run(work)


def test_a_publisher_that_is_stopped_in_the_moment_of_its_activation_stops() -> None:
    """A cancellation that is lost there is a SIGTERM that the engine never obeys."""

    async def work() -> None:
        publisher = Publisher(MemorySink(Logs()), Logger(service="test", level=logging.CRITICAL))
        task = asyncio.create_task(publisher.run())
        await asyncio.sleep(0.05)
        publisher.set_active(active=True)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(work)
