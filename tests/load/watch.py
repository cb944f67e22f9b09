"""What is looked at while a rate is held: memory of each part, how far the followers are behind, and who has the machine."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Self

import msgspec
import psutil
from prometheus_client.parser import text_string_to_metric_families

from mycrypto_local.platform import Platform
from mycrypto_local.pump.health import MappingHealth

MB: Final = 1_000_000
FUNCTIONS: Final = "functions"
"""The processes of the functions are children of the emulator's."""
ANSWER_SECONDS_MAX: Final = 5.0
GONE: Final = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess)


class Processes:
    """Those of a platform by part, children included; looked up again each time, since functions come and go."""

    def __init__(self, platform: Platform, more: Mapping[str, int]) -> None:
        self._platform = platform
        self._more = more

    def by_part(self) -> dict[str, list[psutil.Process]]:
        found: dict[str, list[psutil.Process]] = {}
        pids = {name: state.pid for name, state in self._platform.supervisor.processes().items() if state.alive} | dict(self._more)
        for name, pid in pids.items():
            with suppress(*GONE):
                own = psutil.Process(pid)
                children = own.children(recursive=True)
                if name == "emulator":
                    found[name], found[FUNCTIONS] = [own], children
                else:
                    found[name] = [own, *children]
        return found


def memory(parts: Mapping[str, Iterable[psutil.Process]]) -> dict[str, float]:
    """Resident, in MB, by part."""
    taken = {}
    for name, processes in parts.items():
        total = 0
        for process in processes:
            with suppress(*GONE):
                total += process.memory_info().rss
        taken[name] = total / MB
    return taken


@dataclass(frozen=True)
class Behind:
    """How many a follower still has before it, and how many there were for it since it began."""

    waiting: float
    passed: float


class _Pump(msgspec.Struct):
    mappings: list[MappingHealth]


class Followers:
    """Publisher and gateway by their watermarks beside the engine's, the functions by what the pump says of them."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports

    def look(self) -> dict[str, Behind]:
        marks = {part: self._watermark(part) for part in ("publisher", "gateway")}
        made = self._watermark("engine")  # after the others, so that none seems to be ahead
        found = {part: Behind(max(0.0, made - mark), made) for part, mark in marks.items() if made and mark}
        for mapping in self._pump():
            if mapping.lag is not None:
                found[mapping.function.rpartition("-")[2]] = Behind(mapping.lag, mapping.delivered + mapping.lag)
        return found

    def _watermark(self, part: str) -> float:
        text = self._get(part, "/metrics")
        for family in text_string_to_metric_families(text):
            if family.name == "event_watermark":
                return float(family.samples[0].value)
        return 0.0

    def _pump(self) -> list[MappingHealth]:
        text = self._get("pump", "/health")
        return msgspec.json.decode(text, type=_Pump).mappings if text else []

    def _get(self, part: str, path: str) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._ports[part]}{path}", timeout=ANSWER_SECONDS_MAX) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:  # one that is in trouble says so with a body
            return error.read().decode()
        except OSError:
            return ""


def seconds_behind(before: Mapping[str, Behind], after: Mapping[str, Behind], seconds: float) -> dict[str, float]:
    """What waits at the end, in seconds of what came in between."""
    found = {}
    for name, end in after.items():
        came = (end.passed - before[name].passed) / seconds if name in before else 0.0
        found[name] = end.waiting / came if came > 1 else 0.0
    return found


class Shares:
    """Who had the machine's processors since the last look: in cores."""

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._before = self._now()

    def _now(self) -> tuple[float, float, dict[int, float]]:
        times = psutil.cpu_times()
        own: dict[int, float] = {}
        for processes in self._processes.by_part().values():
            for process in processes:
                with suppress(*GONE):
                    own[process.pid] = sum(process.cpu_times()[:2])
        busy = sum(times) - times.idle - times.iowait - times.guest - times.guest_nice
        return time.monotonic(), busy, own

    def others(self) -> float:
        (then, busy_then, own_then), now = self._before, self._now()
        self._before = now
        ours = sum(spent - own_then.get(pid, 0.0) for pid, spent in now[2].items())
        return max(0.0, (now[1] - busy_then - ours) / max(now[0] - then, 1e-6))


@dataclass
class Series:
    """Samples of a hold: seconds since its begin, and values by name."""

    moments: list[float] = field(default_factory=list)
    memory: dict[str, list[float]] = field(default_factory=dict)
    behind: dict[str, list[float]] = field(default_factory=dict)

    def add(self, moment: float, taken: Mapping[str, float], waiting: Mapping[str, float]) -> None:
        """What one sample lacks takes the value before it: a part that does not answer just now has not become smaller."""
        for values, fresh in ((self.memory, taken), (self.behind, waiting)):
            for name in values.keys() | fresh.keys():
                column = values.setdefault(name, [fresh.get(name, 0.0)] * len(self.moments))
                column.append(fresh[name] if name in fresh else (column[-1] if column else 0.0))
        self.moments.append(moment)


class Watch:
    """Samples in a thread of its own until it is stopped."""

    def __init__(self, processes: Processes, followers: Followers, every_seconds: float) -> None:
        self.series = Series()
        self._processes, self._followers, self._every = processes, followers, every_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        begun = time.monotonic()
        while True:
            taken = memory(self._processes.by_part())
            waiting = {name: each.waiting for name, each in self._followers.look().items()}
            self.series.add(time.monotonic() - begun, taken, waiting)
            if self._stopped.wait(self._every):
                return
