"""The tools: flow files in both formats, expected fills, replay."""

from __future__ import annotations

import asyncio
import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from engine_container.engine.snapshots import state_hash
from engine_container.tools.cli import app
from engine_container.tools.flow import run_flow
from engine_container.tools.flow_files import Fill, FlowError, read_lobster, read_neutral
from engine_container.tools.replay import replay
from tests.unit.engine.memory_logs import Logs, MemorySource
from tests.unit.engine.running_engines import fill

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
34200.4,5,0,30,5850000,-1
34200.4,4,8,5,5850100,-1
34200.4,4,12,20,5850100,-1
34200.5,1,13,40,5849000,1
34200.5,4,13,15,5849000,1
34200.6,2,12,10,5850100,-1
34200.7,3,12,20,5850100,-1
34200.8,7,0,0,-1,-1
"""
"""Orders 7 and 8 are from before the file; the execution of one order takes 11 and 12, with hidden and older ones between."""

SCENARIO = {"name": "s", "commands": [{"op": "new", "id": "a", "side": "buy", "type": "limit", "price": 10, "qty": 1}]}


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
    assert [(row.op, row.side, row.price_ticks, row.quantity) for row in rows if row.op in "AM"] == [
        ("A", "S", 5_850_000, 100), ("A", "S", 5_850_100, 50), ("M", "B", 5_850_100, 120), ("A", "B", 5_849_000, 40),
        ("M", "S", 5_849_000, 15),
    ]  # fmt: skip
    assert [(row.op, row.order_id, row.quantity) for row in rows if row.op in "RC"] == [("R", "12", 10), ("C", "12", 20)]
    assert skipped == 4
    report, fills = run_flow(rows, skipped=skipped)
    assert fills == [Fill(4, "11", 5_850_000, 100), Fill(4, "12", 5_850_100, 20), Fill(9, "13", 5_849_000, 15)]
    assert (report.refused, report.skipped, report.filled_qty) == (0, 4, 135)


def test_a_taker_that_carries_the_id_of_a_resting_order_is_not_taken_for_it(tmp_path: Path) -> None:
    text = (
        NEUTRAL.replace("7,16,M,t,B,102,7", "7,16,M,b,B,101,5") + "8,17,R,b,S,102,1\n9,18,M,b,B,0,9\n10,19,A,b,S,103,1\n11,20,A,b,S,104,1\n"
    )
    report, fills = run_flow(read_neutral(written(tmp_path, "flow.csv", text)))
    assert fills == [Fill(7, "a", 101, 5), Fill(9, "b", 102, 2)]
    assert report.refused == 2  # row 6 names no order, row 11 one that is open already


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the first line must be seq,ts_ns"),
        ("a,b\n", "the first line must be seq,ts_ns"),
        (NEUTRAL.replace("A,a,S", "X,a,S"), ":2: op must be"),
        (NEUTRAL.replace("101,5", "dear,5"), ":2: invalid literal"),
        (NEUTRAL.replace("A,b,S", "A,b,X"), ":3: side must be"),
        (NEUTRAL.replace("R,b,S,102,2", "R,b,S,102,-2"), ":4: qty must be greater than zero"),
        (NEUTRAL.replace("A,c,B,99,5", "A,c,B,0,5"), ":5: price_ticks must be greater than zero"),
        (NEUTRAL.replace("6,15,C,unknown,B,99,5", "6,15,C"), ":7: 3 fields instead of 7"),
        (NEUTRAL.replace("unknown", "\u00fcnknown"), "not a text file"),
    ],
)
def test_a_neutral_file_of_another_form_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(FlowError, match=says):
        read_neutral(written(tmp_path, "bad.csv", text))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("34200.1,1,11,100", ":1: 4 fields"),
        ("34200.1,9,11,100,5850000,-1", ":1: type must be 1 to 7"),
        ("34200.1,1,11,0,5850000,-1", ":1: size and price"),
        ("34200.1,1,11,100,5850000,0", ":1: size and price"),
        ("time,type,id,size,price,direction", ":1: invalid literal"),
    ],
)
def test_a_lobster_file_of_another_form_is_refused(tmp_path: Path, line: str, says: str) -> None:
    with pytest.raises(FlowError, match=says):
        read_lobster(written(tmp_path, "bad.csv", line + "\n"))


def test_a_cut_off_gzip_file_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "flow.csv.gz", NEUTRAL)
    path.write_bytes(path.read_bytes()[:-12])
    with pytest.raises(FlowError, match="cut off"):
        read_neutral(path)


def test_gzip_is_told_by_its_content_not_by_its_name(tmp_path: Path) -> None:
    path = written(tmp_path, "flow.gz", NEUTRAL)
    assert read_neutral(path.rename(tmp_path / "flow")) == read_neutral(written(tmp_path, "plain.csv", NEUTRAL))


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_the_flow_command(tmp_path: Path) -> None:
    flow = written(tmp_path, "flow.csv", NEUTRAL)
    fills = tmp_path / "fills.csv"
    assert invoke("flow", flow, "--fills", fills).exit_code == 0
    assert fills.read_text() == "seq,maker_order_id,price_ticks,qty\n7,a,101,5\n7,b,102,2\n"
    done = invoke("flow", flow, "--expect", fills, "--json")
    assert done.exit_code == 0
    report = json.loads(done.stdout.splitlines()[-1])
    assert (report["commands"], report["fills"], report["filled_qty"], report["mismatches"]) == (6, 2, 7, 0)
    assert report["commands_per_s"] > 0
    assert report["seconds"] > 0
    assert report["compiled"] in {True, False}


@pytest.mark.parametrize(
    ("expected", "says"),
    [
        ("7,a,101,5\n", "1 mismatches with the expected fills; first: made 2 of order b at 102 by seq 7, expected no more"),
        ("7,a,101,5\n7,b,102,1\n", "first: made 2 of order b at 102 by seq 7, expected 1 of order b at 102 by seq 7"),
        ("7,a,101,5\n7,b,102,2\n8,c,1,1\n", "first: made no more, expected 1 of order c at 1 by seq 8"),
    ],
)
def test_fills_other_than_the_expected_ones_are_told_with_the_first_of_them(tmp_path: Path, expected: str, says: str) -> None:
    fills = written(tmp_path, "fills.csv", "seq,maker_order_id,price_ticks,qty\n" + expected)
    done = invoke("flow", written(tmp_path, "flow.csv", NEUTRAL), "--expect", fills)
    assert done.exit_code == 1
    assert says in done.output


@pytest.mark.parametrize("options", [("--format", "csv"), ("--fills", "/nowhere/fills.csv"), ("--format", "lobster")])
def test_what_the_flow_command_cannot_do_it_says_without_a_traceback(tmp_path: Path, options: tuple[str, ...]) -> None:
    done = invoke("flow", written(tmp_path, "flow.csv", NEUTRAL), *options)
    assert done.exit_code == 1
    assert "failed: " in done.output
    assert isinstance(done.exception, SystemExit)


def test_the_scenario_command(tmp_path: Path) -> None:
    good = written(tmp_path, "good.jsonl", json.dumps(SCENARIO) + "\n\n")
    done = invoke("scenario", good)
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {
        "name": "s", "trades": [], "book": {"bids": [["a", 10, 1]], "asks": []}, "stops_held": [],
        "displayed_l2": {"bids": [[10, 1]], "asks": []},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ({"op": "dance"}, "failed: bad: command 0: unknown op 'dance'"),
        ({}, "failed: bad: command 0: unknown op None"),
        ({"op": "cancel"}, "failed: bad: command 0: cancel needs 'id'"),
        ({"op": "new", "id": "a", "side": "buy", "type": "dream", "qty": 1}, "type must be one of limit, market"),
        ({"op": "new", "id": "a", "side": "up", "type": "limit", "qty": 1}, "side must be one of buy, sell, not 'up'"),
        ({"op": "new", "id": "a", "side": "buy", "type": "limit", "qty": "1"}, "qty must be a whole number, not '1'"),
    ],
)
def test_a_scenario_that_cannot_be_run_is_named_and_the_others_run(tmp_path: Path, command: dict[str, object], says: str) -> None:
    bad = {"name": "bad", "commands": [command]}
    done = invoke("scenario", written(tmp_path, "bad.jsonl", "".join(json.dumps(row) + "\n" for row in (bad, SCENARIO))))
    assert done.exit_code == 1
    assert says in done.output
    assert '{"name":"s"' in done.output
    assert "failed: 1 scenarios could not be run" in done.output


@pytest.mark.parametrize("text", ["[1]\n", "{\n", '{"commands": 7}\n', NEUTRAL])
def test_a_file_that_holds_no_scenarios_is_refused(tmp_path: Path, text: str) -> None:
    done = invoke("scenario", written(tmp_path, "bad.jsonl", text))
    assert done.exit_code == 1
    assert "failed: line 1: " in done.output


def test_replay_leads_to_the_same_state_and_stops_where_it_is_told() -> None:
    logs = Logs()
    fill(logs)
    whole, _ = asyncio.run(replay(MemorySource(logs), 0))
    again, _ = asyncio.run(replay(MemorySource(logs), 0))
    assert state_hash(whole.state) == state_hash(again.state)
    part, _ = asyncio.run(replay(MemorySource(logs), 0, until=7))
    assert part.next_offset == 7
    assert state_hash(part.state) != state_hash(whole.state)
