"""The local dashboards: lines of logs in, numbers and a page out."""

from __future__ import annotations

import pytest

from infra.dashboards import DASHBOARDS, FILL_RATE, Aws, Gap, Own, Panel, Ratio
from mycrypto import embedded
from mycrypto.embedded import Distribution, Value
from mycrypto_local.dashboard import page
from mycrypto_local.dashboard.measures import Measures, read_functions
from mycrypto_local.dashboard.series import Drawn, Window, draw, percentile

WINDOW = Window(600_000, 10, 10)
"""Ten minutes in ten buckets, from 0 to 600 seconds."""


def told(*lines: tuple[int, str, dict[str, Value], dict[str, str]]) -> Measures:
    """(second, service, values, labels) as they would stand in a log."""
    measures = Measures()
    for second, service, values, labels in lines:
        measures.take_line(embedded.line(service, values, labels, time_ms=second * 1_000) + "\n", since_ms=-10_000_000)
    return measures


def drawn(line: Own | Ratio | Gap | Aws, measures: Measures, **more: object) -> Drawn:
    return draw(Panel(title="t", lines=(line,), **more), measures, WINDOW)  # type: ignore[arg-type]


def test_counts_are_added_up_by_bucket_and_silence_is_zero() -> None:
    measures = told(
        (70, "gateway", {"orders_placed_total": 2}, {"symbol": "BTC/TRY"}),
        (80, "gateway", {"orders_placed_total": 3}, {"symbol": "ETH/TRY"}),
        (200, "gateway", {"orders_placed_total": 60}, {"symbol": "ETH/TRY"}),
        (99, "gateway", {"orders_cancelled_total": 9}, {}),
    )
    (total,) = drawn(Own(name="orders_placed_total", service="gateway", statistic="sum"), measures).series
    assert total.values == {1: 5, 2: 0, 3: 60} | dict.fromkeys(range(4, 10), 0)
    (rate,) = drawn(Own(name="orders_placed_total", service="gateway", statistic="rate"), measures).series
    assert rate.values[3] == 1
    by_symbol = drawn(Own(name="orders_placed_total", service="gateway", statistic="sum", apart=True), measures).series
    assert [(each.label, each.values[3]) for each in by_symbol] == [("BTC/TRY", 0), ("ETH/TRY", 60)]


def test_levels_are_not_added_up_over_time() -> None:
    measures = told(
        (10, "gateway", {"websocket_connections": 5}, {}),
        (20, "gateway", {"websocket_connections": 7}, {}),
        (310, "gateway", {"websocket_connections": 0}, {}),
    )
    (sockets,) = drawn(Own(name="websocket_connections", service="gateway", statistic="sum"), measures).series
    assert (sockets.values, sockets.latest) == ({0: 7, 5: 0}, 0)


def test_percentiles_come_from_the_buckets_of_histograms() -> None:
    measures = told(
        (10, "engine", {"trade_matching_latency": Distribution([0.1, 1], [97, 1])}, {}),
        (20, "engine", {"trade_matching_latency": Distribution([50.0], [2])}, {}),
    )
    found = {
        share: drawn(Own(name="trade_matching_latency", service="engine", statistic=share), measures).series[0].latest
        for share in ("p50", "p95", "p99", "max")
    }
    assert found == {"p50": 0.1, "p95": 0.1, "p99": 50, "max": 50}
    assert percentile(measures.of("MyCrypto", "trade_matching_latency", "engine"), 0.98) == 1


def test_ratios_and_gaps() -> None:
    measures = told(
        (10, "gateway", {"orders_placed_total": 4}, {"symbol": "BTC/TRY"}),
        (10, "publisher", {"orders_filled_total": 1}, {"symbol": "BTC/TRY"}),
        (10, "engine", {"event_watermark": 100}, {}),
        (10, "publisher", {"event_watermark": 90}, {}),
    )
    assert drawn(FILL_RATE, measures).series[0].values[0] == 25
    gap = Gap(
        ahead=Own(name="event_watermark", service="engine", statistic="max"),
        behind=Own(name="event_watermark", service="publisher", statistic="min"),
        label="publisher",
    )
    assert drawn(gap, measures).series[0].latest == 10


