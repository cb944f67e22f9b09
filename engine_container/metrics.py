"""Counters, gauges and histograms of a process, and their text form for a scraper. Counted in one thread, so without locks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Final, Protocol

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[str, ...]


class Metric(Protocol):
    """Something that can print itself."""

    def lines(self) -> Iterable[str]: ...


class Registry:
    """Every metric of the process, in the order of definition."""

    def __init__(self) -> None:
        self._metrics: dict[str, Metric] = {}

    def add(self, name: str, metric: Metric) -> None:
        """The metric of this name; a second one of the same name takes its place."""
        self._metrics[name] = metric

    def text(self) -> str:
        """All metrics in the exposition format."""
        return "".join(f"{line}\n" for metric in self._metrics.values() for line in metric.lines())


REGISTRY: Final = Registry()


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _labelled(name: str, names: Labels, values: Labels, *extra: tuple[str, str]) -> str:
    pairs = [*zip(names, values, strict=True), *extra]
    if not pairs:
        return name
    return name + "{" + ",".join(f'{key}="{_escape(value)}"' for key, value in pairs) + "}"


class Counter:
    """Only ever grows."""

    def __init__(self, name: str, text: str, labels: Labels = (), registry: Registry = REGISTRY) -> None:
        self._name = name
        self._text = text
        self._labels = labels
        self._values: dict[Labels, int] = {} if labels else {(): 0}
        registry.add(name, self)

    def add(self, count: int = 1, labels: Labels = ()) -> None:
        self._values[labels] = self._values.get(labels, 0) + count

    def value(self, labels: Labels = ()) -> int:
        return self._values.get(labels, 0)

    def lines(self) -> Iterable[str]:
        yield f"# HELP {self._name} {self._text}"
        yield f"# TYPE {self._name} counter"
        for labels, value in self._values.items():
            yield f"{_labelled(self._name, self._labels, labels)} {value}"


class Gauge:
    """Read when asked for: ``read`` gives the value of every label set."""

    def __init__(
        self, name: str, text: str, read: Callable[[], dict[Labels, int | float]], labels: Labels = (), registry: Registry = REGISTRY
    ) -> None:
        self._name = name
        self._text = text
        self._labels = labels
        self._read = read
        registry.add(name, self)

    def lines(self) -> Iterable[str]:
        yield f"# HELP {self._name} {self._text}"
        yield f"# TYPE {self._name} gauge"
        for labels, value in self._read().items():
            yield f"{_labelled(self._name, self._labels, labels)} {value}"


class Histogram:
    """Observations by upper bound."""

    def __init__(self, name: str, text: str, bounds: tuple[float, ...], labels: Labels = (), registry: Registry = REGISTRY) -> None:
        self._name = name
        self._text = text
        self._bounds = bounds
        self._labels = labels
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        registry.add(name, self)

    def observe(self, value: float, labels: Labels = ()) -> None:
        counts = self._counts.get(labels)
        if counts is None:
            counts = self._counts[labels] = [0] * (len(self._bounds) + 1)
            self._sums[labels] = 0.0
        counts[bisect_left(self._bounds, value)] += 1
        self._sums[labels] += value

    def lines(self) -> Iterable[str]:
        yield f"# HELP {self._name} {self._text}"
        yield f"# TYPE {self._name} histogram"
        for labels, counts in self._counts.items():
            total = 0
            for bound, count in zip((*map(str, self._bounds), "+Inf"), counts, strict=True):
                total += count
                yield f"{_labelled(self._name + '_bucket', self._labels, labels, ('le', bound))} {total}"
            yield f"{_labelled(self._name + '_sum', self._labels, labels)} {self._sums[labels]:.6f}"
            yield f"{_labelled(self._name + '_count', self._labels, labels)} {total}"
