"""The naive exchange's time, by the written rules: a record is believed by the day, two clocks that agree by the month, an operator always."""

from __future__ import annotations

from typing import Any

from mycrypto.contracts import commands as c
from mycrypto.contracts import events as e
from mycrypto.contracts.trading import TimeJump

DAY = 86_400_000


class NaiveTime:
    now: int
    seq: int
    events: list[Any]
    held: bool = False
    accepted: int = 0
    told_seq: int = 1
    told_ms: int = 0

    def do_what_is_due(self) -> None:
        raise NotImplementedError

    def totals(self) -> dict[str, int]:
        raise NotImplementedError

    def doubts(self, time: int) -> bool:
        return 0 < self.now < time - DAY and time > self.accepted

    def move_on(self, time: int) -> Any:
        """Take a record's time or leave it; what is to be told."""
        if self.doubts(time):
            told = None if self.held else e.TimeJumped(self.now, time, TimeJump.HELD)
            self.held = True
            return told
        told = e.TimeJumped(self.now, time, TimeJump.OVER) if self.held else None
        if time > self.now + DAY:
            self.accepted = 0
        self.held = False
        self.now = max(self.now, time)
        return told

    def tick(self, tick: c.Tick, time: int) -> None:
        if tick.sent_ms and self.doubts(time):
            before = self.now
            if abs(tick.sent_ms - time) <= 60_000:
                if time <= self.now + 30 * DAY:
                    self.events.append(e.TimeJumped(self.now, time, TimeJump.AGREED))
                    self.now, self.held, self.accepted = time, False, 0
            elif self.now < tick.sent_ms <= self.now + DAY:
                self.now = tick.sent_ms
            if self.now > before:
                self.do_what_is_due()
        passed = self.seq + len(self.events) - self.told_seq
        if passed >= 10_000 or (passed and self.now >= self.told_ms + 10_000):
            self.events.append(e.Totals(self.totals()))
            self.told_seq, self.told_ms = self.seq + len(self.events), self.now

    def accept_time(self, command: c.AcceptTime, time: int) -> None:
        if command.until_ms <= self.now:
            self.events.append(e.CommandRefused("VALIDATION_ERROR", {}))
            return
        self.events.append(e.TimeJumped(self.now, command.until_ms, TimeJump.ACCEPTED, command.actor_id))
        self.accepted = command.until_ms
        if time > self.now and not self.doubts(time):
            self.now, self.held, self.accepted = time, False, 0
            self.do_what_is_due()
