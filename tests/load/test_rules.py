"""The rules of a run, and its plots: without sockets."""

from __future__ import annotations

import asyncio
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.load import page, plot
from tests.load.generator import hold, percentiles
from tests.load.kinds import BATCH, KINDS, Batches, Done, Orders, Target
from tests.load.plot import Axis, Line
from tests.load.rules import FACTOR, RUNGS_MAX, Ladder, Limits, Rung, due, slope, trend
from tests.load.run import Found
from tests.load.watch import Behind, Series, seconds_behind

LIMITS = Limits(100)


def rung(offered: float, *, achieved: float | None = None, p99: float = 10, wrong: int = 0, behind: dict[str, float] | None = None) -> Rung:
    latencies = {"p50": 1.0, "p90": 5.0, "p99": p99, "p99.9": p99, "max": p99}
    return Rung(offered, offered if achieved is None else achieved, 1_000, wrong, latencies, 0.1, 0.0, behind or {})


def climb(first: float, holds_up_to: float, *, factor: float = FACTOR, rungs_max: int = RUNGS_MAX) -> tuple[Ladder, list[float]]:
    ladder = Ladder(first, LIMITS, factor=factor, rungs_max=rungs_max)
    asked: list[float] = []
    while (rate := ladder.next_rate) is not None:
        asked.append(rate)
        ladder.add(rung(rate, p99=10 if rate <= holds_up_to else 10_000))
    return ladder, asked


def test_a_step_is_beyond_the_knee_for_each_reason_by_itself() -> None:
    assert LIMITS.missed(rung(1_000, achieved=970)) == []
    assert LIMITS.missed(rung(1_000, achieved=969)) == ["969.0 a second were answered"]
    assert LIMITS.missed(rung(1_000, p99=100)) == []
    assert LIMITS.missed(rung(1_000, p99=101)) == ["p99 101 ms"]
    assert LIMITS.missed(rung(1_000, wrong=1)) == []
    assert LIMITS.missed(rung(1_000, wrong=2)) == ["2 of 1,000 went wrong"]
    assert LIMITS.missed(rung(1_000, behind={"settlement": 2.0, "history": 2.1, "archive": 9.0})) == ["history 2.1 s behind"]


def test_the_ladder_rises_until_a_rate_fails_twice_and_then_tries_the_middle() -> None:
    ladder, asked = climb(100, 250, factor=2)
    assert asked == [100, 200, 400, 400, pytest.approx(282.84, abs=0.01)]
    assert ladder.knee == 200
    assert ladder.found
    ladder, asked = climb(100, 300, factor=2)
    assert ladder.knee == pytest.approx(282.84, abs=0.01)


def test_a_rate_that_failed_once_goes_on_when_it_holds_the_second_time() -> None:
    ladder = Ladder(100, LIMITS, factor=2)
    ladder.add(rung(100, p99=1_000))
    assert ladder.next_rate == 100
    ladder.add(rung(100))
    assert ladder.next_rate == 200
    assert ladder.knee == 100


def test_a_first_rate_that_never_holds_has_no_knee_and_an_end_before_one_says_so() -> None:
    ladder, asked = climb(100, 0)
    assert (ladder.knee, asked) == (0, [100, 100, 50, 25, 12.5, 6.25, 3.125])
    assert ladder.found
    ladder, asked = climb(100, 30)
    assert (ladder.knee, asked) == (25, [100, 100, 50, 25])
    assert ladder.found
    ladder, asked = climb(100, 10_000, factor=2, rungs_max=3)
    assert (ladder.knee, asked) == (400, [100, 200, 400])
    assert not ladder.found


def test_an_operation_is_due_by_its_number_alone() -> None:
    assert [due(10.0, 4, number) for number in range(3)] == [10.0, 10.25, 10.5]


def test_the_slope_is_that_of_least_squares() -> None:
    assert slope([0, 1, 2, 3], [1, 3, 5, 7]) == pytest.approx(2)
    assert slope([0, 1, 2], [0, 3, 0]) == pytest.approx(0)
    assert slope([5], [7]) == 0


def test_what_rises_in_the_first_half_only_is_flat_and_what_goes_on_rising_is_not() -> None:
    moments = [float(moment) for moment in range(100)]
    warmed = trend(moments, [min(moment, 40.0) * 10 for moment in moments])
    assert warmed.flat(share=0.01, floor=0)
    assert warmed.mean == 400
    rising = trend(moments, [1_000 + moment for moment in moments])
    assert rising.rise == pytest.approx(49)
    assert not rising.flat(share=0.04, floor=10)
    assert rising.flat(share=0.05, floor=10)
    assert rising.flat(share=0.0, floor=50)
    assert trend(moments, [500 - moment for moment in moments]).flat(share=0, floor=0)


def test_percentiles_are_those_of_what_was_recorded() -> None:
    found = percentiles(list(range(1_000, 101_000, 1_000)))
    assert found["p50"] == pytest.approx(50, rel=0.001)
    assert found["p99"] == pytest.approx(99, rel=0.001)
    assert found["max"] == pytest.approx(100, rel=0.001)


class Stalling:
    """One operation at a time; the first answer comes when fifty more operations are due, the others at once."""

    def __init__(self, first_seconds: float) -> None:
        self._first = first_seconds
        self._busy = False
        self.sent: list[int] = []

    async def open(self) -> None:
        pass

    def ready(self) -> bool:
        return not self._busy

    def send(self, number: int, done: Done) -> None:
        self._busy = True
        self.sent.append(number)

        def answered() -> None:
            self._busy = False
            done(True)

        asyncio.get_running_loop().call_later(self._first if number == 0 else 0, answered)

    def close(self) -> None:
        pass


