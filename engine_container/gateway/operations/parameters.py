"""Parameters that operations of several subjects have."""

from __future__ import annotations

from typing import Final

from mycrypto.openapi import Parameter

LIMIT: Final = Parameter("limit", "integer", "Rows of the page, 1 to 100 (500 for trades)")
CURSOR: Final = Parameter("cursor", "string", "``next_cursor`` of the page before")
SYMBOL: Final = Parameter("symbol", "string", "In any spelling: BTC/USDT, BTC-USDT, BTC_USDT, BTCUSDT")
MODE: Final = Parameter("mode", "string", "live (the default), or paper for what happened with play money")
