"""What the engine needs of the two logs. Tests put lists in their place."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from engine_container.engine.replica import CommandRecord


class Reached(NamedTuple):
    """A place of the event log up to which its numbers have been followed: the records before ``offset`` hold every event before ``next_seq``."""

    offset: int
    next_seq: int


BEGINNING = Reached(0, 0)
"""Nothing has been followed: the log is read from the first record that it keeps."""


class EventLogHoleError(RuntimeError):
    """The event log passes over events. No append can mend that: it has to be repaired."""

    def __init__(self, first: int, last: int, offset: int) -> None:
        self.first, self.last, self.offset = first, last, offset
        super().__init__(
            f"events {first} to {last} are missing in the event log before offset {offset}: stop the engines and run mycrypto engine repair-events"
        )


class EventLogShortError(RuntimeError):
    """The event log has lost events that it had acknowledged. What this engine has appended since it loaded its state is not there to be
    appended again: a fresh start replays it.
    """

    def __init__(self, held: int, known: int) -> None:
        super().__init__(f"the event log holds the events before {held}, and had acknowledged those before {known}: restart the engine")


class CommandSource(Protocol):
    """The command log of one shard, read from any place. Methods raise :class:`engine_container.logs.ports.LogUnavailableError`."""

    async def open(self, offset: int) -> None:
        """Read from this offset on."""

    async def read(self) -> list[CommandRecord]:
        """The next records in order; waits a little for the first and may come back with none."""

    async def begin(self) -> int:
        """The first offset that is kept."""

    async def end(self) -> int:
        """The offset that the next record will get."""

    async def close(self) -> None: ...


class EventSink(Protocol):
    """The event log of one shard. It is followed: what it holds is known because it was read, or appended and acknowledged."""

    @property
    def reached(self) -> Reached:
        """How far it has been followed."""

    def follow_from(self, place: Reached) -> None:
        """Take for granted that the log was followed up to here."""

    async def published(self) -> int:
        """The number of the first event that is not in the log yet. Raises :class:`EventLogHoleError`."""

    async def append(self, payloads: list[bytes]) -> None:
        """Append in this order; durable when it returns. After an error the outcome is unknown."""

    async def append_command(self, payload: bytes) -> None:
        """Append a record to the command log (the engine's own ticks)."""

    async def close(self) -> None: ...
