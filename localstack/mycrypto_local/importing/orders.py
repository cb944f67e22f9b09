"""Rules for open orders: each becomes a command like that of a new order, for what of it was not filled."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from engine_container.gateway.placing import place_command
from engine_container.views.symbols import Symbols
from mycrypto.contracts.api import PlaceOrderRequest
from mycrypto.contracts.commands import PlaceOrder
from mycrypto.errors import ProblemError
from mycrypto.money import format_amount
from mycrypto_local.importing import reading
from mycrypto_local.importing.balances import NAMESPACE
from mycrypto_local.importing.copy_text import Row
from mycrypto_local.importing.reading import MisfitError

TABLE: Final = "orders"
OPEN: Final = {"PENDING", "OPEN", "PARTIALLY_FILLED", "PENDING_TRIGGER"}
_AMOUNTS: Final = {"price", "stop_price"}


class NewOrder(msgspec.Struct, frozen=True):
    source_id: UUID
    user_id: UUID
    command: PlaceOrder


def is_open(row: Row) -> bool:
    return reading.text(row, "status") in OPEN


def order_of(row: Row, symbols: Symbols, *, taken: bool = False) -> NewOrder:
    """Raises MisfitError. Where the user's client_order_id is ``taken`` by an order before it, or has another form, it gets one of its own."""
    source_id, user_id = reading.uuid(row, "order_id"), reading.uuid(row, "user_id")
    rest = reading.units(row, "quantity") - (reading.units(row, "filled_quantity") if row.get("filled_quantity") else 0)
    if rest <= 0:
        raise MisfitError("NOTHING_LEFT", "all of it is filled")
    asked: dict[str, Any] = {
        "symbol": reading.text(row, "symbol"),
        "side": reading.text(row, "side"),
        "type": reading.text(row, "order_type"),
        "time_in_force": reading.text(row, "time_in_force") or "GTC",
        "quantity": format_amount(rest),
        "post_only": reading.truth(row, "post_only"),
    }
    asked |= {name: format_amount(units) for name in _AMOUNTS if row.get(name) and (units := reading.units(row, name))}
    own = "" if taken else reading.text(row, "client_order_id")
    try:
        request = _request(asked, own) or _request(asked, f"import-{source_id}")
        if request is None:
            raise MisfitError("INVALID_ORDER", "its words are none of an order here")
        command = place_command(request, symbols, user_id.bytes)
    except ProblemError as problem:
        raise MisfitError(problem.kind.code, problem.detail) from None
    return NewOrder(source_id, user_id, msgspec.structs.replace(command, command_id=uuid5(NAMESPACE, f"order:{source_id}").bytes))


def _request(asked: dict[str, Any], client_order_id: str) -> PlaceOrderRequest | None:
    if not client_order_id:
        return None
    try:
        return msgspec.convert({**asked, "client_order_id": client_order_id}, PlaceOrderRequest)
    except msgspec.ValidationError:
        return None
