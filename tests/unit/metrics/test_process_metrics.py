"""Counters, readings and histograms: what a scraper sees, and what goes into the log."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from engine_container import emission
from engine_container.metrics import REGISTRY, Counter, Histogram, Reading, Registry


def lines(registry: Registry) -> list[dict[str, Any]]:
    return [json.loads(line) for line in registry.embedded("gateway")]


def test_a_counter_tells_what_is_new_and_shows_its_total() -> None:
    registry = Registry()
    placed, cancelled = Counter("orders_placed_total", registry), Counter("orders_cancelled_total", registry)
    placed.add(2, ("BTC/TRY",))
    cancelled.add()
    alone, by_symbol = sorted(lines(registry), key=lambda line: "symbol" in line)
    assert (alone["orders_cancelled_total"], alone["service"]) == (1, "gateway")
    assert (by_symbol["orders_placed_total"], by_symbol["symbol"]) == (2, "BTC/TRY")
    assert by_symbol["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "MyCrypto",
            "Dimensions": [["service"], ["service", "symbol"]],
            "Metrics": [{"Name": "orders_placed_total", "Unit": "Count"}],
        }
    ]
    placed.add(1, ("BTC/TRY",))
    (told,) = [line for line in lines(registry) if "symbol" in line]
    assert told["orders_placed_total"] == 1
    assert 'orders_placed_total{symbol="BTC/TRY"} 3' in registry.text()


def test_silence_is_told_where_there_are_no_labels() -> None:
    registry = Registry()
    Counter("orders_cancelled_total", registry)
    placed = Counter("orders_placed_total", registry)
    placed.add(1, ("BTC/TRY",))
    lines(registry)
    assert [line.get("orders_cancelled_total") for line in lines(registry)] == [0]


def test_amounts_are_counted_in_units_and_shown_as_amounts() -> None:
    registry = Registry()
    Counter("trade_volume", registry).add(350_0000_0000, ("BTC/TRY",))
    assert lines(registry)[0]["trade_volume"] == 350
    assert 'trade_volume{symbol="BTC/TRY"} 350.0' in registry.text()


def test_a_reading_of_a_counter_is_told_as_its_growth_and_a_level_as_it_is() -> None:
    registry = Registry()
    now = {"commands": 5, "waiting": 5}
    Reading("engine_commands_total", lambda: {(): now["commands"]}, registry)
    Reading("engine_waiting_records", lambda: {(): now["waiting"]}, registry)
    lines(registry)
    now["commands"] = 12
    assert [(line["engine_commands_total"], line["engine_waiting_records"]) for line in lines(registry)] == [(7, 5)]


def test_a_histogram_is_told_as_values_and_counts_of_its_buckets() -> None:
    registry = Registry()
    latency = Histogram("trade_execution_latency", registry)
    for value in (0.01, 0.3, 0.4, 9_999):
        latency.observe(value)
    (line,) = lines(registry)
    assert line["trade_execution_latency"] | {"Sum": 0} == {
        "Values": [0.05, 0.5, 5_000],
        "Counts": [1, 2, 1],
        "Max": 5_000,
        "Min": 0.05,
        "Count": 4,
        "Sum": 0,
    }
    assert lines(registry) == []
    latency.observe(0.3)
    assert lines(registry)[0]["trade_execution_latency"]["Counts"] == [1]
    text = registry.text()
    assert 'trade_execution_latency_bucket{le="0.5"} 4' in text
    assert 'trade_execution_latency_bucket{le="+Inf"} 5' in text
    assert "trade_execution_latency_count 5" in text


def test_a_look_at_one_label_set_of_a_histogram_counts_nothing_itself() -> None:
    registry = Registry()
    all_of_them = Histogram("http_request_duration_seconds", registry)
    Histogram("order_processing_duration_seconds", registry, of=all_of_them, only=("POST", "/api/v1/orders"))
    all_of_them.observe(0.003, ("GET", "/health"))
    assert "order_processing_duration_seconds_count" not in registry.text()
    all_of_them.observe(0.003, ("POST", "/api/v1/orders"))
    assert "order_processing_duration_seconds_count 1" in registry.text()
    assert any("order_processing_duration_seconds" in line for line in lines(registry))


def test_a_name_or_label_outside_the_catalogue_cannot_be_emitted() -> None:
    with pytest.raises(KeyError):
        Counter("surprises_total", Registry())
    registry = Registry()
    Counter("orders_placed_total", registry).add(1, ("BTC/TRY", "BUY"))
    with pytest.raises(ValueError, match="longer"):
        lines(registry)


def test_errors_in_the_log_are_counted_and_the_rest_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.NullHandler()
    emission.define(handler, healthy=lambda: True, watermark=lambda: 42)
    before = emission.ERRORS.value()
    for level in (logging.INFO, logging.ERROR, logging.CRITICAL):
        assert handler.filter(logging.LogRecord("x", level, "x", 1, "said", None, None))
    assert emission.ERRORS.value() == before + 2

    async def for_a_moment() -> None:
        task = asyncio.create_task(emission.emit("engine", 60))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(for_a_moment())
    told = next(line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "health_status" in line)
    assert (told["health_status"], told["event_watermark"], told["service"]) == (1, 42, "engine")
    assert told["process_memory_bytes"] > 1_000_000
    assert "health_status 1" in REGISTRY.text()
