"""A command that fails does not stop the engine: it makes the state again, says what failed, and goes on, active or standing by."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine_container.core.codec import record as record_codec
from engine_container.core.entities import InvariantError
from engine_container.core.failing import Failure
from engine_container.core.state import State
from engine_container.engine import process, replica
from engine_container.engine.replica import CommandRecord, Fault
from engine_container.engine.snapshots import state_hash
from engine_container.snapshot_store import FolderStore
from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from tests.unit.core.test_failing_commands import a_log, followed
from tests.unit.engine.memory_logs import Logs
from tests.unit.engine.running_engines import engine, fill, run
from tests.waiting import until


def logs_of(records: list[CommandRecord]) -> Logs:
    logs = Logs()
    logs.commands = list(records)
    logs.now_ms = records[-1].time_ms
    return logs


def failures_in(logs: Logs) -> list[tuple[int, e.CommandFailed]]:
    return [
        (result.index, event)
        for payload in logs.events
        for _, result, event in e.decode_record(payload).numbered()
        if isinstance(event, e.CommandFailed)
    ]


def test_the_engine_goes_on_and_so_does_a_replica_that_starts_with_its_log(tmp_path: Path) -> None:
    desk, records = a_log()
    # the first record again in pieces, so that there are snapshots in between
    pieces = [[command] for command in desk.sent] + [c.decode_record(record.payload) for record in records[1:]]
    records = [CommandRecord(place, 1_800_000_000_000 + place, c.encode_record(commands)) for place, commands in enumerate(pieces)]
    whole, batches = followed(records)
    store = FolderStore(tmp_path)

    async def serve(logs: Logs, *, held: bool) -> None:
        one, _ = engine(logs, held=held, store=store, snapshot_records=5)
        task = asyncio.create_task(one.run())
        await until(lambda: one.replica.next_offset == len(records) and (not held or one.publisher.waiting == 0) and one.caught_up)
        assert not one.failure
        assert (await one._health())[0] == 200
        assert state_hash(one.replica.state) == state_hash(whole.state)
        one.stop()
        await task

    async def work() -> None:
        logs = logs_of(records)
        await serve(logs, held=True)
        assert logs.events == [batch.payload for batch in batches]
        assert len(failures_in(logs)) == 1
        await serve(logs, held=False)  # from the snapshot that the first one left
        await serve(logs, held=True)
        assert logs.events == [batch.payload for batch in batches]
        for name in store.names():
            (tmp_path / name).unlink()
        await serve(logs, held=True)  # from nothing
        assert logs.events == [batch.payload for batch in batches]

    run(work)


class Poison:
    """Commands with these ids fail, whenever a record with one is carried out."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *ids: bytes) -> None:
        self.ids = ids
        self.carry_out = replica.carry_out
        self.apply_knowing = record_codec.apply_knowing
        monkeypatch.setattr("engine_container.engine.replica.carry_out", self)
        monkeypatch.setattr("engine_container.engine.replica.apply_knowing", self.knowing)

    def __call__(self, state: State, record: Any, time_ms: int, *_: object) -> Any:
        payload = record if isinstance(record, bytes) else c.encode_record(record)
        commands = c.decode_record(payload)
        for index, command in enumerate(commands):
            if command.command_id in self.ids:
                self.carry_out(state, replica.readable(c.encode_record(commands[:index])), time_ms)
                state.current = index
                raise InvariantError("poisoned")
        return self.carry_out(state, record, time_ms)

    def knowing(self, state: State, commands: list[Any], time_ms: int, failures: list[Failure], told: Any) -> Any:
        known = {failure.index for failure in failures}
        for index, command in enumerate(commands):
            if command.command_id in self.ids and index not in known:
                self.apply_knowing(state, commands[:index], time_ms, failures, told)
                state.current = index
                raise InvariantError("poisoned")
        return self.apply_knowing(state, commands, time_ms, failures, told)


def test_while_wary_the_next_ones_are_met_in_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = [bytes([255, place]) * 8 for place in range(6)]
    Poison(monkeypatch, *ids)
    again: list[int] = []
    begin_again = process.Engine._begin_again

    async def counting(self: process.Engine, fault: Fault) -> None:
        again.append(fault.offset)
        await begin_again(self, fault)

    monkeypatch.setattr(process.Engine, "_begin_again", counting)
    logs = Logs()
    fill(logs, 3)

    async def work() -> None:
        one, _ = engine(logs)
        task = asyncio.create_task(one.run())
        await until(lambda: one.caught_up and one.replica.next_offset == len(logs.commands))
        logs.put(c.Tick(b""), c.CancelAll(ids[0], b"a" * 16), c.Tick(b""))
        await until(lambda: one.replica.next_offset == len(logs.commands))
        assert again == [len(logs.commands) - 1]
        logs.put(c.CancelAll(ids[1], b"a" * 16))
        logs.put(c.CancelAll(ids[2], b"a" * 16), c.CancelAll(ids[3], b"b" * 16), c.CancelAll(ids[4], b"c" * 16))
        fill(logs, 2)
        await until(lambda: one.replica.next_offset == len(logs.commands) and one.publisher.waiting == 0)
        assert len(again) == 1, "the others failed in children"
        assert not one.failure
        one.stop()
        await task
        assert [(index, event.what) for index, event in failures_in(logs)] == [
            (1, "poisoned"),
            (0, "poisoned"),
            *((n, "poisoned") for n in range(3)),
        ]

    run(work)


def test_what_cannot_be_helped_stops_this_engine_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where even to say that a command failed fails: nothing is published that might be wrong."""

    def never(*_: object) -> Any:
        raise InvariantError("whatever is done")

    logs = Logs()
    fill(logs, 1)
    monkeypatch.setattr("engine_container.engine.replica.carry_out", never)
    monkeypatch.setattr("engine_container.engine.replica.apply_knowing", never)

    async def work() -> None:
        one, _ = engine(logs)
        task = asyncio.create_task(one.run())
        with pytest.raises(replica.HopelessError):
            await task
        assert logs.events == []

    run(work)
