"""Processes of a platform whose supervisor is gone. Each of our processes carries the name of its state folder in its environment."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

import psutil

PATIENCE_SECONDS: Final = 10


def find(state: Path) -> list[psutil.Process]:
    """Our own excepted: a command started from a part's shell is not a leftover."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        if process.pid in own:
            continue
        try:
            environment = process.environ()
        except (psutil.Error, OSError):
            continue
        if environment.get("MYCRYPTO_STATE") == str(state) and environment.get("MYCRYPTO_PART"):
            found.append(process)
    return found


def sweep(state: Path) -> list[str]:
    """Wait for those that are ending, end the others; the names of the parts they were.

    The kernel has asked them to stop when their supervisor went. Asking again would break off what they are saving.
    """
    processes = find(state)
    names = []
    _, lasting = psutil.wait_procs(processes, timeout=PATIENCE_SECONDS)
    for process in lasting:
        try:
            names.append(process.environ()["MYCRYPTO_PART"])
            process.terminate()
        except (psutil.Error, KeyError):
            continue
    _, stubborn = psutil.wait_procs(lasting, timeout=PATIENCE_SECONDS)
    for process in stubborn:
        try:
            process.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(stubborn, timeout=PATIENCE_SECONDS)
    return sorted(set(names))


def kill(state: Path) -> None:
    """End them at once, and what they start meanwhile: nothing of theirs is to be kept."""
    while processes := find(state):  # not those whose end is only waiting to be noticed: a zombie has no environment
        for process in processes:
            try:
                process.kill()
            except psutil.Error:
                continue
        time.sleep(0.02)
