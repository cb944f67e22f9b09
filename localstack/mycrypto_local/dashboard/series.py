"""From a line of a panel to its numbers, as CloudWatch would work them out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from infra.dashboards import Aws, Gap, Line, Own, Panel, Ratio
from mycrypto.metrics import NAMESPACE
from mycrypto_local.dashboard.measures import LAMBDA, Measures, Point

STAGE: Final = "local"
MANY: Final = 12
"""More lines than this are put in the order of their values, for not all have room in the legend."""
Values = dict[int, float]
"""By the number of the bucket, oldest first; a bucket without data is absent."""


class Window(msgspec.Struct, frozen=True):
    """A stretch of time in buckets of equal length."""

    end_ms: int
    minutes: float
    buckets: int

    @property
    def start_ms(self) -> int:
        return self.end_ms - int(self.minutes * 60_000)

    @property
    def bucket_seconds(self) -> float:
        return self.minutes * 60 / self.buckets

    def bucket(self, time_ms: int) -> int | None:
        number = int((time_ms - self.start_ms) / (self.bucket_seconds * 1_000))
        return min(number, self.buckets - 1) if self.start_ms <= time_ms <= self.end_ms else None


class Series(msgspec.Struct, frozen=True):
    """A drawn line. ``latest`` is its newest value; of a figure with hours of its own that is the value over all of them."""

    label: str
    values: Values
    latest: float | None


class Drawn(msgspec.Struct, frozen=True):
    """A panel with its numbers. ``note`` says why there are none."""

    title: str
    unit: str
    figure: bool
    series: list[Series]
    note: str = ""


def draw(panel: Panel, measures: Measures, window: Window) -> Drawn:
    """A panel over the window; figures with hours of their own are worked out over as much of these as the measures go back."""
    over = Window(window.end_ms, panel.hours * 60, 1) if panel.hours else window
    series = [each for line in panel.lines for each in _series(line, measures, over)]
    kept_by_aws = [line for line in panel.lines if isinstance(line, Aws) and line.namespace != LAMBDA]
    note = f"kept by {kept_by_aws[0].namespace}: only on AWS" if kept_by_aws else ("" if series else "nothing yet")
    return Drawn(panel.title, panel.unit, panel.figure, series, note)


def _series(line: Line, measures: Measures, window: Window) -> list[Series]:
    if isinstance(line, Ratio):
        part, whole = (_added([_values(own, measures, window) for own in side]) for side in (line.part, line.whole))
        return _one(line.label, {number: 100 * part.get(number, 0.0) / total for number, total in whole.items() if total})
    if isinstance(line, Gap):
        ahead, behind = (
            _by_bucket(measures.of(NAMESPACE, own.name, own.service), window, _newest)  # both move: only what was said last compares
            for own in (line.ahead, line.behind)
        )
        return _one(line.label, {number: max(0.0, ahead[number] - value) for number, value in behind.items() if number in ahead})
    if isinstance(line, Aws):
        if line.namespace != LAMBDA:
            return []
        function = dict(line.dimensions)["FunctionName"].format(stage=STAGE)
        return _one(line.label, _by_bucket(measures.of(LAMBDA, line.name, function), window, _STATISTICS[line.statistic]))
    if not line.apart:
        return _one(line.label or line.name, _values(line, measures, window))
    points = measures.of(NAMESPACE, line.name, line.service)
    found: dict[tuple[str, ...], list[Point]] = {}
    for point in points:
        if all(label in point.labels for label in line.spec.split):
            found.setdefault(tuple(point.labels[label] for label in line.spec.split), []).append(point)
    drawn = [each for labels, mine in sorted(found.items()) for each in _one(" ".join(labels), _own_values(line, mine, window))]
    return sorted(drawn, key=lambda series: -(series.latest or 0.0)) if len(drawn) > MANY else drawn


def _one(label: str, values: Values) -> list[Series]:
    return [Series(label, values, values[max(values)])] if values else []


def _added(sides: Sequence[Values]) -> Values:
    return {number: sum(side.get(number, 0.0) for side in sides) for number in sorted(set().union(*sides))}


def _values(own: Own, measures: Measures, window: Window) -> Values:
    return _own_values(own, measures.of(NAMESPACE, own.name, own.service), window)


def _own_values(own: Own, points: Sequence[Point], window: Window) -> Values:
    """Where nothing was counted the count is zero; a gauge without a value is unknown."""
    values = _by_bucket(points, window, _statistic(own, window))
    if values and own.spec.kind == "counter":
        return {number: values.get(number, 0.0) for number in range(min(values), window.buckets)}
    return values


Statistic = Callable[[Sequence[Point]], float]


def _by_bucket(points: Sequence[Point], window: Window, statistic: Statistic) -> Values:
    buckets: dict[int, list[Point]] = {}
    for point in points:
        number = window.bucket(point.time_ms)
        if number is not None:
            buckets.setdefault(number, []).append(point)
    return {number: statistic(buckets[number]) for number in sorted(buckets)}


def _total(points: Sequence[Point]) -> float:
    return sum(value * weight for point in points for value, weight in zip(point.values, point.weights, strict=True))


def _all_at_once(points: Sequence[Point]) -> float:
    """The sum of a gauge: the last level of each label set and process, for a process speaks several times in a bucket."""
    last = {(point.source, *sorted(point.labels.items())): point for point in points}
    return _total(list(last.values()))


def _newest(points: Sequence[Point]) -> float:
    return points[-1].values[-1]


def _average(points: Sequence[Point]) -> float:
    return _total(points) / sum(weight for point in points for weight in point.weights)


def percentile(points: Sequence[Point], share: float) -> float:
    """The smallest value that at least this share of the observations does not exceed."""
    observed = sorted((value, weight) for point in points for value, weight in zip(point.values, point.weights, strict=True))
    wanted = math.ceil(share * sum(weight for _, weight in observed))
    passed = 0.0
    for value, weight in observed:
        passed += weight
        if passed >= wanted:
            return value
    return observed[-1][0]


_STATISTICS: Final[dict[str, Statistic]] = {
    "sum": _total,
    "avg": _average,
    "min": lambda points: min(value for point in points for value in point.values),
    "max": lambda points: max(value for point in points for value in point.values),
    "p50": lambda points: percentile(points, 0.5),
    "p95": lambda points: percentile(points, 0.95),
    "p99": lambda points: percentile(points, 0.99),
}


def _statistic(own: Own, window: Window) -> Statistic:
    if own.statistic == "rate":
        return lambda points: _total(points) / window.bucket_seconds
    if own.statistic == "sum" and own.spec.kind == "gauge":
        return _all_at_once
    return _STATISTICS[own.statistic]
