"""The numbers of the log's vocabulary as plain constants: a comparison of integers is all the core needs on its hot path.

A test holds every one of them equal to its name in :mod:`mycrypto.contracts.trading`, and every event tag equal to
its class in :mod:`mycrypto.contracts.events`.
"""

from __future__ import annotations

from typing import Final

BUY: Final = 0
SELL: Final = 1

LIMIT: Final = 0
MARKET: Final = 1
STOP: Final = 2
STOP_LIMIT: Final = 3
TAKE_PROFIT: Final = 4
TAKE_PROFIT_LIMIT: Final = 5
TRAILING_STOP: Final = 6

GTC: Final = 0
IOC: Final = 1
FOK: Final = 2
DAY: Final = 3
GTD: Final = 4

PENDING_TRIGGER: Final = 0
OPEN: Final = 2
FILLED: Final = 4
CANCELLED: Final = 5
EXPIRED: Final = 7

STP_ACCOUNT: Final = 0
STP_CANCEL_TAKER: Final = 1
STP_CANCEL_MAKER: Final = 2
STP_CANCEL_BOTH: Final = 3
STP_DECREMENT: Final = 4
STP_ALLOW: Final = 5

ACTIVE: Final = 0
HALTED: Final = 1
MAINTENANCE: Final = 2
DELISTED: Final = 3
AUCTION: Final = 4

TAG_ACCEPTED: Final = 1
TAG_REJECTED: Final = 2
TAG_TRADE: Final = 3
TAG_CLOSED: Final = 4
TAG_TRIGGERED: Final = 5
TAG_AMENDED: Final = 6
TAG_BALANCE: Final = 7
TAG_TRANSFER: Final = 8
TAG_TRANSFER_REFUSED: Final = 9
TAG_SYMBOL: Final = 10
TAG_USER: Final = 11
TAG_TOTALS: Final = 12
TAG_REFUSED: Final = 13
TAG_ORDER_REPEATED: Final = 14
TAG_REPEATED: Final = 15
TAG_RULES: Final = 16
TAG_FAILED: Final = 17
TAG_SWITCH: Final = 18
TAG_TIME: Final = 19

UNITS: Final = 100_000_000
AMOUNT_MAX: Final = 999_999_999_999_999_999
"""Units: greater prices, quantities and values of one order are refused (:data:`mycrypto.money.AMOUNT_UNITS_MAX`)."""
TOTAL_MAX: Final = 9_223_372_036_854_775_807
"""Units of one asset that all users together can have: what the logs' integers hold."""
PPM: Final = 1_000_000
BPS: Final = 10_000
DAY_MS: Final = 86_400_000
MINUTE_MS: Final = 60_000

OPEN_ORDERS_MAX: Final = 100
OPEN_ORDERS_PER_SYMBOL_MAX: Final = 20
DAILY_NOTIONAL_MAX: Final = 1_000_000 * UNITS
"""Units of USDT (1,000,000 USDT a day)."""

REMEMBERED_MS: Final = DAY_MS
"""How long a command id and a client_order_id are remembered, in log time."""
