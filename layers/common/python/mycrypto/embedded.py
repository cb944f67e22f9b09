"""CloudWatch's embedded metric format: metrics as one JSON object on a line of the log, each name looked up in the catalogue.

A histogram travels as the pairs of ``Values`` and ``Counts`` from which CloudWatch works out percentiles.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from mycrypto.metrics import CATALOGUE, NAMESPACE

METRICS_PER_LINE_MAX: Final = 100
"""What CloudWatch takes in one object."""


class Distribution(msgspec.Struct, frozen=True):
    """Values observed, and how often each was."""

    values: list[float]
    counts: list[int]


Value = int | float | Distribution


def line(service: str, values: Mapping[str, Value], labels: Mapping[str, str] | None = None, *, time_ms: int = 0) -> str:
    """The object for metrics of one happening. Raises ``KeyError`` for a name that the catalogue does not have, or a label of none of them."""
    given = labels or {}
    specs = [CATALOGUE[name] for name in values]
    if unknown := given.keys() - {label for spec in specs for label in spec.labels}:
        raise KeyError(f"{', '.join(values)}: no label {', '.join(sorted(unknown))}")
    directives: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for spec in specs:
        split = spec.split if given.keys() >= set(spec.split) else ()
        directives.setdefault(split, []).append({"Name": spec.name, "Unit": spec.unit})
    document: dict[str, Any] = {
        "_aws": {
            "Timestamp": time_ms or time.time_ns() // 1_000_000,
            "CloudWatchMetrics": [
                {"Namespace": NAMESPACE, "Dimensions": [["service"], *([["service", *split]] if split else [])], "Metrics": metrics}
                for split, metrics in directives.items()
            ],
        },
        "service": service,
        **given,
        **{name: _shown(value) for name, value in values.items()},
    }
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False)


def _shown(value: Value) -> Any:
    if not isinstance(value, Distribution):
        return value
    return {
        "Values": value.values,
        "Counts": value.counts,
        "Max": max(value.values),
        "Min": min(value.values),
        "Count": sum(value.counts),
        "Sum": sum(each * count for each, count in zip(value.values, value.counts, strict=True)),
    }