def test_what_waits_behind_a_slow_answer_counts_from_when_it_was_due() -> None:
    """Of a hundred operations only one was slow to answer; half of them were late."""
    made = Stalling(0.5)
    tally, count = asyncio.run(hold(made, 100, 1, 60))
    assert (count, tally.in_time, made.sent) == (100, 100, list(range(100)))
    assert sum(value >= 200_000 for value in tally.microseconds) >= 30
    assert max(tally.microseconds) >= 500_000


def test_what_is_not_answered_counts_with_the_time_that_it_has_waited() -> None:
    tally, count = asyncio.run(hold(Stalling(1_000), 50, 0.2, 0, grace=0.1))
    assert (count, tally.good) == (10, 0)
    assert len(tally.microseconds) == 10
    assert max(tally.microseconds) >= 250_000


def test_an_answer_that_comes_after_the_patience_is_good_and_not_in_time() -> None:
    tally, count = asyncio.run(hold(Stalling(0.5), 50, 0.2, 0.1))
    assert (count, tally.good, tally.in_time) == (10, 10, 0)


def test_what_is_placed_is_gone_again() -> None:
    """A user who has something at rest cancels it before there is more of it than a few."""
    orders = Orders(Target(0, ["a", "b"], []), 4)
    resting = 0
    for number in range(2_000):
        method, path, _ = orders.asked(number, number % 4)
        if method == b"DELETE":
            resting -= 1
            assert path.startswith("/api/v1/orders/id-")
        elif number % 10 > 1:
            resting += 1
        assert orders.good(number, number % 4, 201 if method == b"POST" else 200, b'{"order":{"id":"id-%d"}}' % number)
        assert 0 <= resting <= 20
    assert not orders.good(0, 0, 429, b"{}")


def test_one_batch_sells_what_the_next_one_buys() -> None:
    sells, buys = Batches.bodies
    assert sells.count(b'"SELL"') == buys.count(b'"price":"40000"') == BATCH // 5
    assert sells.count(b'"IOC"') == buys.count(b'"IOC"') == BATCH - BATCH // 5


def test_a_follower_is_so_many_seconds_behind_as_what_waits_took_to_come() -> None:
    before = {"settlement": Behind(0, 1_000), "history": Behind(5, 1_000)}
    after = {"settlement": Behind(300, 3_000), "history": Behind(0, 3_000), "archive": Behind(7, 7)}
    assert seconds_behind(before, after, 10) == {"settlement": 1.5, "history": 0.0, "archive": 0.0}


def test_a_part_that_says_nothing_keeps_its_last_value() -> None:
    series = Series()
    series.add(0, {"engine": 50.0}, {"settlement": 1})
    series.add(2, {"engine": 51.0, "functions": 90.0}, {})
    series.add(4, {"functions": 91.0}, {"settlement": 3})
    assert series.memory == {"engine": [50.0, 51.0, 51.0], "functions": [90.0, 90.0, 91.0]}
    assert series.behind == {"settlement": [1, 1, 3]}


def test_a_plot_is_a_picture_with_a_line_for_each_series_inside_its_frame() -> None:
    text = plot.draw(
        "a < b", Axis("rate", powers=True), Axis("ms", powers=True), [Line("p50", [(100, 1), (1_000, 4)]), Line("none", [])], level=50
    )
    root = ET.fromstring(text)
    lines = root.findall(".//{*}polyline")
    assert len(lines) == 1
    points = [tuple(map(float, pair.split(","))) for pair in lines[0].attrib["points"].split()]
    assert points[0][0] < points[1][0]
    assert points[0][1] > points[1][1]
    assert all(plot.LEFT <= x <= plot.WIDTH and plot.TOP <= y <= plot.HEIGHT for x, y in points)
    assert "a &lt; b" in text


@pytest.mark.parametrize(("top", "step"), [(0, 1), (4.9, 1), (5, 1), (5.1, 2), (1_234, 500), (0.3, 0.1)])
def test_steps_of_an_axis_are_round(top: float, step: float) -> None:
    assert plot.nice_step(top) == pytest.approx(step)


def test_the_page_says_what_was_found_and_where(tmp_path: Path) -> None:
    ladder, _ = climb(100, 250, factor=2)
    series = Series(
        [float(second) for second in range(60)],
        {"engine": [100.0] * 60, "gateway": [100.0 + 2 * second for second in range(60)]},
        {"settlement": [5.0] * 60},
    )
    found = [Found(KINDS["orders"], ladder, rung(140), series), Found(KINDS["settlement"], climb(100, 0)[0])]
    about = page.About("2026-12-01", "0123456789abcdef", "2 cores", "0.1", 0.5, "python -m tests.load", 3.0, 10, 24)
    (tmp_path / "load").mkdir()
    (tmp_path / "load" / "of-before.svg").touch()
    page.write(tmp_path / "load.md", found, about, [])
    text = (tmp_path / "load.md").read_text()
    assert "commit 0123456789ab, 2 cores; load 0.1" in text
    assert "**shared**" in text
    assert "| orders and cancels | 200 | 1.0 ms | 10.0 ms | 100 ms | 0.10 | at 282.8: p99 10,000 ms |" in text
    assert "| trades booked | below 3.125 | | | 2,000 ms | | at 3.125: p99 10,000 ms |" in text
    assert "| memory of engine | 100 MB | +0.0 MB | yes |" in text
    assert "| memory of gateway | 189 MB | +58.0 MB | **no** |" in text
    assert "The books balance" in text
    assert sorted(path.name for path in (tmp_path / "load").iterdir()) == [
        "orders-behind.svg",
        "orders-memory.svg",
        "orders.svg",
        "settlement.svg",
    ]
