"""What supervisord does not do by itself: count restarts, and try again what it gave up. Runs inside supervisord."""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Final

from supervisor import events
from supervisor.states import ProcessStates

LATELY_SECONDS: Final = 60
KEPT: Final = 100


class Interface:
    """Methods of the XML-RPC name space ``mycrypto``."""

    def __init__(self, supervisord: Any) -> None:
        self._supervisord = supervisord
        self._restarts: dict[str, int] = {}
        self._times: dict[str, deque[float]] = {}
        events.subscribe(events.ProcessStateExitedEvent, self._count)
        events.subscribe(events.ProcessStateBackoffEvent, self._count)
        events.subscribe(events.Tick60Event, self._try_again)

    def restarts(self) -> dict[str, int]:
        """How often each part ended without having been asked to."""
        return self._restarts

    def restarts_lately(self) -> dict[str, int]:
        """The same of the last minute, at most ``KEPT``."""
        since = time.monotonic() - LATELY_SECONDS
        return {name: sum(at > since for at in times) for name, times in self._times.items()}

    def _count(self, event: Any) -> None:
        name = event.process.config.name
        self._restarts[name] = self._restarts.get(name, 0) + 1
        self._times.setdefault(name, deque(maxlen=KEPT)).append(time.monotonic())

    def _try_again(self, _event: Any) -> None:
        """A part that failed many times in a row waited perhaps for another one; once a minute it gets a new chance."""
        for group in self._supervisord.process_groups.values():
            for process in group.processes.values():
                if process.get_state() == ProcessStates.FATAL:
                    process.spawn()


def make(supervisord: Any, **_settings: str) -> Interface:
    """Called by supervisord, as its configuration says."""
    return Interface(supervisord)
