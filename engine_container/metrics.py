"""Counters, readings and histograms of a process, as text for a scraper and as embedded metrics for its log.

What they are called and mean stands in the catalogue. Counted in one thread, so without locks: on the way of an order it is the
increment of an integer.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Final, Protocol

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric, UnknownMetricFamily

from mycrypto.embedded import METRICS_PER_LINE_MAX, Distribution, Value, line
from mycrypto.metrics import CATALOGUE, MetricSpec

MEDIA_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4

Labels = tuple[str, ...]


class Shown(Protocol):
    """Something that can show itself in both forms."""

    @property
    def spec(self) -> MetricSpec: ...
    def family(self) -> Metric:
        """What it is now, as the library writes it."""

    def news(self) -> Iterator[tuple[Labels, Value]]:
        """What was counted or observed since the last call; of a gauge, what it is now."""


class Registry:
    """Every metric of the process, in the order of definition."""

    def __init__(self) -> None:
        self._metrics: dict[str, Shown] = {}

    def add(self, metric: Shown) -> None:
        """A second one of the same name takes the place of the first."""
        self._metrics[metric.spec.name] = metric

    def text(self) -> str:
        """All metrics in the exposition format."""
        return generate_latest(self).decode()

    def collect(self) -> Iterator[Metric]:
        """As the library asks for them."""
        return (metric.family() for metric in self._metrics.values())

    def embedded(self, service: str) -> list[str]:
        """What is new since the last call, a line for each set of labels."""
        grouped: dict[tuple[tuple[str, str], ...], dict[str, Value]] = {}
        for metric in self._metrics.values():
            for labels, value in metric.news():
                grouped.setdefault(tuple(zip(metric.spec.labels, labels, strict=True)), {})[metric.spec.name] = value
        return [line(service, part, dict(labels)) for labels, values in grouped.items() for part in _parts(values)]


def _parts(values: dict[str, Value]) -> Iterator[dict[str, Value]]:
    names = list(values)
    for start in range(0, len(names), METRICS_PER_LINE_MAX):
        yield {name: values[name] for name in names[start : start + METRICS_PER_LINE_MAX]}


REGISTRY: Final = Registry()


def _single(spec: MetricSpec, values: Iterable[tuple[Labels, float]]) -> Metric:
    """One with a value for each set of labels. A counter whose name has no ``_total`` goes without a type: the library would add it."""
    family: CounterMetricFamily | GaugeMetricFamily | UnknownMetricFamily
    if spec.kind == "gauge":
        family = GaugeMetricFamily(spec.name, spec.text, labels=spec.labels)
    elif spec.name.endswith("_total"):
        family = CounterMetricFamily(spec.name, spec.text, labels=spec.labels)
    else:
        family = UnknownMetricFamily(spec.name, spec.text, labels=spec.labels)
    for labels, value in values:
        family.add_metric(labels, value)
    return family


class Counter:
    """Only ever grows. One without labels is told even when nothing was counted: an alarm must know silence from absence."""

    def __init__(self, name: str, registry: Registry = REGISTRY) -> None:
        self.spec: Final = CATALOGUE[name]
        self._values: dict[Labels, int] = {} if self.spec.labels else {(): 0}
        self._told: dict[Labels, int] = {}
        registry.add(self)

    def add(self, count: int = 1, labels: Labels = ()) -> None:
        self._values[labels] = self._values.get(labels, 0) + count

    def value(self, labels: Labels = ()) -> int:
        return self._values.get(labels, 0)

    def _shown(self, count: int) -> int | float:
        return count if self.spec.per == 1 else count / self.spec.per

    def family(self) -> Metric:
        return _single(self.spec, ((labels, self._shown(value)) for labels, value in self._values.items()))

    def news(self) -> Iterator[tuple[Labels, Value]]:
        for labels, value in self._values.items():
            new = value - self._told.get(labels, 0)
            self._told[labels] = value
            if new or not labels:
                yield labels, self._shown(new)


class Reading:
    """Read when asked for: ``read`` gives the value of every label set, of a counter its total."""

    def __init__(self, name: str, read: Callable[[], Mapping[Labels, int | float]], registry: Registry = REGISTRY) -> None:
        self.spec: Final = CATALOGUE[name]
        self._read = read
        self._told: dict[Labels, int | float] = {}
        registry.add(self)

    def family(self) -> Metric:
        return _single(self.spec, self._read().items())

    def news(self) -> Iterator[tuple[Labels, Value]]:
        for labels, value in self._read().items():
            if self.spec.kind == "counter":
                yield labels, value - self._told.get(labels, 0)
                self._told[labels] = value
            else:
                yield labels, value


class Histogram:
    """Observations by upper bound. ``only`` makes it a look at one label set of another histogram, which does the counting."""

    def __init__(self, name: str, registry: Registry = REGISTRY, *, of: Histogram | None = None, only: Labels = ()) -> None:
        self.spec: Final = CATALOGUE[name]
        self._bounds = self.spec.buckets
        self._of = of
        self._only = only
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        self._told: dict[Labels, list[int]] = {}
        registry.add(self)

    def observe(self, value: float, labels: Labels = ()) -> None:
        counts = self._counts.get(labels)
        if counts is None:
            counts = self._counts[labels] = [0] * (len(self._bounds) + 1)
            self._sums[labels] = 0.0
        counts[bisect_left(self._bounds, value)] += 1
        self._sums[labels] += value

    def _seen(self) -> dict[Labels, tuple[list[int], float]]:
        if self._of is None:
            return {labels: (counts, self._sums[labels]) for labels, counts in self._counts.items()}
        found = self._of._seen().get(self._only)  # noqa: SLF001 - of its own kind
        return {(): found} if found else {}

    def family(self) -> Metric:
        family = HistogramMetricFamily(self.spec.name, self.spec.text, labels=self.spec.labels)
        for labels, (counts, total) in self._seen().items():
            buckets = [(bound, float(count)) for bound, count in zip((*map(str, self._bounds), "+Inf"), accumulate(counts), strict=True)]
            family.add_metric(labels, buckets, total)
        return family

    def news(self) -> Iterator[tuple[Labels, Value]]:
        """An observation counts as its bucket's upper bound: a percentile is at most too high, never too low."""
        bounds = (*self._bounds, self._bounds[-1])
        for labels, (counts, _) in self._seen().items():
            told = self._told.get(labels, [0] * len(counts))
            self._told[labels] = list(counts)
            new = [(bound, count - before) for bound, count, before in zip(bounds, counts, told, strict=True) if count > before]
            if new:
                yield labels, Distribution([bound for bound, _ in new], [count for _, count in new])
