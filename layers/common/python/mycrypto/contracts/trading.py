"""The vocabulary of trading, as numbers in the log and as names on the public wire (``Side.BUY.name``)."""

from __future__ import annotations

from enum import IntEnum


class Side(IntEnum):
    BUY = 0
    SELL = 1


class OrderType(IntEnum):
    LIMIT = 0
    MARKET = 1
    STOP = 2
    STOP_LIMIT = 3
    TAKE_PROFIT = 4
    TAKE_PROFIT_LIMIT = 5
    TRAILING_STOP = 6


class TimeInForce(IntEnum):
    GTC = 0
    IOC = 1
    FOK = 2
    DAY = 3
    GTD = 4


class OrderStatus(IntEnum):
    """Only ever moves forward; the last four are final."""

    PENDING_TRIGGER = 0
    TRIGGERED = 1
    OPEN = 2
    PARTIALLY_FILLED = 3
    FILLED = 4
    CANCELLED = 5
    REJECTED = 6
    EXPIRED = 7


FINAL_STATUSES = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED})
OPEN_STATUSES = frozenset(OrderStatus) - FINAL_STATUSES


class SelfTradePrevention(IntEnum):
    """What happens when an order meets one of the same user; ``ACCOUNT`` takes the account's default."""

    ACCOUNT = 0
    CANCEL_TAKER = 1
    CANCEL_MAKER = 2
    CANCEL_BOTH = 3
    DECREMENT = 4
    ALLOW = 5


class SymbolStatus(IntEnum):
    ACTIVE = 0
    HALTED = 1
    MAINTENANCE = 2
    DELISTED = 3
    AUCTION = 4


class TimeJump(IntEnum):
    """What became of a time of the broker's that is more than a day ahead of the log's."""

    HELD = 0
    """The log's time stays until one of the others."""
    AGREED = 1
    """Another clock said the same."""
    ACCEPTED = 2
    """An operator lets it go so far."""
    OVER = 3
    """The broker's time is a believable one again."""
