"""One question to an operation, however it came: over HTTP or as a message of the WebSocket API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any

import msgspec

from engine_container.gateway.auth import Caller
from engine_container.gateway.binance import errors
from engine_container.gateway.binance.limits import Limits
from engine_container.gateway.binance.params import Params
from engine_container.gateway.parts import Gateway
from engine_container.views.projection import Projection
from mycrypto.contracts.events import SymbolChanged
from mycrypto.contracts.trading import SymbolStatus
from mycrypto.permissions import OPEN, READING, TRADING, Permission


class Security(Enum):
    """What a question has to bring: nothing, a key, or a signature of a key with a permission."""

    NONE = OPEN
    KEY = "key"
    USER = READING
    TRADE = TRADING

    @property
    def is_signed(self) -> bool:
        return isinstance(self.value, Permission) and not self.value.is_open


class Asked:
    """``gateway`` answers it; ``caller`` is who signed it."""

    __slots__ = ("_caller", "address", "gateway", "limits", "microseconds", "params")

    def __init__(
        self, gateway: Gateway, limits: Limits, params: Params, *, address: str, caller: Caller | None = None, microseconds: bool = False
    ) -> None:
        self.gateway = gateway
        self.limits = limits
        self.params = params
        self.address = address
        self.microseconds = microseconds
        self._caller = caller

    @property
    def caller(self) -> Caller:
        if self._caller is None:
            raise errors.key_format()
        return self._caller

    @property
    def views(self) -> Projection:
        return self.gateway.require_views()

    def symbol(self, name: str = "symbol") -> SymbolChanged:
        """The symbol that a parameter must name."""
        return listed(self.views, self.params.needed(name))

    def optional_symbol(self) -> SymbolChanged | None:
        text = self.params.text("symbol")
        return None if text is None else listed(self.views, text)


def listed(views: Projection, name: str) -> SymbolChanged:
    """The symbol of this name. Raises -1121."""
    found = views.symbols.find(name) if name.isalnum() and name.isupper() else None
    if found is None or found.status is SymbolStatus.DELISTED:
        raise errors.bad_symbol()
    return found


def every_symbol(views: Projection) -> list[SymbolChanged]:
    return [symbol for symbol in views.symbols.all() if symbol.status is not SymbolStatus.DELISTED]


Answer = Callable[[Asked], Awaitable[Any]]
Weigh = Callable[[Params], int]


class Operation(msgspec.Struct, frozen=True):
    """What a path, or a method of the WebSocket API, does. ``orders``: how many new orders it counts as."""

    method: str
    path: str
    answer: Answer
    security: Security = Security.NONE
    weight: int | Weigh = 1
    orders: int = 0
    message: str = ""
    """Its name in the WebSocket API; "" where it has none."""

    def weigh(self, params: Params) -> int:
        return self.weight if isinstance(self.weight, int) else self.weight(params)
