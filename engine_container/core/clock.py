"""Log time: the broker's, as far as it can be believed.

A record may move the time on by a day, which covers a broker that was away. One that says more may come from a broker whose clock is wrong, and
time never goes back: what it ended would have ended for good. Its commands are carried out, the time stays. It goes on when another clock says the
same (that of the engine which sent a tick), when an operator accepts it, or when the broker's time comes back; until then it follows the ticks' own
clock. All of that stands in the log, so every replica decides alike.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from engine_container.core.entities import Event
from engine_container.core.events import Events
from engine_container.core.state import RULES_OF_SAFETY, State
from engine_container.core.vocabulary import DAY_MS, TAG_TIME

JUMP_MAX_MS: Final = DAY_MS
"""What one record may move the time by."""
AGREED_JUMP_MAX_MS: Final = 30 * DAY_MS
"""What two clocks that agree may move it by: they may be one and the same, on one machine."""
AGREEMENT_MS: Final = 60_000

HELD: Final = 0
AGREED: Final = 1
ACCEPTED: Final = 2
OVER: Final = 3


def is_doubtful(state: State, time_ms: i64) -> bool:
    """Whether a record says a time that is too far ahead to be taken by itself."""
    now_ms = state.now_ms
    return now_ms > 0 and time_ms - now_ms > JUMP_MAX_MS and time_ms > state.time_accepted_ms and state.rules >= RULES_OF_SAFETY


def move_on(state: State, time_ms: i64) -> Event | None:
    """Take a record's time if it can be believed; what is to be told of it, seldom anything."""
    before = state.now_ms
    if is_doubtful(state, time_ms):
        if state.time_held:
            return None
        state.time_held = True
        return _jump(before, time_ms, HELD, b"")
    if time_ms > before:
        state.now_ms = time_ms
    if time_ms - before > JUMP_MAX_MS:
        state.time_accepted_ms = 0  # one jump is accepted at a time
    if state.time_held:
        state.time_held = False
        return _jump(before, time_ms, OVER, b"")
    return None


def hear_tick(state: State, sent_ms: i64, time_ms: i64, events: Events) -> bool:
    """A tick says the time of its sender's clock. It counts while that of its record is in doubt; True if the time has moved on."""
    if not is_doubtful(state, time_ms):
        return False
    before = state.now_ms
    apart = sent_ms - time_ms
    if -AGREEMENT_MS <= apart <= AGREEMENT_MS:
        if time_ms - before > AGREED_JUMP_MAX_MS:
            return False
        _take(state, time_ms)
        events.append(_jump(before, time_ms, AGREED, b""))
        return True
    if not before < sent_ms <= before + JUMP_MAX_MS:
        return False
    state.now_ms = sent_ms
    return True


def accept(state: State, until_ms: i64, actor_id: bytes, time_ms: i64, events: Events) -> bool:
    """An operator says that the time may go up to ``until_ms`` at once; True if it has moved on."""
    before = state.now_ms
    state.time_accepted_ms = until_ms
    events.append(_jump(before, until_ms, ACCEPTED, actor_id))
    if time_ms <= before or is_doubtful(state, time_ms):
        return False
    _take(state, time_ms)
    return True


def _take(state: State, time_ms: i64) -> None:
    state.now_ms = time_ms
    state.time_held = False
    state.time_accepted_ms = 0


def _jump(before_ms: i64, record_ms: i64, outcome: i64, actor_id: bytes) -> Event:
    return (TAG_TIME, before_ms, record_ms, outcome, actor_id)
