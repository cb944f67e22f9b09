"""The tools: flow files in both formats, expected fills, replay."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine_container.engine.snapshots import state_hash
from engine_container.tools.cli import app
from engine_container.tools.flow import Fill, FlowError, read_lobster, read_neutral, run_flow
from engine_container.tools.replay import replay
from tests.unit.engine.memory_logs import Logs, MemorySource
from tests.unit.engine.test_engine_over_memory_logs import fill

NEUTRAL = """seq,ts_ns,op,order_id,side,price_ticks,qty
1,10,A,a,S,101,5
2,11,A,b,S,102,5
3,12,R,b,S,102,2
4,13,A,c,B,99,5
5,14,C,c,B,99,5
6,15,C,unknown,B,99,5
7,16,M,t,B,102,7
"""

LOBSTER = """34200.1,1,11,100,5850000,-1
34200.2,1,12,50,5850100,-1
34200.3,4,7,10,5849900,-1
34200.4,4,11,100,5850000,-1
34200.4,4,12,20,5850100,-1
34200.5,5,0,10,5850000,1
34200.6,2,12,10,5850100,-1
34200.7,3,12,20,5850100,-1
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize("name", ["flow.csv", "flow.csv.gz"])
def test_a_neutral_flow(tmp_path: Path, name: str) -> None:
    expected = [Fill(7, "a", 101, 5), Fill(7, "b", 102, 2)]
    report, fills = run_flow(read_neutral(written(tmp_path, name, NEUTRAL)), expected=expected)
    assert fills == expected
    assert (report.commands, report.fills, report.filled_qty, report.refused, report.mismatches) == (6, 2, 7, 1, 0)


def test_executions_of_a_lobster_file_become_the_order_that_caused_them(tmp_path: Path) -> None:
    rows, skipped = read_lobster(written(tmp_path, "messages.csv", LOBSTER))
    assert [(row.op, row.side, row.quantity) for row in rows] == [
        ("A", "S", 100), ("A", "S", 50), ("M", "B", 120), ("R", "B", 10), ("C", "B", 20),
    ]  # fmt: skip
    assert skipped == 2
    report, fills = run_flow(rows, skipped=skipped)
    assert fills == [Fill(4, "11", 5_850_000, 100), Fill(4, "12", 5_850_100, 20)]
    assert report.refused == 0


@pytest.mark.parametrize("text", ["", "a,b\n", NEUTRAL.replace("A,a,S", "X,a,S"), NEUTRAL.replace("101,5", "dear,5")])
def test_a_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(FlowError):
        read_neutral(written(tmp_path, "bad.csv", text))


def test_the_commands_of_the_tool(tmp_path: Path) -> None:
    flow = written(tmp_path, "flow.csv", NEUTRAL)
    fills = tmp_path / "fills.csv"
    assert CliRunner().invoke(app, ["flow", str(flow), "--fills", str(fills)]).exit_code == 0
    assert fills.read_text() == "seq,maker_order_id,price_ticks,qty\n7,a,101,5\n7,b,102,2\n"
    assert CliRunner().invoke(app, ["flow", str(flow), "--expect", str(fills), "--json"]).exit_code == 0
    fills.write_text("seq,maker_order_id,price_ticks,qty\n7,a,101,5\n")
    assert CliRunner().invoke(app, ["flow", str(flow), "--expect", str(fills)]).exit_code == 1
    assert CliRunner().invoke(app, ["scenario", str(flow)]).exit_code == 1


def test_replay_leads_to_the_same_state_and_stops_where_it_is_told() -> None:
    logs = Logs()
    fill(logs)
    whole, _ = asyncio.run(replay(MemorySource(logs), 0))
    again, _ = asyncio.run(replay(MemorySource(logs), 0))
    assert state_hash(whole.state) == state_hash(again.state)
    part, _ = asyncio.run(replay(MemorySource(logs), 0, until=7))
    assert part.next_offset == 7
    assert state_hash(part.state) != state_hash(whole.state)
