"""One question to an operation, however it came: over HTTP or as a message of the WebSocket API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from engine_container.gateway.auth import Caller
from engine_container.gateway.binance import errors
from engine_container.gateway.binance.limits import Limits
from engine_container.gateway.binance.params import Params
from engine_container.gateway.parts import Gateway
from engine_container.views.projection import Projection
from mycrypto.contracts.events import SymbolChanged
from mycrypto.contracts.trading import SymbolStatus
from mycrypto.http.operation import Operation, Verb
from mycrypto.permissions import OPEN, Permission


class Asked:
    """``gateway`` answers it; ``caller`` is who signed it."""

    __slots__ = ("_caller", "address", "gateway", "key_id", "limits", "microseconds", "params")

    def __init__(
        self,
        gateway: Gateway,
        limits: Limits,
        params: Params,
        *,
        address: str,
        caller: Caller | None = None,
        microseconds: bool = False,
        key_id: str = "",
    ) -> None:
        self.gateway = gateway
        self.limits = limits
        self.params = params
        self.address = address
        self.microseconds = microseconds
        self.key_id = key_id
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


Handler = Callable[[Asked], Awaitable[Any]]
Weigh = Callable[[Params], int]


class SpotOperation(Operation, frozen=True, kw_only=True):
    """An operation of the facade: what it weighs, as how many new orders it counts, and its name in the WebSocket API ("": it has none).
    ``needs_key``: a key has to be named, without a signature.
    """

    weight: int | Weigh = 1
    orders: int = 0
    message: str = ""
    needs_key: bool = False

    def weigh(self, params: Params) -> int:
        return self.weight if isinstance(self.weight, int) else self.weight(params)


def spot(
    method: Verb,
    path: str,
    summary: str,
    *,
    permission: Permission = OPEN,
    weight: int | Weigh = 1,
    orders: int = 0,
    message: str = "",
    needs_key: bool = False,
) -> SpotOperation:
    """The declaration of an operation, as the decorator of its handler. Binance's own documents describe it."""
    return SpotOperation(
        method=method,
        path=path,
        name=message or path,
        summary=summary,
        tag="binance",
        permission=permission,
        documented=False,
        weight=weight,
        orders=orders,
        message=message,
        needs_key=needs_key,
    )
