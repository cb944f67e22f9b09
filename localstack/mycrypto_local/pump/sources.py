"""The event source mappings of stage local, in the words of Lambda's API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mycrypto.contracts import commands, events

FOR_EVER: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSource:
    """One mapping from a topic to a function. Each has its own consumer group: one that stops does not delay the others."""

    function: str
    topic: str
    batch_size: int = 500
    """Records per invocation at most."""
    window_seconds: float = 0
    """How long to gather records for a batch that is not full; 0 sends what is there."""
    bisect_on_error: bool = True
    retries_max: int = FOR_EVER
    """How often a batch that cannot be split is tried again before it is given up."""
    dead_letter_queue: str = ""

    @property
    def name(self) -> str:
        return f"{self.function}<-{self.topic}"

    @property
    def group(self) -> str:
        return f"{self.function}-{self.topic}"


# An object holds what came in these seconds: so much of the log can be lost with the brokers, no more.
ARCHIVE: Final = EventSource(function="mycrypto-local-archive", topic=commands.TOPIC, batch_size=10_000, window_seconds=5)
SOURCES: Final = (
    # Ledger and history must not miss a single event: a record that fails holds up its consumer until it is understood.
    EventSource(function="mycrypto-local-settlement", topic=events.TOPIC),
    EventSource(function="mycrypto-local-history", topic=events.TOPIC),
    ARCHIVE,
)
