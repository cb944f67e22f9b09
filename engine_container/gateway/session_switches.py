"""Sessions that asked for ``cancel_on_disconnect``, watched by the log: a gateway that is killed leaves no order of theirs open.

Each user with such a session has a switch in the log under the gateway's own name, and one command renews all of them every
``RENEW_SECONDS``. A gateway that lives cancels by itself and switches off what it has set; the orders of one that died go when the time has run out.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from engine_container.gateway.submit import Commands, Outcome, OverloadedError, UnansweredError
from engine_container.views.projection import Projection
from engine_container.web.fast_path.uuid7 import new_uuid_bytes
from mycrypto.contracts.commands import (
    COMMANDS_PER_RECORD_MAX,
    RULES_WITH_CANCEL_ALL_AFTER,
    CancelAll,
    CancelAllAfter,
    CancelOrder,
    Command,
)
from mycrypto.contracts.events import CancelAllAfterSet
from mycrypto.errors import ProblemError

TIMEOUT_MS: Final = 12_000
RENEW_SECONDS: Final = 4.0
LOOK_SECONDS: Final = 0.5


class Reporter(Protocol):
    """The part of a logger that is needed."""

    def warning(self, msg: object, *args: object) -> None: ...


def require_switches(views: Projection) -> None:
    """Raises SERVICE_UNAVAILABLE before the exchange has the rules of which dead man's switches are a part: an older engine would read none."""
    if views.rules_version < RULES_WITH_CANCEL_ALL_AFTER:
        raise ProblemError("SERVICE_UNAVAILABLE", f"this begins with version {RULES_WITH_CANCEL_ALL_AFTER} of the exchange's rules")


class SessionSwitches:
    """``watch`` and ``leave`` with each session; ``run`` renews."""

    def __init__(self, commands: Commands, views: Callable[[], Projection], reporter: Reporter) -> None:
        self._commands = commands
        self._views = views
        self._reporter = reporter
        self.holder = new_uuid_bytes()
        self._sessions: Counter[bytes] = Counter()
        """Of each user that has some."""
        self._set: set[bytes] = set()
        """Users whose switch is on for certain."""
        self._unsure: set[bytes] = set()
        """Users whose switch may be on."""
        self._asked: set[bytes] = set()
        """Users about whose switch a command is under way."""
        self._ending: set[bytes] = set()
        """Users whose switch is on its way off with the end of their last session: it is neither set again nor asked about meanwhile."""
        self._owed: set[bytes] = set()
        """Users whose orders were to be cancelled with their session, and could not be yet."""
        self._renewed = 0.0
        self._allowed = False

    def watch(self, user_id: bytes) -> None:
        """A session of the user begins: what it orders from now on stands behind the switch in the log."""
        self._sessions[user_id] += 1
        self._look()

    def leave(self, user_id: bytes) -> None:
        """A session of the user wants it no more, or has ended."""
        self._sessions[user_id] -= 1
        if self._sessions[user_id] <= 0:
            del self._sessions[user_id]

    def end(self, user_id: bytes) -> None:
        """A session of the user has ended: :meth:`farewell` is to be carried out, then :meth:`said_farewell` or :meth:`owe` called."""
        self.leave(user_id)
        if user_id not in self._sessions and user_id in self._set | self._unsure:
            self._ending.add(user_id)

    def farewell(self, user_id: bytes) -> list[Command]:
        """What cancels the user's orders as a session ends, in one record. The second one is always answered; with the user's last session here
        it switches off, so that nothing is cancelled once more, under a session of another gateway.
        """
        ends = user_id in self._ending
        return [CancelAll(new_uuid_bytes(), user_id), self._command(user_id, 0) if ends else CancelOrder(new_uuid_bytes(), user_id, 0)]

    def said_farewell(self, user_id: bytes) -> None:
        """Those commands were carried out."""
        if user_id in self._ending:
            for users in (self._ending, self._set, self._unsure):
                users.discard(user_id)
            self._look()  # a new session may have come meanwhile

    def owe(self, user_id: bytes) -> None:
        """Those commands were not carried out: they are asked for again until they are."""
        self._ending.discard(user_id)
        self._owed.add(user_id)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._look()

    def _look(self) -> None:
        for user_id in [user_id for user_id in self._owed if user_id not in self._asked | self._ending]:
            self._pay(user_id)
        self._allowed = self._allowed or self._views().rules_version >= RULES_WITH_CANCEL_ALL_AFTER
        if not self._allowed:
            return
        busy = self._asked | self._ending
        wanted = [user_id for user_id in self._sessions if user_id not in self._set and user_id not in busy]
        unwanted = [user_id for user_id in self._set | self._unsure if user_id not in self._sessions and user_id not in busy]
        for users, timeout_ms in ((wanted, TIMEOUT_MS), (unwanted, 0)):
            for start in range(0, len(users), COMMANDS_PER_RECORD_MAX):
                self._ask(users[start : start + COMMANDS_PER_RECORD_MAX], timeout_ms)
        if self._set and time.monotonic() - self._renewed >= RENEW_SECONDS:
            self._renew()

    def _ask(self, users: Sequence[bytes], timeout_ms: int) -> None:
        def settled(outcome: Outcome) -> None:
            self._asked.difference_update(users)
            if isinstance(outcome, UnansweredError):
                return  # asked again at the next look
            self._unsure.difference_update(users)
            if timeout_ms:
                self._set.update(users)
            else:
                self._set.difference_update(users)

        if self._begin([self._command(user_id, timeout_ms) for user_id in users], settled):
            self._asked.update(users)
            self._unsure.update(users)

    def _pay(self, user_id: bytes) -> None:
        if user_id in self._sessions:  # one of the same kind again: what is open is watched
            self._owed.discard(user_id)
            return

        def settled(outcome: Outcome) -> None:
            self._asked.discard(user_id)
            if isinstance(outcome, UnansweredError):
                self._ending.discard(user_id)
                return
            self._owed.discard(user_id)
            self.said_farewell(user_id)

        if user_id in self._set | self._unsure:
            self._ending.add(user_id)
        if self._begin(self.farewell(user_id), settled):
            self._asked.add(user_id)
        else:
            self._ending.discard(user_id)

    def _renew(self) -> None:
        def settled(outcome: Outcome) -> None:
            if isinstance(outcome, UnansweredError):
                self._renewed = 0.0
                return
            expected = self._set - self._ending
            told = [event for event in outcome[0].result.events if isinstance(event, CancelAllAfterSet)]
            if told and told[0].deadline_ms == 0 and expected:
                self._reporter.warning("the switches of %d users have run out and are set again", len(expected))
                self._set -= expected

        if self._begin([CancelAllAfter(new_uuid_bytes(), b"", 0, "", self.holder, renews=True)], settled):
            self._renewed = time.monotonic()

    def _begin(self, commands: Sequence[Command], settled: Callable[[Outcome], None]) -> bool:
        try:
            self._commands.begin(commands, settled)
        except OverloadedError:
            return False
        return True

    def _command(self, user_id: bytes, timeout_ms: int) -> CancelAllAfter:
        return CancelAllAfter(new_uuid_bytes(), user_id, timeout_ms, "", self.holder)
