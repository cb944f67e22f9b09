"""``mycrypto engine examine``: a log is carried out, and each command that fails is shown with what it met."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from engine_container.engine.replica import CommandRecord, EventBatch, Replica
from engine_container.engine.snapshots import state_hash
from engine_container.tools.cli import app
from engine_container.tools.repair import Commands
from mycrypto import archive
from tests.unit.core.test_failing_commands import a_log, followed
from tests.unit.engine.memory_logs import Logs, MemorySource


def archived(folder: Path, records: list[CommandRecord]) -> archive.FolderStore:
    store = archive.FolderStore(folder)
    archive.keep(store, 0, [archive.Record(*record) for record in records])
    return store


def test_the_command_at_fault_is_shown(tmp_path: Path) -> None:
    _, records = a_log()
    archived(tmp_path, records)
    done = CliRunner().invoke(app, ["examine", "--archive", str(tmp_path), "--json"])
    assert done.exit_code == 1, done.output
    report = json.loads(done.stdout)
    (finding,) = report["findings"]
    assert (finding["offset"], finding["place"], finding["kind"]) == (1, 2, "PlaceOrder")
    assert finding["error"].startswith("negative balance of BTC")
    assert finding["command"]["symbol"] == "BTC/USDT"
    assert finding["command"]["side"] == "SELL"
    assert finding["user"]["balances"]["BTC"] == {"available": 1_000_000_000, "locked": 0}
    assert finding["market"]["status"] == "ACTIVE"
    assert finding["market"]["waiting_orders"] == 1
    assert "InvariantError" in finding["trace"][-1]
    text = CliRunner().invoke(app, ["examine", "--archive", str(tmp_path)])
    assert text.exit_code == 1
    assert "offset 1  place 2" in text.stdout
    before = CliRunner().invoke(app, ["examine", "--archive", str(tmp_path), "--until", "1"])
    assert (before.exit_code, before.stdout.strip().split("; ")[-1]) == (0, "0 failed")


def test_replay_leads_to_where_the_engines_are(tmp_path: Path) -> None:
    _, records = a_log()
    archived(tmp_path, records)
    replica, _ = followed(records)
    done = CliRunner().invoke(app, ["replay", "--archive", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["replayed"]["state_hash"] == state_hash(replica.state)


def test_a_restore_follows_the_archive_past_it(tmp_path: Path) -> None:
    from engine_container.tools.restore import survey

    _, records = a_log()
    replica, _ = followed(records)
    plan = survey(archived(tmp_path, records), 0)
    assert (plan.place.state_hash, plan.last_ms) == (state_hash(replica.state), records[-1].time_ms)
    assert isinstance(replica, Replica)


def test_nothing_here_to_examine_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MYCRYPTO_STATE", str(tmp_path))
    done = CliRunner().invoke(app, ["examine"])
    assert done.exit_code == 1


def test_a_repair_takes_every_event_once_where_a_command_fails() -> None:
    _, records = a_log()
    _, batches = followed(records)
    logs = Logs()
    logs.commands = list(records)
    taken: list[EventBatch] = []

    async def made(some: list[EventBatch]) -> None:
        taken.extend(some)

    commands: Any = MemorySource(logs)
    asyncio.run(Commands(commands, None).replay(Replica(0), made, lambda *_: None))
    assert taken == batches
