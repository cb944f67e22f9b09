"""What the engine needs of the two logs. Tests put lists in their place."""

from __future__ import annotations

from typing import Protocol

from engine_container.engine.replica import CommandRecord


class CommandSource(Protocol):
    """The command log of one shard, read from any place. Methods raise :class:`engine_container.logs.ports.LogUnavailableError`."""

    async def open(self, offset: int) -> None:
        """Read from this offset on."""

    async def read(self) -> list[CommandRecord]:
        """The next records in order; waits a little for the first and may come back with none."""

    async def end(self) -> int:
        """The offset that the next record will get."""

    async def close(self) -> None: ...


class EventSink(Protocol):
    """The event log of one shard."""

    async def published(self) -> int:
        """The number of the first event that is not in the log yet."""

    async def append(self, payloads: list[bytes]) -> None:
        """Append in this order; durable when it returns. After an error the outcome is unknown."""

    async def append_command(self, payload: bytes) -> None:
        """Append a record to the command log (the engine's own ticks)."""

    async def close(self) -> None: ...
