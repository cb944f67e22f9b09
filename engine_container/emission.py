"""What every process tells about itself, and the writing of its metrics into its log at even intervals."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from engine_container.metrics import REGISTRY, Counter, Reading

ERRORS: Final = Counter("errors_total")
_STATM: Final = Path("/proc/self/statm")


class _CountErrors(logging.Filter):
    """Lets everything pass and counts what is an error."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR:
            ERRORS.add()
        return True


class _Cpu:
    """CPU time since the last look, as a share of one core."""

    def __init__(self) -> None:
        self._wall, self._used = time.monotonic(), time.process_time()

    def percent(self) -> float:
        wall, used = time.monotonic(), time.process_time()
        passed, worked = wall - self._wall, used - self._used
        self._wall, self._used = wall, used
        return round(100 * worked / passed, 1) if passed > 0 else 0.0


def _memory_bytes() -> int:
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # not Linux: a developer's machine
        return 0


def define(handler: logging.Handler, *, healthy: Callable[[], bool], watermark: Callable[[], int]) -> None:
    """The metrics that all processes have. ``handler`` writes the process's log."""
    cpu = _Cpu()
    handler.addFilter(_CountErrors())
    Reading("health_status", lambda: {(): int(healthy())})
    Reading("event_watermark", lambda: {(): watermark()})
    Reading("process_cpu_percent", lambda: {(): cpu.percent()})
    Reading("process_memory_bytes", lambda: {(): _memory_bytes()})


async def emit(service: str, every_seconds: int) -> None:
    """Write what is new at each multiple of the interval since midnight, so that every task of a service counts once a minute; until
    cancelled. The last lines are written at the end.
    """
    try:
        while True:
            await asyncio.sleep(every_seconds - time.time() % every_seconds)
            _write(service)
    finally:
        _write(service)


def _write(service: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in REGISTRY.embedded(service)))
    sys.stdout.flush()