def test_figures_over_hours_count_what_is_older_than_the_window() -> None:
    measures = told((-7_000, "publisher", {"trade_value_usd": 5}, {}), (10, "publisher", {"trade_value_usd": 1}, {}))
    line = Own(name="trade_value_usd", service="publisher", statistic="sum", label="USD")
    assert drawn(line, measures, figure=True, hours=24).series[0].latest == 6
    assert drawn(line, measures, figure=True, hours=1).series[0].latest == 1


def test_what_is_too_old_broken_or_not_ours_is_passed_over() -> None:
    measures = Measures()
    line = embedded.line("gateway", {"orders_cancelled_total": 1}, time_ms=5_000)
    for text in (line[:-5], "{}", "READY", '{"level":"INFO","orders_cancelled_total":1}'):
        measures.take_line(text)
    measures.take_line(line, since_ms=5_001)
    assert measures.names() == set()


class Logs:
    """CloudWatch Logs with one function that failed once."""

    messages = (
        "REPORT RequestId: a\tDuration: 12 ms\tBilled Duration: 12 ms",
        "Traceback (most recent call last):",
        "REPORT RequestId: b\tDuration: 30.5 ms\tBilled Duration: 31 ms",
    )

    def get_paginator(self, operation_name: str) -> Logs.Pages:
        return self.Pages(operation_name)

    class Pages:
        def __init__(self, operation: str) -> None:
            self._operation = operation

        def paginate(self, **_about: object) -> list[dict[str, object]]:
            if self._operation == "describe_log_groups":
                return [{"logGroups": [{"logGroupName": "/aws/lambda/mycrypto-local-wallet"}]}]
            return [{"events": [{"timestamp": 1_000, "message": message} for message in Logs.messages]}]


def test_lambdas_own_report_gives_duration_and_errors() -> None:
    measures = Measures()
    read_functions(measures, Logs(), 0)
    lines = {panel.title: panel.lines[2] for board in DASHBOARDS for panel in board.panels if "functions" in panel.title}
    shown = {}
    for title, line in lines.items():
        assert isinstance(line, Aws)
        shown[title] = drawn(line, measures).series[0].latest
    assert shown == {"Errors of functions": 1, "Duration of functions, p95": 30.5}


def test_a_panel_without_numbers_says_why() -> None:
    shown = {panel.title: draw(panel, Measures(), WINDOW).note for board in DASHBOARDS for panel in board.panels}
    assert shown["CPU of the server"] == "kept by AWS/RDS: only on AWS"
    assert shown["Trades"] == "nothing yet"


def test_labels_cannot_break_the_page() -> None:
    evil = '"><script>alert(1)</script>'
    measures = told((10, "gateway", {"orders_placed_total": 1}, {"symbol": evil}))
    panel = drawn(Own(name="orders_placed_total", service="gateway", statistic="sum", apart=True), measures)
    html = page.render([("key", "Title", [panel])], WINDOW)
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_a_line_is_broken_where_nothing_was_said_for_long() -> None:
    assert page.stretches([1, 2, 6, 30, 31, 50]) == [[1, 2, 6], [30, 31], [50]]
    assert page.stretches([]) == []


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "", "-"),
        (0, "", "0"),
        (1234.5, "", "1234"),
        (76_600, "", "76.6k"),
        (1_880_000, "B", "1.88 MB"),
        (0.0593, "s", "59.3 ms"),
        (2, "s", "2 s"),
        (0.05, "ms", "0.050 ms"),
        (36.84, "%", "36.8 %"),
        (1, "health", "healthy"),
        (0, "health", "down"),
    ],
)
def test_numbers_as_people_read_them(value: float | None, unit: str, text: str) -> None:
    assert page.number_text(value, unit) == text


@pytest.mark.parametrize(("value", "top"), [(0, 1), (0.0003, 0.0005), (1, 1), (1.1, 2), (2.2, 2.5), (26, 50), (99, 100), (101, 200)])
def test_axes_end_at_round_numbers(value: float, top: float) -> None:
    assert page.nice_ceiling(value) == pytest.approx(top)
