"""The disaster: everything dies at once, as when the power of a building goes, and its disks with it."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable
from contextlib import suppress

import psutil

from mycrypto_local import leftovers
from mycrypto_local.parts.postgres import Postgres
from mycrypto_local.platform import Platform

SUPERVISOR = "supervisor"
S3 = "emulator"


def strike(platform: Platform, meanwhile: Callable[[], None]) -> None:
    """Kill every process of the platform with -9 and delete its state; only S3 outlives the others for as long as ``meanwhile`` takes."""
    everyone = leftovers.find(platform.state)
    by_part = {process: process.environ().get("MYCRYPTO_PART", "") for process in everyone}
    for process, part in by_part.items():
        if part == SUPERVISOR:
            process.send_signal(signal.SIGSTOP)  # it would start again what dies
    _kill([process for process, part in by_part.items() if part not in {SUPERVISOR, S3}])
    meanwhile()
    _kill(leftovers.find(platform.state))
    platform.supervisor.forget_child()
    home = Postgres(platform.state, 0, "").home
    shutil.rmtree(home, ignore_errors=True)
    shutil.rmtree(platform.state)


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + leftovers.PATIENCE_SECONDS
    while any(_lives(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(0.02)


def _lives(process: psutil.Process) -> bool:
    """Whether it is more than its exit status, which a supervisor that stands still does not fetch."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
