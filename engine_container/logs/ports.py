"""What gateway and publisher need of the logs. Tests put lists in their place."""

from __future__ import annotations

from typing import Protocol

import msgspec


class LogUnavailableError(RuntimeError):
    """The log could not be reached. For an append the outcome is unknown: it may still have been written."""


class LogRecord(msgspec.Struct, frozen=True, gc=False):
    """A record, its place in the partition, and the broker's time of it (epoch milliseconds)."""

    offset: int
    payload: bytes
    time_ms: int = 0


class CommandLog(Protocol):
    """Where commands are appended, one record at a time."""

    async def open(self) -> None:
        """Connect ahead of the first append; raises :class:`LogUnavailableError`."""

    async def append(self, payload: bytes) -> None:
        """Durable when this returns; raises :class:`LogUnavailableError`."""

    async def close(self) -> None:
        """Let go of connections."""


class EventLog(Protocol):
    """A reader of one shard's events that remembers its place."""

    async def open(self, offset: int | None) -> None:
        """Start (again) at an offset, or at the beginning of what is kept, also where the offset is kept no longer: the numbers of events
        say whether something is missing. Raises :class:`LogUnavailableError`.
        """

    async def read(self) -> list[LogRecord]:
        """The next records in order; waits a little for the first and may come back with none."""

    async def end(self) -> int:
        """The offset that the next record will get."""

    async def close(self) -> None:
        """Let go of connections."""
