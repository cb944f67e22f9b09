"""Commands that are about two orders: one in another's place, and two of which one cancels the other (OCO).

A client's own names make the ids of such a command, so that the same again is the same command to the engine, whichever gateway it comes to.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from msgspec.structs import astuple, replace

from engine_container.gateway.placing import place_command
from engine_container.views.orders import Order
from engine_container.views.symbols import Symbols
from engine_container.web.fast_path.uuid7 import new_uuid_bytes
from mycrypto.contracts import api
from mycrypto.contracts.commands import PlaceOco, PlaceOrder, ReplaceOrder
from mycrypto.errors import FieldError, ProblemError
from mycrypto.ids import uuid_text

_ID_BYTES: Final = 16


def replace_command(request: api.ReplaceOrderRequest, order: Order, symbols: Symbols, user_id: bytes) -> ReplaceOrder:
    """The command that puts another order in this one's place. Raises as :func:`place_command`."""
    fields = astuple(request)[: len(api.ReplaceOrderRequest.__struct_fields__)]
    replacement = place_command(api.PlaceOrderRequest(order.symbol, *fields), symbols, user_id)
    if request.client_order_id is None:
        return ReplaceOrder(new_uuid_bytes(), order.number, "", replacement)
    names = ("replace", request.client_order_id)
    return ReplaceOrder(
        _command_id(user_id, *names), order.number, "", replace(replacement, command_id=_command_id(user_id, *names, "order"))
    )


def oco_command(request: api.PlaceOcoRequest, symbols: Symbols, user_id: bytes) -> PlaceOco:
    """The command of an OCO. Raises as :func:`place_command`, with the place of the order that is wrong."""
    own = tuple(leg.client_order_id for leg in request.orders)
    names: Sequence[str] = ()
    if request.list_client_order_id is not None:
        names = ("oco", request.list_client_order_id)
    elif None not in own:
        names = ("legs", *(name for name in own if name is not None))
    first, second = (_leg(request, place, symbols, user_id, names) for place in (0, 1))
    return PlaceOco(_command_id(user_id, *names) if names else new_uuid_bytes(), first, second)


def _leg(request: api.PlaceOcoRequest, place: int, symbols: Symbols, user_id: bytes, names: Sequence[str]) -> PlaceOrder:
    leg = request.orders[place]
    try:
        command = place_command(
            api.PlaceOrderRequest(
                symbol=request.symbol,
                side=request.side,
                type=leg.type,
                quantity=request.quantity,
                price=leg.price,
                time_in_force=leg.time_in_force,
                post_only=leg.post_only,
                client_order_id=leg.client_order_id,
                self_trade_prevention=request.self_trade_prevention,
                stop_price=leg.stop_price,
                display_quantity=leg.display_quantity,
                trail_bps=leg.trail_bps,
                activation_price=leg.activation_price,
                expires_at=leg.expires_at,
            ),
            symbols,
            user_id,
        )
    except ProblemError as problem:
        of_pair = {"symbol", "quantity"}
        problem.errors = tuple(
            error if error.field in of_pair else FieldError(f"orders[{place}].{error.field}", error.message) for error in problem.errors
        )
        raise
    if not names:
        return command
    command_id = _command_id(user_id, *names, str(place))
    return replace(command, command_id=command_id, client_order_id=leg.client_order_id or uuid_text(command_id))


def _command_id(user_id: bytes, *names: str) -> bytes:
    """The same for the same names; none of them holds the character between them."""
    return hashlib.sha256(user_id + "\0".join(names).encode()).digest()[:_ID_BYTES]
