"""Parameters that operations of several subjects have."""

from __future__ import annotations

from typing import Final

from mycrypto.http.operation import Parameter

LIMIT: Final = Parameter("limit", "integer", "Rows of the page, 1 to 100 (50)", shape={"minimum": 1, "maximum": 100})
TRADES_LIMIT: Final = Parameter("limit", "integer", "Rows of the page, 1 to 500 (50)", shape={"minimum": 1, "maximum": 500})
CURSOR: Final = Parameter("cursor", "string", "``next_cursor`` of the page before")
CURSOR_RULE: Final = {"cursor": "is a ``next_cursor`` that was given out", "offset": "cannot be combined with a cursor"}
SYMBOL: Final = Parameter("symbol", "string", "In any spelling: BTC/USDT, BTC-USDT, BTC_USDT, BTCUSDT")
MODE: Final = Parameter("mode", "string", "live (the default), or paper for what happened with play money")
