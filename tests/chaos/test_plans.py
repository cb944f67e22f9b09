"""Plans, results and page of chaos, without a platform."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mycrypto_local.replicas import Replicas
from tests.chaos import clocks, disks, page, results
from tests.chaos.clocks import Clocks
from tests.chaos.history import Outcome
from tests.chaos.plan import CLOCK, DISK, PLAIN, WITH_A_CLOCK, WITH_A_DISK, Blow, Setting, make
from tests.chaos.results import Gathered

MORE = Setting(Replicas(gateways=2, standby=1), disks=True, clocks=True)


@pytest.mark.parametrize("setting", [PLAIN, MORE])
def test_the_same_seed_gives_the_same_plan_and_each_part_has_its_turn(setting: Setting) -> None:
    plans = [make(seed, setting) for seed in range(200)]
    assert plans == [make(seed, setting) for seed in range(200)]
    assert {plan[0].part for plan in plans} == set(setting.parts)
    assert any(len(plan) == 2 for plan in plans)
    assert all(plan[0].part != plan[-1].part for plan in plans if len(plan) == 2)


def test_the_active_engine_the_standby_and_each_gateway_are_struck_where_there_are_more() -> None:
    assert MORE.parts[:4] == ("engine", "standby", "gateway-1", "gateway-2")
    assert PLAIN.parts[:2] == ("engine", "gateway")


def test_disks_are_filled_and_clocks_moved_only_where_that_can_be_done() -> None:
    usual = [blow for seed in range(300) for blow in make(seed)]
    assert {blow.way for blow in usual} == {"kill", "stop", "term", "flush"}
    more = [blow for seed in range(600) for blow in make(seed, MORE)]
    assert {blow.part for blow in more if blow.way == DISK} == WITH_A_DISK
    clocked = {blow.part for blow in more if blow.way == CLOCK}
    assert clocked == (WITH_A_CLOCK - {"gateway"}) | {"gateway-1", "gateway-2"}
    assert all(bool(blow.by) == (blow.way == CLOCK) for blow in more)
    assert all(blow.seconds for blow in more if blow.way in {"stop", DISK, CLOCK})


def test_a_blow_says_what_it_does() -> None:
    assert str(Blow("kafka", "kill")) == "kill kafka"
    assert str(Blow("gateway-1", CLOCK, 3, 0.4, -30)) == "clock gateway-1 -30 s for 3 s 0.4 s later"


def lived(
    seed: int, blows: list[Blow], *, gateways: int = 1, standby: int = 0, wrong: tuple[str, ...] = (), commit: str = "aa" * 20
) -> Gathered:
    silences = {"orders": 0.5 + seed, "reads": 0.3, "wallet": 1.0, "log-in": 1.5}
    outcome = Outcome(seed, blows, list(wrong), silences, 10, 2, 3.0, {"orders: 503 SERVICE_UNAVAILABLE": 1})
    return Gathered(
        commit=commit,
        gateways=gateways,
        standby=standby,
        day="2026-12-01",
        machine="2 cores, 24 GiB, Linux",
        load=1.0,
        left_out=["moved clocks: no compiler"],
        outcome=outcome,
    )


def test_histories_are_gathered_over_runs_by_commit_and_go_on_where_they_ended(tmp_path: Path) -> None:
    file = tmp_path / "build" / "chaos.jsonl"
    assert results.read(file, "aa" * 20) == []
    many = [lived(0, [Blow("engine", "kill")]), lived(4, [Blow("kafka", DISK, 3)], gateways=2, standby=1)]
    for each in (*many, lived(9, [Blow("engine", "kill")], commit="bb" * 20)):
        results.append(file, each)
    assert results.read(file, "aa" * 20) == many
    assert [results.next_seed(many, *count) for count in ((1, 0), (2, 1), (2, 0))] == [1, 5, 0]
    again = lived(0, [Blow("engine", "term")])
    results.append(file, again)
    assert results.read(file, "aa" * 20) == [again, many[1]]


def test_the_page_has_a_table_for_each_setting_with_its_goals_and_says_what_was_left_out() -> None:
    gathered = [
        lived(0, [Blow("engine", "kill")]),
        lived(1, [Blow("engine", "kill")]),
        lived(2, [Blow("gateway-1", "kill")], gateways=2, standby=1),
        lived(3, [Blow("kafka", DISK, 3), Blow("standby", "stop", 1, 0.4)], gateways=2, standby=1),
    ]
    text = page.text(gathered)
    assert "| kill engine | 2 | 1.0, 1.5 | 0.3, 0.3 | 1.0, 1.0 | 1.5, 1.5 | orders 1.4 |" in text
    assert "## One engine, one gateway\n\n2 histories, seeds 0 to 1." in text
    assert "## An engine with a standby, 2 gateways\n\n2 histories, seeds 2 to 3." in text
    assert "| kill gateway-1 | 1 | 2.5, 2.5 | 0.3, 0.3 | 1.0, 1.0 | 1.5, 1.5 | orders 0.5 |" in text
    assert "Of two parts: disk kafka 1, stop standby 1." in text
    assert "Left out: moved clocks: no compiler." in text
    assert "nothing acknowledged was lost" in text
    assert "40 orders and 8 deposits" in text
    assert "kill engine" in page.text([lived(0, [Blow("engine", "kill")], wrong=("order 7 is gone",))]).split("## What was found")[1]


@pytest.mark.skipif(bool(clocks.why_not()), reason=clocks.why_not())
def test_a_moved_clock_moves_the_wall_clock_of_one_part_while_it_runs(tmp_path: Path) -> None:
    made = Clocks(tmp_path / "clocks")
    made.build()
    modules = [importlib.import_module(f"mycrypto_local.{name}") for name in clocks.MODULES]
    with made.given():
        environments = [module.base_environment(tmp_path, "engine") for module in modules]
    assert all("LD_PRELOAD" not in module.base_environment(tmp_path, "engine") for module in modules)
    assert environments[1:] == environments[:-1]
    words = "import sys, time\nfor _ in sys.stdin: print(time.time(), time.monotonic(), flush=True)"
    with subprocess.Popen(
        [sys.executable, "-u", "-c", words], env=environments[0], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for moved in (0, 1_000, -1_000, 0):
            made.move("engine", moved)
            before, steady = time.time(), time.monotonic()
            child.stdin.write("\n")
            child.stdin.flush()
            wall, monotonic = map(float, child.stdout.readline().split())
            assert before + moved <= wall <= time.time() + moved
            assert steady <= monotonic <= time.monotonic()
        child.stdin.close()


WITH_DISKS = """
import errno, sys
from pathlib import Path
from tests.chaos import disks
state = Path(sys.argv[1])
made = disks.Disks(state)
reason = disks.own_namespace() or made.mount()
if reason:
    print("skipped:", reason)
    sys.exit()
made.fill("valkey")
assert made.room("valkey") == 0, made.room("valkey")
assert made.room("kafka") > 0
try:
    (state / "valkey" / "more").write_bytes(b"x" * 4096)
except OSError as error:
    assert error.errno == errno.ENOSPC
else:
    raise AssertionError("it was not full")
made.free("valkey")
(state / "valkey" / "more").write_bytes(b"x" * 4096)
made.unmount()
assert not [path for part in disks.MEGABYTES for path in (state / part).iterdir()]
print("done")
"""


def test_a_full_disk_is_full_for_one_part_and_seen_by_the_run_alone(tmp_path: Path) -> None:
    """In a process of its own, whose mounts end with it."""
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": f"{root}:{root}/localstack"}
    done = subprocess.run(
        [sys.executable, "-c", WITH_DISKS, str(tmp_path / "state")], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    if done.stdout.startswith("skipped"):
        pytest.skip(done.stdout.strip())
    assert done.stdout == "done\n"
    assert str(tmp_path) not in Path("/proc/mounts").read_text()
    assert {path.name for path in (tmp_path / "state").iterdir()} == set(disks.MEGABYTES)
