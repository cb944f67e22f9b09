"""What the parts wrote about themselves: embedded metrics in the logs of processes and functions, and Lambda's own report of each invocation.

The emulator keeps the functions' logs in CloudWatch Logs, as AWS does; the processes' logs are files of the state folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol

from mycrypto.metrics import NAMESPACE

PROCESSES: Final = ("engine", "gateway", "publisher")
FUNCTION_LOGS: Final = "/aws/lambda/"
LAMBDA: Final = "AWS/Lambda"
EMBEDDED: Final = '{"_aws":{"Timestamp":'
_REPORT: Final = re.compile(r"^REPORT RequestId: \S+\s+Duration: ([\d.]+) ms")
_RAISED: Final = ("Traceback (most recent call last)", "[ERROR]")
"""How the output of an invocation begins its end when the function raised; what functions log themselves are JSON lines."""


class LogsClient(Protocol):
    """The part of boto3's client of CloudWatch Logs that is needed."""

    def get_paginator(self, operation_name: str) -> Any: ...


class Point(NamedTuple):
    """One emission: ``weights`` says how often each of ``values`` was observed."""

    time_ms: int
    values: tuple[float, ...]
    weights: tuple[float, ...]
    labels: Mapping[str, str]
    source: str = ""
    """Which process of those with one name."""


class Measures:
    """Points by namespace, name, and service or function; in the order of time for each source."""

    def __init__(self) -> None:
        self._points: dict[tuple[str, str, str], list[Point]] = {}

    def add(self, namespace: str, name: str, of: str, point: Point) -> None:
        self._points.setdefault((namespace, name, of), []).append(point)

    def of(self, namespace: str, name: str, of: str) -> list[Point]:
        return self._points.get((namespace, name, of), [])

    def names(self) -> set[tuple[str, str]]:
        """(metric, service) of everything of ours that was found."""
        return {(name, of) for namespace, name, of in self._points if namespace == NAMESPACE}

    def take_line(self, text: str, since_ms: int = 0, source: str = "") -> None:
        """Take in a line of a log if it is an embedded metric of ours that is young enough. ``source``: which process of several wrote it."""
        if not text.startswith(EMBEDDED):
            return
        time_ms = int(text[len(EMBEDDED) :].partition(",")[0])
        if time_ms < since_ms:
            return
        try:
            document: dict[str, Any] = json.loads(text)
        except json.JSONDecodeError:  # the line is being written just now
            return
        names = {metric["Name"] for directive in document.pop("_aws")["CloudWatchMetrics"] for metric in directive["Metrics"]}
        service = str(document.pop("service"))
        labels = {name: str(value) for name, value in document.items() if name not in names}
        for name in names:
            values, weights = _weighed(document[name])
            self.add(NAMESPACE, name, service, Point(time_ms, values, weights, labels, source))


def _weighed(value: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if isinstance(value, dict):
        return tuple(value["Values"]), tuple(value["Counts"])
    return (float(value),), (1.0,)


def read_files(measures: Measures, logs: Path, since_ms: int) -> None:
    """The logs of the processes, rotated ones first."""
    for process in PROCESSES:
        for path in sorted((*logs.glob(f"{process}.log*"), *logs.glob(f"{process}-[0-9].log*")), reverse=True):
            source = path.name.partition(".")[0]
            with path.open(encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    measures.take_line(line, since_ms, source)


def read_functions(measures: Measures, client: LogsClient, since_ms: int) -> None:
    """The logs of the functions, out of CloudWatch Logs. Raises botocore's errors."""
    for group, events in function_logs(client, since_ms):
        function = group.removeprefix(FUNCTION_LOGS)
        for time_ms, message in events:
            measures.take_line(message, since_ms)
            report = _REPORT.match(message)
            if report:
                measures.add(LAMBDA, "Duration", function, Point(time_ms, (float(report[1]),), (1.0,), {}))
                measures.add(LAMBDA, "Errors", function, Point(time_ms, (0.0,), (1.0,), {}))
            elif message.startswith(_RAISED):
                measures.add(LAMBDA, "Errors", function, Point(time_ms, (1.0,), (1.0,), {}))


def function_logs(client: LogsClient, since_ms: int) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Each log group of a function with its events as (epoch milliseconds, message)."""
    for page in client.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=FUNCTION_LOGS):
        for group in page["logGroups"]:
            pages = client.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"], startTime=since_ms)
            yield group["logGroupName"], [(event["timestamp"], event["message"]) for events in pages for event in events["events"]]
