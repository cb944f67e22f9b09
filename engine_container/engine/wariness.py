"""After a command failed, the next ones are tried in a forked child first: to make a state again takes seconds, and who found one defect may use it again.

A child costs milliseconds for each record, so this lasts a while and not for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import msgspec

from engine_container.child import in_child
from engine_container.core.failing import Failure
from engine_container.engine.replica import CommandRecord, Fault, Replica

WARY_SECONDS: Final = 60.0
_NOTHING: Final = b"-"


def try_out(replica: Replica, record: CommandRecord) -> bytes:
    """Carry a record out, in a child that ends after it; what failed, packed."""
    try:
        replica.process(record)
    except Fault as fault:
        failure = fault.failure
        return msgspec.msgpack.encode((failure.index, failure.market, failure.what))
    return _NOTHING


class Wariness:
    """``clock`` gives seconds. ``met`` hears of every fault that a child met."""

    def __init__(self, replica: Replica, met: Callable[[Fault], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._replica = replica
        self._met = met
        self._clock = clock
        self._until = 0.0

    def begin(self) -> None:
        self._until = self._clock() + WARY_SECONDS

    @property
    def lasts(self) -> bool:
        return self._clock() < self._until

    async def look_at(self, record: CommandRecord) -> None:
        """Have the replica know what fails in the record. Raises ``ChildError``, and ``HopelessError`` as :meth:`Replica.note`."""
        while True:
            answer = await in_child(lambda: try_out(self._replica, record))
            if answer == _NOTHING:
                return
            index, market, what = msgspec.msgpack.decode(answer, type=tuple[int, int, str])
            fault = Fault(record.offset, Failure(index, market, what))
            self._replica.note(fault)
            self._met(fault)
            self.begin()
