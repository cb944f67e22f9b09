"""Commands out, results in: appends to the command log and completes each waiting request from the event log.

One append is in flight. What arrives meanwhile goes out together as the next record, so that the cost per command falls under load. An
append that failed is repeated with the same command ids, which the engine answers without doing anything twice. A request whose time is
up gets :class:`UnansweredError`; commands that were not sent by then never will be.

The result of a command that meets or cancels thousands of orders comes in several records. It is answered with the last of them, when the views have
all of it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from engine_container.logs.ports import CommandLog, LogUnavailableError
from engine_container.metrics import Histogram
from mycrypto.contracts.commands import COMMANDS_PER_RECORD_MAX, Command, encode_record
from mycrypto.contracts.events import CommandFailed, CommandRefused, Event, EventRecord, OrderClosed, Result

EXECUTION: Final = Histogram("trade_execution_latency")
SWEEP_SECONDS: Final = 0.1
RETRY_SECONDS: Final = 0.1


class Answer(msgspec.Struct, gc=False):
    """The result of one command; ``first_seq`` is the number of its first event. Of a result in several records ``result`` has the first
    part, which says what became of the command itself; ``closed`` counts the orders that ended with the parts after it.
    """

    first_seq: int
    time_ms: int
    result: Result
    closed: int = 0


class UnansweredError(RuntimeError):
    """No result in time. ``sent``: the commands may have been or may still be carried out; else they certainly were not."""

    def __init__(self, *, sent: bool) -> None:
        self.sent = sent
        super().__init__("the outcome is unknown" if sent else "the command was not sent")


class OverloadedError(RuntimeError):
    """Too many commands wait already; nothing was sent."""


Outcome = list[Answer] | UnansweredError
"""The results in the order of the commands, or why there are none."""


class _Group:
    """Commands that travel in one record and are answered together. ``settled`` is called once, when the outcome is known."""

    __slots__ = ("answers", "arrived", "commands", "deadline", "done", "missing", "sent", "settled")

    def __init__(self, commands: Sequence[Command], arrived: float, deadline: float, settled: Callable[[Outcome], None]) -> None:
        self.commands = commands
        self.answers: list[Answer | None] = [None] * len(commands)
        self.missing = len(commands)
        self.arrived = arrived
        self.deadline = deadline
        self.settled = settled
        self.done = False
        self.sent = False


class Commands:
    """The gateway's only way to change anything."""

    def __init__(self, log: CommandLog, *, answer_seconds_max: float, queued_max: int) -> None:
        self._log = log
        self._answer_seconds_max = answer_seconds_max
        self._queued_max = queued_max
        self._queue: deque[_Group] = deque()
        self._queued = 0
        self._waiting: dict[bytes, tuple[_Group, int]] = {}
        self._twins: dict[bytes, deque[tuple[_Group, int]]] = {}
        """Who waits for a command that was sent again, under the same id, while it is under way: each gets a result of its own, in the order of
        asking."""
        self._goes_on: tuple[int, bytes, _Group, int] | None = None
        """The result that the last record ended with and that the next may have more of: the offset of its command record, the command's id, and who
        waits for it."""
        self._by_deadline: deque[_Group] = deque()
        self._wake = asyncio.Event()
        self.connected = False
        """The log was reached, and the last append went through."""
        self.records = 0
        self.sent = 0

    @property
    def queued(self) -> int:
        return self._queued

    @property
    def in_flight(self) -> int:
        """Commands that were taken in and are not answered."""
        return len(self._waiting)

    async def submit(self, commands: Sequence[Command]) -> list[Answer]:
        """Carry out commands (at most as many as one record holds) and wait for their results, in the same order.

        Raises :class:`UnansweredError` or :class:`OverloadedError`.
        """
        answered: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()

        def settled(outcome: Outcome) -> None:
            if answered.done():
                return
            if isinstance(outcome, UnansweredError):
                answered.set_exception(outcome)
            else:
                answered.set_result(outcome)

        group = self._begin(commands, settled)
        try:
            return await answered
        finally:
            if not group.done:  # the caller no longer waits: what was not sent yet must not be sent
                self._forget(group)

    def begin(self, commands: Sequence[Command], settled: Callable[[Outcome], None]) -> None:
        """As :meth:`submit` for who does not wait: ``settled`` is called with the outcome, from within the feed. It must not raise.

        Raises :class:`OverloadedError`.
        """
        self._begin(commands, settled)

    def _begin(self, commands: Sequence[Command], settled: Callable[[Outcome], None]) -> _Group:
        if self._queued + len(commands) > self._queued_max:
            raise OverloadedError("too many commands are waiting")
        arrived = time.monotonic()
        group = _Group(commands, arrived, arrived + self._answer_seconds_max, settled)
        waiting = self._waiting
        for index, command in enumerate(commands):
            if command.command_id in waiting:
                self._twins.setdefault(command.command_id, deque()).append((group, index))
            else:
                waiting[command.command_id] = (group, index)
        self._queue.append(group)
        self._queued += len(commands)
        self._by_deadline.append(group)
        self._wake.set()
        return group

    def _forget(self, group: _Group) -> None:
        group.done = True
        for index, command in enumerate(group.commands):
            self._leave(group, index, command.command_id)

    def _leave(self, group: _Group, index: int, command_id: bytes) -> None:
        """Wait no longer for this command's result."""
        twins = self._twins.get(command_id)
        if self._waiting.get(command_id) == (group, index):
            del self._waiting[command_id]
            if twins is not None:
                self._next_twin(command_id, twins)
        elif twins is not None and (group, index) in twins:
            twins.remove((group, index))

    def _next_twin(self, command_id: bytes, twins: deque[tuple[_Group, int]]) -> None:
        if twins:
            self._waiting[command_id] = twins.popleft()
        else:
            del self._twins[command_id]

    def complete(self, record: EventRecord, watermark_before: int) -> None:
        """Take the results of a record to those who wait for them; what came before the watermark has been taken."""
        seq = record.first_seq
        waiting = self._waiting
        self._expect_more_of(record.command_offset)
        for place, result in enumerate(record.results, 1):
            may_go_on = not record.last and place == len(record.results)
            if self._goes_on is not None:
                _, command_id, group, index = self._goes_on
                more = command_id == result.command_id
                if more:
                    self._add_part(group, index, result.events[max(0, watermark_before + 1 - seq) :])
                if not (more and may_go_on):
                    self._goes_on = None
                    self._answered(group)
                if more:
                    seq += len(result.events)
                    continue
            found = waiting.pop(result.command_id, None)
            if found is not None:
                group, index = found
                if self._twins and (twins := self._twins.get(result.command_id)) is not None:
                    self._next_twin(result.command_id, twins)
                group.answers[index] = Answer(seq, record.time_ms, _refused_if_failed(result))
                if index and group.answers[index - 1] is None:
                    self._answer_silent(group, index, seq, record.time_ms)
                if may_go_on:
                    self._goes_on = (record.command_offset, result.command_id, group, index)
                else:
                    self._answered(group)
            seq += len(result.events)
        self._drop_done()

    def _expect_more_of(self, command_offset: int) -> None:
        """Another command record came between the parts of one: the views are rebuilt from an earlier offset, and the result comes again."""
        if self._goes_on is None or self._goes_on[0] == command_offset:
            return
        _, command_id, group, index = self._goes_on
        self._goes_on = None
        if not group.done:
            group.answers[index] = None
            if command_id in self._waiting:
                self._twins.setdefault(command_id, deque()).appendleft(self._waiting[command_id])
            self._waiting[command_id] = (group, index)

    @staticmethod
    def _add_part(group: _Group, index: int, events: Sequence[Event]) -> None:
        answer = group.answers[index]
        if answer is not None:
            answer.closed += sum(type(event) is OrderClosed for event in events)

    def _answered(self, group: _Group) -> None:
        """One more of the group's commands has all of its result."""
        group.missing -= 1
        if group.missing == 0 and not group.done:
            group.done = True
            EXECUTION.observe((time.monotonic() - group.arrived) * 1_000)
            group.settled([answer for answer in group.answers if answer is not None])

    def _drop_done(self) -> None:
        """Now, while they are at hand: a tenth of a second later they would have to be fetched from memory again."""
        queue = self._by_deadline
        while queue and queue[0].done:
            queue.popleft()

    def _answer_silent(self, group: _Group, before: int, seq: int, time_ms: int) -> None:
        """Results come in the order of the commands, and one without events does not come at all: it is known by the next one's."""
        for index in range(before):
            if group.answers[index] is None:
                command_id = group.commands[index].command_id
                self._leave(group, index, command_id)
                group.answers[index] = Answer(seq, time_ms, Result(index, command_id, []))
                group.missing -= 1

    async def run(self) -> None:
        """Append until cancelled. A log that was lost is looked for without being asked to: a gateway that is not ready gets no requests, whose
        appends would show that the log is there again.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sweep())
            while True:
                await self._connect()
                await self._wake.wait()
                self._wake.clear()
                while groups := self._take():
                    await self._append(groups)

    async def _connect(self) -> None:
        while not self.connected:
            try:
                await self._log.open()
            except LogUnavailableError:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self.connected = True

    def _take(self) -> list[_Group]:
        groups: list[_Group] = []
        room = COMMANDS_PER_RECORD_MAX
        queue = self._queue
        while queue and len(queue[0].commands) <= room:
            group = queue.popleft()
            self._queued -= len(group.commands)
            if not group.done:
                groups.append(group)
                room -= len(group.commands)
        return groups

    async def _append(self, groups: list[_Group]) -> None:
        while groups:
            payload = encode_record([command for group in groups for command in group.commands])
            for group in groups:
                group.sent = True
            try:
                await self._log.append(payload)
            except LogUnavailableError:
                self.connected = False
                await asyncio.sleep(RETRY_SECONDS)
                groups = [group for group in groups if not group.done]
                continue
            self.connected = True
            self.records += 1
            self.sent += sum(len(group.commands) for group in groups)
            return

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = time.monotonic()
            queue = self._by_deadline
            self._drop_done()
            while queue and queue[0].deadline <= now:
                group = queue.popleft()
                self._forget(group)
                group.settled(UnansweredError(sent=group.sent))
                self._drop_done()


def _refused_if_failed(result: Result) -> Result:
    """To who asked for it, a command that failed was refused: what else its result has is about its market."""
    events = result.events
    if events and type(events[0]) is CommandFailed:
        return Result(result.index, result.command_id, [CommandRefused(events[0].code, {})])
    return result
