"""The reference page of metrics, written from the catalogue: ``python -m infra.metrics_page > docs/metrics.md``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Final

from infra.alarm_definition import Alarm
from infra.alarms import OWN_ALARMS
from infra.dashboards import DASHBOARDS, Aws, AwsRatio, Gap, Line, Own, Ratio
from mycrypto.metrics import NAMESPACE, SECTIONS, MetricSpec

HEAD: Final = f"""# Metrics

<!-- Written by: python -m infra.metrics_page > docs/metrics.md -->

Every metric of the platform, from the one catalogue in `mycrypto/metrics.py`; what does not stand there cannot be emitted, drawn or watched.
Functions and processes write them into their logs in CloudWatch's embedded format, under the namespace `{NAMESPACE}` and the dimension
`service`; the processes also show them on `/metrics` for Prometheus, with all labels. Labels in **bold** are kept apart by CloudWatch as well:
such a metric exists under `service` alone, and under `service` with its bold labels.

A histogram travels with its buckets, an observation counted as its bucket's upper bound: a percentile is at most too high, never too low.
Counters say how much was added since the last line, on `/metrics` the total since the process began. Amounts are in the currency, not in units.

On one machine `mycrypto dashboard` prints the newest values, and `/local/dashboard` at the front door draws the same four dashboards as on AWS.
"""


def _labels(spec: MetricSpec) -> str:
    return ", ".join(f"**{label}**" if label in spec.split else label for label in spec.labels) or "-"


def owns(line: Line | AwsRatio) -> tuple[Own, ...]:
    """The metrics of the catalogue in a line."""
    match line:
        case Own():
            return (line,)
        case Ratio():
            return (*line.part, *line.whole)
        case Gap():
            return (line.ahead, line.behind)
        case Aws() | AwsRatio():
            return ()


def _shown_on() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for board in DASHBOARDS:
        for panel in board.panels:
            for own in (own for line in panel.lines for own in owns(line)):
                where = found.setdefault(own.name, [])
                if board.title not in where:
                    where.append(board.title)
    return found


def _watched(alarm: Alarm) -> str:
    return ", ".join(dict.fromkeys(f"`{own.name}`" for own in owns(alarm.watched)))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield "| " + " | ".join(names) + " |"
    yield "| " + " | ".join("---" for _ in names) + " |"
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def text() -> str:
    """The page."""
    shown = _shown_on()
    parts = [HEAD]
    for title, specs in SECTIONS.items():
        rows = (
            (
                f"`{spec.name}`",
                spec.kind,
                spec.unit,
                ", ".join(spec.services),
                _labels(spec),
                spec.text,
                ", ".join(shown.get(spec.name, ["-"])),
            )
            for spec in specs
        )
        head = ("metric", "kind", "unit", "emitted by", "labels", "what it is", "shown on")
        parts.append("\n".join((f"## {title}", "", *_table(head, rows), "")))
    alarms = (
        (
            alarm.name,
            alarm.severity,
            _watched(alarm),
            f"{'below' if alarm.below else 'above'} {alarm.threshold:g} for {alarm.periods * alarm.minutes} min",
            alarm.why,
            alarm.runbook,
        )
        for alarm in OWN_ALARMS
    )
    parts.append(
        "\n".join(
            (
                "## Alarms on them",
                "",
                (
                    "Each tells the topic of its severity. Alarms on what AWS itself measures (functions, queues, databases, brokers, the edge) stand"
                    " in `infra/aws_alarms.py`."
                ),
                "",
                *_table(("alarm", "severity", "watches", "rings", "why", "runbook"), alarms),
                "",
            )
        )
    )
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(text())
