"""What is to be known about one long-running process: how it starts, when it is ready, how it stops."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mycrypto_local import toolchain
from mycrypto_local.parts.identity import Identity

PARENT_DEATH = Path(__file__).with_name("parent_death.py")


class NotReadyError(Exception):
    """A part does not answer yet; the message says what it was asked and what came back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One process. ``probe`` returns when the part serves, and raises :class:`NotReadyError` until then."""

    name: str
    command: tuple[str, ...]
    port: int
    folder: Path
    probe: Callable[[], None]
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds_max: int = 15
    start_seconds_max: int = 60
    identity: Identity | None = None

    def tethered(self) -> tuple[str, ...]:
        """The command that starts the part so that it stops when its starter dies, and as the user it is to run as."""
        return tethered(self.command, self.stop_signal, self.identity)


def tethered(command: tuple[str, ...], stop_signal: signal.Signals, identity: Identity | None = None) -> tuple[str, ...]:
    """A command whose process gets the signal when its starter dies; the process has the number of the one that was started."""
    words = [sys.executable, "-I", "-S", str(PARENT_DEATH), "--signal", str(int(stop_signal))]
    if identity is not None:
        words += ["--uid", str(identity.uid), "--gid", str(identity.gid)]
    return (*words, "--", *command)


def base_environment(state: Path, part: str) -> dict[str, str]:
    """A clean environment: nothing of the caller's shell, credentials included, reaches a part.

    ``MYCRYPTO_STATE`` and ``MYCRYPTO_PART`` mark the process as ours, so that a later run can find what a killed one left.
    """
    return {
        "HOME": os.environ.get("HOME", "/"),
        "PATH": toolchain.search_path(),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",  # glibc keeps an arena per thread otherwise: tens of MB for nothing
        "MYCRYPTO_STATE": str(state),
        "MYCRYPTO_PART": part,
    }
