"""The life of a deposit on its chain, and what a watcher's report does to it. Pure.

    PENDING -> CONFIRMED -> CREDITED    deep enough; the money is on its way into trading; it has arrived
            -> FAILED                   deep enough, but nothing that is credited by itself: booked, and a person decides
            -> DROPPED -> PENDING       fell out before that; and was seen again

What was deep enough and falls out keeps its status and is marked as reversed, until it is deep enough again.
"""

from __future__ import annotations

from enum import Enum, StrEnum, auto
from typing import Final


class Word(StrEnum):
    """What a watcher says of a transaction."""

    DETECTED = "DETECTED"
    CONFIRMED = "CONFIRMED"
    FAILED = "FAILED"
    GONE = "GONE"
    REPLACED = "REPLACED"


class Step(Enum):
    """What follows from a report."""

    WAIT = auto()
    CONFIRM = auto()
    DROP = auto()
    REVERSE = auto()
    RESTORE = auto()
    NOTHING = auto()


FELL: Final = frozenset({Word.FAILED, Word.GONE, Word.REPLACED})
_BEFORE: Final = frozenset({"PENDING", "DROPPED"})


def judge(status: str, word: Word | None, confirmations: int, required: int, *, reversed_before: bool) -> Step:
    """The step that a report asks for.

    A watcher that knows no words says by zero confirmations that a deposit is in no block any more; fewer than before, but some, are a report
    that was overtaken on its way.
    """
    fell = word in FELL
    deep = not fell and word is not Word.DETECTED and confirmations >= required
    if status in _BEFORE:
        if fell:
            return Step.DROP if status == "PENDING" else Step.NOTHING
        return Step.CONFIRM if deep else Step.WAIT
    if reversed_before:
        return Step.RESTORE if deep else Step.NOTHING
    return Step.REVERSE if fell or (confirmations == 0 and word is not Word.CONFIRMED) else Step.NOTHING
