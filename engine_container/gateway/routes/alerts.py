"""Price alerts: tell me once when the price gets there."""

from __future__ import annotations

import time
from typing import Final
from uuid import UUID

from engine_container.gateway.alerts import AlertStore, PriceAlert
from engine_container.gateway.auth import Caller
from engine_container.gateway.parts import Gateway, having
from engine_container.gateway.placing import amount, known_symbol, trading_id
from engine_container.views.rendering import iso
from engine_container.web.call import BodyDecoder, Call, Reply
from mycrypto import permissions
from mycrypto.contracts import api
from mycrypto.errors import ProblemError, invalid
from mycrypto.http.operation import Operation
from mycrypto.ids import new_uuid
from mycrypto.money import format_amount

_PLACE: Final = BodyDecoder(api.PlaceAlertRequest)
_CHANGE: Final = BodyDecoder(api.ChangeAlertRequest)
_BODY_ERRORS: Final = ("VALIDATION_ERROR", "ORDER_002", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "SERVICE_UNAVAILABLE")
_FOUND_ERRORS: Final = ("VALIDATION_ERROR", "NOT_FOUND", "SERVICE_UNAVAILABLE")


class Alerts:
    """The endpoints under ``/api/v1/alerts``."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    @property
    def _store(self) -> AlertStore:
        return having(self._gateway.alerts, "price alerts")

    def _owner(self, call: Call) -> Caller:
        call.query()
        return self._gateway.caller(call)

    @Operation(
        method="post",
        path="/api/v1/alerts",
        name="placeAlert",
        summary="Be told by mail, once, when the price gets there; at most ten at a time",
        tag="alerts",
        answer=api.Alert,
        status=201,
        body=api.PlaceAlertRequest,
        errors=(*_BODY_ERRORS, "ORDER_001", "ALERT_LIMIT"),
        permission=permissions.CHANGING,
    )
    async def place(self, call: Call) -> Reply:
        caller = self._owner(call)
        request = await _PLACE.read(call)
        symbol = known_symbol(self._gateway.require_views().symbols, request.symbol).symbol
        now_ms = time.time_ns() // 1_000_000
        alert = PriceAlert(new_uuid(), symbol, request.condition, amount("price", request.price), now_ms)
        await self._store.add(caller.user_id, alert)
        return Reply(_model(alert), 201)

    @Operation(
        method="get",
        path="/api/v1/alerts",
        name="listAlerts",
        summary="Own alerts",
        tag="alerts",
        answer=api.AlertList,
        errors=("VALIDATION_ERROR", "SERVICE_UNAVAILABLE"),
        permission=permissions.READING,
    )
    async def list(self, call: Call) -> Reply:
        caller = self._owner(call)
        return Reply(api.AlertList([_model(alert) for alert in await self._store.all(caller.user_id)]))

    @Operation(
        method="get",
        path="/api/v1/alerts/{alert_id}",
        name="getAlert",
        summary="An alert",
        tag="alerts",
        answer=api.Alert,
        errors=_FOUND_ERRORS,
        permission=permissions.READING,
    )
    async def get(self, call: Call) -> Reply:
        caller = self._owner(call)
        return _found(await self._store.get(caller.user_id, _alert_id(call)))

    @Operation(
        method="patch",
        path="/api/v1/alerts/{alert_id}",
        name="changeAlert",
        summary="Change the price or the condition",
        tag="alerts",
        answer=api.Alert,
        body=api.ChangeAlertRequest,
        errors=(*_BODY_ERRORS, "NOT_FOUND"),
        permission=permissions.CHANGING,
    )
    async def change(self, call: Call) -> Reply:
        caller = self._owner(call)
        request = await _CHANGE.read(call)
        if request.condition is None and request.price is None:
            raise invalid("price", "or condition is required")
        price = amount("price", request.price)
        return _found(await self._store.change(caller.user_id, _alert_id(call), request.condition, price))

    @Operation(
        method="delete",
        path="/api/v1/alerts/{alert_id}",
        name="deleteAlert",
        summary="Delete an alert",
        tag="alerts",
        answer=api.Alert,
        errors=_FOUND_ERRORS,
        permission=permissions.CHANGING,
    )
    async def remove(self, call: Call) -> Reply:
        caller = self._owner(call)
        return _found(await self._store.remove(caller.user_id, _alert_id(call)))


def _alert_id(call: Call) -> UUID:
    return trading_id(call.path_params["alert_id"], "alert_id")[0]


def _found(alert: PriceAlert | None) -> Reply:
    if alert is None:
        raise ProblemError("NOT_FOUND", "you have no such alert; it may have fired")
    return Reply(_model(alert))


def _model(alert: PriceAlert) -> api.Alert:
    return api.Alert(str(alert.id), alert.symbol, alert.condition, format_amount(alert.price), iso(alert.created_ms))
