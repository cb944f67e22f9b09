"""A user's own dead man's switch: all open live orders go unless the user says in time that they may stay."""

from __future__ import annotations

from typing import Final

from engine_container.gateway.auth import Caller
from engine_container.gateway.parts import Gateway
from engine_container.gateway.placing import known_symbol
from engine_container.gateway.refusals import refusal
from engine_container.gateway.session_switches import require_switches
from engine_container.views.rendering import iso
from engine_container.web.call import BodyDecoder, Call, Reply
from engine_container.web.fast_path.uuid7 import new_uuid_bytes
from mycrypto import permissions
from mycrypto.contracts import api, events
from mycrypto.contracts.commands import CancelAllAfter
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.operation import Operation

_REQUEST: Final = BodyDecoder(api.CancelAllAfterRequest)


class CancelAfter:
    """``POST /api/v1/orders/cancel-all-after``, and the socket's action ``cancel_all_after``."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    @Operation(
        method="post",
        path="/api/v1/orders/cancel-all-after",
        name="cancelAllOrdersAfter",
        summary="Cancel all own open orders in a while, unless this is asked for again before (a dead man's switch)",
        tag="orders",
        answer=api.CancelAllAfter,
        body=api.CancelAllAfterRequest,
        rules={"timeout_seconds": f"is 0, or at least {api.CANCEL_AFTER_SECONDS_MIN}"},
        errors=("VALIDATION_ERROR", "ORDER_001", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "SERVICE_UNAVAILABLE", "OUTCOME_UNKNOWN"),
        permission=permissions.TRADING,
    )
    async def post(self, call: Call) -> Reply:
        caller = self._gateway.caller(call)
        call.query()
        request = await _REQUEST.read(call)
        return Reply(await self.set(caller, request.timeout_seconds, request.symbol))

    async def set(self, caller: Caller, timeout_seconds: int, symbol: str | None) -> api.CancelAllAfter:
        """Set the switch, or switch it off. Raises VALIDATION_ERROR, ORDER_001, SERVICE_UNAVAILABLE, OUTCOME_UNKNOWN."""
        if 0 < timeout_seconds < api.CANCEL_AFTER_SECONDS_MIN:
            raise invalid("timeout_seconds", f"must be 0, or {api.CANCEL_AFTER_SECONDS_MIN} to {api.CANCEL_AFTER_SECONDS_MAX}")
        views = self._gateway.require_views()
        require_switches(views)
        name = known_symbol(views.symbols, symbol).symbol if symbol is not None else ""
        command = CancelAllAfter(new_uuid_bytes(), caller.user_id, timeout_seconds * 1_000, name)
        (answer,) = await self._gateway.submit([command])
        for event in answer.result.events:
            if isinstance(event, events.CommandRefused):
                raise refusal(event.code, event.details)
            if isinstance(event, events.CancelAllAfterSet):
                triggers_at = iso(event.deadline_ms) if event.deadline_ms else None
                return api.CancelAllAfter(name or None, timeout_seconds, iso(answer.time_ms), triggers_at)
        raise ProblemError("TRADE_001", "the switch was not set")
