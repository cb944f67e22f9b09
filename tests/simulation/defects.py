"""Defects put in on purpose. That the histories find each of them is the test of the histories."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from engine_container.engine.publishing import Publisher
from engine_container.engine.replica import CommandRecord, EventBatch, Replica
from engine_container.gateway.parts import Gateway
from engine_container.gateway.submit import UnansweredError
from engine_container.logs.ports import LogUnavailableError
from engine_container.views.projection import Projection
from mycrypto.contracts.events import EventRecord
from tests.simulation import broker

Defect = Callable[[], AbstractContextManager[Any]]


def missing_is_said_without_a_barrier() -> AbstractContextManager[Any]:
    """A look-up answers 404 from the views as they are: the fault of issue 17, A.2."""

    async def complete_views(self: Gateway, _seconds_max: float) -> Projection:
        return self.require_views()

    return patch.object(Gateway, "complete_views", complete_views)


def a_failed_append_of_events_counts_as_done() -> AbstractContextManager[Any]:
    """The engine goes on after an append whose outcome it does not know: a hole."""
    real = broker.Sink.append

    async def append(self: broker.Sink, payloads: list[bytes]) -> None:
        try:
            await real(self, payloads)
        except LogUnavailableError:
            return

    return patch.object(broker.Sink, "append", append)


def a_failed_append_of_commands_counts_as_not_sent() -> AbstractContextManager[Any]:
    """The gateway says that nothing was done, when it only knows that no answer came."""

    def init(self: UnansweredError, *, sent: bool) -> None:
        self.sent = False

    return patch.object(UnansweredError, "__init__", init)


def repeated_records_are_applied_again() -> AbstractContextManager[Any]:
    """The views take in an event record that comes twice."""
    real = Projection.apply

    def apply(self: Projection, record: EventRecord) -> bool:
        if record.next_seq <= self.watermark + 1:
            self.watermark = record.first_seq - 1
        return real(self, record)

    return patch.object(Projection, "apply", apply)


def an_engine_skips_a_command_when_it_reads_on() -> AbstractContextManager[Any]:
    real = broker.Source.open

    async def open_(self: broker.Source, offset: int) -> None:
        await real(self, offset + 1 if offset else 0)

    return patch.object(broker.Source, "open", open_)


def an_engine_has_a_clock_of_its_own() -> AbstractContextManager[Any]:
    """Events bear the time at which an engine saw a command, and not the log's."""
    real = Replica.process

    def process(self: Replica, record: CommandRecord) -> list[EventBatch]:
        return real(self, record._replace(time_ms=record.time_ms + time.time_ns() // 1_000_000 % 2))

    return patch.object(Replica, "process", process)


def a_deposed_engine_takes_no_second_look() -> AbstractContextManager[Any]:
    """An engine that takes over passes over what it had ready, as if the other one had written it all."""
    real = Publisher.set_active

    def set_active(self: Publisher, *, active: bool) -> None:
        if active and not self.active and self.published_seq > 1:
            self._waiting.clear()
        real(self, active=active)

    return patch.object(Publisher, "set_active", set_active)


CATALOGUE: dict[str, Defect] = {
    defect.__name__: defect
    for defect in (
        missing_is_said_without_a_barrier,
        a_failed_append_of_events_counts_as_done,
        a_failed_append_of_commands_counts_as_not_sent,
        repeated_records_are_applied_again,
        an_engine_skips_a_command_when_it_reads_on,
        an_engine_has_a_clock_of_its_own,
        a_deposed_engine_takes_no_second_look,
    )
}
