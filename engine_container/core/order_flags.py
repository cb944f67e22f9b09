"""Type, time in force, self-trade prevention and post-only of an order as one small integer, and what each of them means for the order.

Bits 0 to 2 hold the type, 3 to 5 the time in force, 6 to 8 the self-trade prevention, bit 9 post-only. Snapshots hold them so.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from engine_container.core.vocabulary import FOK, IOC, LIMIT, STOP_LIMIT, STP_ACCOUNT, TAKE_PROFIT_LIMIT, TRAILING_STOP

_FIELD: Final = 7
_TIME_IN_FORCE_SHIFT: Final = 3
_PREVENTION_SHIFT: Final = 6
_POST_ONLY_SHIFT: Final = 9
_PREVENTION_BITS: Final = 0x1C0
_OTHER_BITS: Final = 0x23F
"""Type, time in force and post-only: all are 0 in a LIMIT order, GTC, that may trade at once."""
_SYMBOL_SHIFT: Final = 11


def flags_of(kind: i64, time_in_force: i64, prevention: i64, post_only: i64) -> i64:
    """The flags of an order; ``post_only`` is 1 or 0."""
    return kind | (time_in_force << _TIME_IN_FORCE_SHIFT) | (prevention << _PREVENTION_SHIFT) | (post_only << _POST_ONLY_SHIFT)


def kind_of(flags: i64) -> i64:
    """The order's type."""
    return flags & _FIELD


def time_in_force_of(flags: i64) -> i64:
    return (flags >> _TIME_IN_FORCE_SHIFT) & _FIELD


def prevention_of(flags: i64) -> i64:
    """The mode of self-trade prevention."""
    return (flags >> _PREVENTION_SHIFT) & _FIELD


def is_post_only(flags: i64) -> bool:
    return (flags >> _POST_ONLY_SHIFT) & 1 == 1


def with_prevention_of_account(flags: i64, prevention: i64) -> i64:
    """An order that leaves the mode of self-trade prevention to the account gets the account's."""
    if flags & _PREVENTION_BITS == STP_ACCOUNT:
        return flags | (prevention << _PREVENTION_SHIFT)
    return flags


def is_good_till_cancelled_limit(flags: i64) -> bool:
    """A LIMIT order, GTC, not post-only: the order whose fields go together whatever the others are."""
    return flags & _OTHER_BITS == 0


def may_rest(flags: i64) -> bool:
    """Whether what does not trade at once stays in the book: all but IOC and FOK."""
    time_in_force = time_in_force_of(flags)
    return time_in_force != IOC and time_in_force != FOK  # noqa: PLR1714  -- a set would want an object


def has_limit(kind: i64) -> bool:
    """Whether an order of this type carries a limit price."""
    return kind == LIMIT or kind == STOP_LIMIT or kind == TAKE_PROFIT_LIMIT  # noqa: PLR1714  -- a set would want an object


def is_conditional(kind: i64) -> bool:
    """Whether an order of this type waits for a trigger: the types from STOP to TRAILING_STOP."""
    return kind > 1 and kind <= TRAILING_STOP


def fingerprint_of(side: i64, flags: i64) -> i64:
    """Side and flags of an order as it was sent: what a repeated command is compared by, with the symbol of :func:`with_symbol`."""
    return side | (flags << 1)


def with_symbol(fingerprint: i64, index: i64) -> i64:
    """The fingerprint of an order on a listed symbol."""
    return fingerprint | (index << _SYMBOL_SHIFT)
