"""Codes that the checks of orders return: 0 where an order keeps to the rule, else which rule it breaks (:mod:`engine_container.core.refusals`)."""

from __future__ import annotations

from typing import Final

FINE: Final = 0
"""The order keeps to the rule."""

UNKNOWN_SYMBOL: Final = 1
MARKET_CLOSED: Final = 2
MARKET_NOT_TRADING: Final = 3
TOO_LARGE: Final = 4
QUANTITY_OFF_LOT: Final = 5
"""Off the lot step or outside the symbol's sizes."""
PRICE_OFF_TICK: Final = 6
"""Not positive or off the tick."""
STOP_OFF_TICK: Final = 7
ACTIVATION_OFF_TICK: Final = 8
DISPLAY_OFF_LOT: Final = 9
NOTIONAL_TOO_SMALL: Final = 10
PRICE_OUTSIDE_BAND: Final = 11
OPEN_ORDERS_OF_USER: Final = 12
OPEN_ORDERS_OF_SYMBOL: Final = 13
TURNOVER_TOO_HIGH: Final = 14
FUNDS_TOO_LOW: Final = 15
POST_ONLY_WOULD_TRADE: Final = 16
FOK_NOT_FILLABLE: Final = 17
NO_LIQUIDITY: Final = 18
LOT_COSTS_MORE: Final = 19
"""A market order by value does not even pay for one lot."""
STOP_REACHED: Final = 20

CLIENT_ORDER_ID_TOO_LONG: Final = 101
LIMIT_PRICE_MISPLACED: Final = 102
POST_ONLY_MISPLACED: Final = 103
SELF_TRADING_NOT_ALLOWED: Final = 104
MARKET_CANNOT_WAIT: Final = 105
TRIGGER_MISSING: Final = 106
EXPIRY_MISSING: Final = 107
FIGURE_NEGATIVE: Final = 108
QUOTE_QUANTITY_MISPLACED: Final = 109
EXPIRY_MISPLACED: Final = 110
EXPIRY_PASSED: Final = 111
DISPLAY_MISPLACED: Final = 112
TRAIL_TOO_LONG: Final = 113
TRIGGER_MISPLACED: Final = 114
TRAIL_MISSING: Final = 115
ACTIVATION_MISPLACED: Final = 116
CONDITIONAL_CANNOT_BE_IMMEDIATE: Final = 117
TRAILING_BUY_UNVALUED: Final = 118
TRAILING_SELL_UNVALUED: Final = 119
FEE_MISPLACED: Final = 120
REFUSAL_MISPLACED: Final = 121

REASONS: Final = {
    CLIENT_ORDER_ID_TOO_LONG: "client_order_id is too long",
    LIMIT_PRICE_MISPLACED: "a limit price belongs to LIMIT, STOP_LIMIT and TAKE_PROFIT_LIMIT orders, and only to them",
    POST_ONLY_MISPLACED: "post-only orders are LIMIT orders that may rest",
    SELF_TRADING_NOT_ALLOWED: "only flagged market makers may trade with themselves",
    MARKET_CANNOT_WAIT: "a market order cannot wait",
    TRIGGER_MISSING: "a conditional order needs its trigger",
    EXPIRY_MISSING: "a GTD order needs a time to expire",
    FIGURE_NEGATIVE: "a negative figure",
    QUOTE_QUANTITY_MISPLACED: "a quote quantity is for market orders without a quantity",
    EXPIRY_MISPLACED: "a time to expire belongs to GTD orders, and only to them",
    EXPIRY_PASSED: "the time to expire has passed",
    DISPLAY_MISPLACED: "an iceberg is a limit order that shows less than its quantity and may rest",
    TRAIL_TOO_LONG: "the trailing distance must be less than 10000 basis points",
    TRIGGER_MISPLACED: "a trigger belongs to conditional orders",
    TRAIL_MISSING: "a trailing order needs its distance",
    ACTIVATION_MISPLACED: "an activation price belongs to trailing orders",
    CONDITIONAL_CANNOT_BE_IMMEDIATE: "a conditional order waits; IOC and FOK are for its limit form",
    TRAILING_BUY_UNVALUED: "without a last price a trailing BUY needs an activation price",
    TRAILING_SELL_UNVALUED: "without a last price a trailing SELL needs an activation price",
    FEE_MISPLACED: "only a market BUY by value can have its fee included",
    REFUSAL_MISPLACED: "only an order with a stop price can be refused where that is reached",
}
"""What a person is told about fields that do not go together."""
