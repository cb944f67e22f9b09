"""The catalogue is what the code emits, what dashboards and alarms name, and what the page says."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
from functools import cache
from pathlib import Path

import pytest

from infra import metrics_page
from infra.alarm_definition import Runbook, Severity
from infra.alarms import OWN_ALARMS
from infra.dashboards import DASHBOARDS, Own, UnknownMetricError
from mycrypto import embedded, telemetry
from mycrypto.embedded import Distribution
from mycrypto.metrics import CATALOGUE, SECTIONS

ROOT = Path(__file__).resolve().parents[3]
PROCESSES = {"engine", "gateway", "publisher"}
NAMED_BY_THE_SPECIFICATION = [
    "auth_login_total",
    "auth_login_failures",
    "auth_2fa_verifications",
    "auth_jwt_tokens_issued",
    "auth_sessions_active",
    "wallet_balance_queries",
    "wallet_deposits_total",
    "wallet_withdrawals_total",
    "wallet_withdrawal_fees",
    "wallet_balance_cache_hits",
    "orders_placed_total",
    "orders_filled_total",
    "orders_cancelled_total",
    "trade_matching_latency",
    "trade_execution_latency",
    "orderbook_depth",
    "websocket_connections",
    "http_requests_total",
    "http_request_duration_seconds",
]


@cache
def trees(folder: str) -> dict[Path, ast.AST]:
    """The code of a folder, but for the catalogue itself."""
    return {path: ast.parse(path.read_text()) for path in sorted((ROOT / folder).rglob("*.py")) if path.name != "metrics.py"}


@cache
def names_in(folder: str) -> set[str]:
    """Every name of the catalogue that stands in the code of a folder, also one that begins with the name of the service."""
    nodes = [node for tree in trees(folder).values() for node in ast.walk(tree)]
    texts = {node.value for node in nodes if isinstance(node, ast.Constant)}
    ends = {str(tail.value) for node in nodes if isinstance(node, ast.JoinedStr) and isinstance(tail := node.values[-1], ast.Constant)}
    return {name for name in CATALOGUE if name in texts or re.sub(r"^[a-z]+(?=_)", "", name) in ends}


def test_names_are_unique_and_those_of_the_specification_are_there() -> None:
    assert len(CATALOGUE) == sum(map(len, SECTIONS.values()))
    assert set(NAMED_BY_THE_SPECIFICATION) <= set(CATALOGUE)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]+", name) for name in CATALOGUE)
    assert all(set(spec.split) <= set(spec.labels) for spec in CATALOGUE.values())


def test_the_code_of_each_service_names_its_metrics() -> None:
    shared = names_in("layers/common/python/mycrypto")
    for spec in CATALOGUE.values():
        for service in spec.services:
            own = names_in("engine_container") if service in PROCESSES else names_in(f"functions/{service}") | shared
            assert spec.name in own, f"{service} does not name {spec.name}"


def test_meters_count_under_names_and_labels_of_the_catalogue() -> None:
    """``meter.count("name", …, label=…)`` wherever it is written."""
    seen = 0
    for path, tree in trees("functions").items():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            target = call.func
            if not (isinstance(target, ast.Attribute) and target.attr in {"count", "gauge"} and "meter" in ast.unparse(target.value)):
                continue
            name = call.args[0]
            if isinstance(name, ast.Constant):
                seen += 1
                spec = CATALOGUE[str(name.value)]
                assert {keyword.arg for keyword in call.keywords} <= set(spec.labels), f"{path.name}: {ast.unparse(call)}"
                assert path.relative_to(ROOT / "functions").parts[0] in spec.services, f"{path}: {spec.name}"
    assert seen > 15


def test_a_line_refuses_what_the_catalogue_does_not_have() -> None:
    with pytest.raises(KeyError):
        embedded.line("auth", {"surprises_total": 1})
    with pytest.raises(KeyError, match="colour"):
        embedded.line("auth", {"auth_login_total": 1}, {"colour": "red"})


def test_a_line_without_all_labels_counts_under_the_service_alone(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.Meter("settlement").write({"settlements_processed_total": 3, "settlement_errors_total": 0}, status="SETTLED")
    record = json.loads(capsys.readouterr().out)
    dimensions = {metric["Name"]: each["Dimensions"] for each in record["_aws"]["CloudWatchMetrics"] for metric in each["Metrics"]}
    assert dimensions == {"settlements_processed_total": [["service"], ["service", "status"]], "settlement_errors_total": [["service"]]}
    assert (record["settlements_processed_total"], record["settlement_errors_total"], record["status"]) == (3, 0, "SETTLED")


def test_a_distribution_says_its_count_and_sum() -> None:
    record = json.loads(embedded.line("engine", {"trade_matching_latency": Distribution([0.5, 2], [3, 1])}))
    assert record["trade_matching_latency"] == {"Values": [0.5, 2], "Counts": [3, 1], "Max": 2, "Min": 0.5, "Count": 4, "Sum": 3.5}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": "surprises_total"}, "not in mycrypto.metrics"),
        ({"service": "wallet"}, "not emitted by wallet"),
        ({"statistic": "p99"}, "no histogram"),
        ({"name": "orders_cancelled_total", "apart": True}, "no labels"),
    ],
)
def test_panels_and_alarms_cannot_name_a_metric_without_an_emitter(wrong: dict[str, object], why: str) -> None:
    good: dict[str, object] = {"name": "orders_placed_total", "service": "gateway", "statistic": "sum"}
    Own(**good)  # type: ignore[arg-type]
    with pytest.raises(UnknownMetricError, match=why):
        Own(**good | wrong)  # type: ignore[arg-type]


def test_the_dashboards_show_what_they_have_to() -> None:
    """product.md 5.5."""
    titles = {board.title: " / ".join(panel.title for panel in board.panels) for board in DASHBOARDS}
    assert list(titles) == ["System Overview", "Trade Engine Performance", "Business Metrics", "Database Performance"]
    members = {
        "System Overview": ("Health", "Request rate", "Error rate", "CPU", "Memory"),
        "Trade Engine Performance": ("Orders", "Matching latency", "Book depth by symbol", "Open sockets"),
        "Business Metrics": ("Volume, 24 h", "Volume, 7 days", "Volume, 30 days", "Active traders", "Fill rate", "Fee revenue"),
        "Database Performance": ("Query latency by table", "Pool usage", "Cache hit rate", "Table sizes", "Partitions"),
    }
    for title, wanted in members.items():
        assert all(member in titles[title] for member in wanted), title


def test_alarms_are_told_apart_and_say_what_to_do() -> None:
    assert len({alarm.name for alarm in OWN_ALARMS}) == len(OWN_ALARMS)
    assert {alarm.severity for alarm in OWN_ALARMS} == set(Severity)
    for alarm in OWN_ALARMS:
        assert alarm.why, alarm.name
        assert alarm.minutes * alarm.periods <= 24 * 60, alarm.name
        assert not alarm.silence_rings or alarm.below, alarm.name
    assert all(dataclasses.is_dataclass(alarm) for alarm in OWN_ALARMS)
    assert {runbook.path for runbook in Runbook} == {f"docs/runbooks/{runbook.value}.md" for runbook in Runbook}


def test_the_page_is_what_the_catalogue_says() -> None:
    assert (ROOT / "docs/metrics.md").read_text() == metrics_page.text(), "run: python -m infra.metrics_page > docs/metrics.md"
