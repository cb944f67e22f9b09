"""Every operation of the facade, as its handlers declare them."""

from __future__ import annotations

from typing import Final

from engine_container.gateway.binance import account, candles, exchange_info, listen_keys, lists, market, placing, sapi, tickers, wallet
from engine_container.gateway.binance.asked import Handler, SpotOperation
from mycrypto.http.operation import declared

_MODULES: Final = (market, exchange_info, candles, tickers, placing, lists, account, sapi, wallet, listen_keys)

OPERATIONS: Final[tuple[tuple[SpotOperation, Handler], ...]] = tuple(
    (operation, handler) for module in _MODULES for operation, handler in declared(module) if isinstance(operation, SpotOperation)
)
BY_PATH: Final = {(operation.path, operation.method.upper()): (operation, handler) for operation, handler in OPERATIONS}
PATHS: Final = frozenset(operation.path for operation, _ in OPERATIONS)
BY_MESSAGE: Final = {operation.message: (operation, handler) for operation, handler in OPERATIONS if operation.message}
