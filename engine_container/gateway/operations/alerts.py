"""Price alerts."""

from __future__ import annotations

from typing import Final

from mycrypto import permissions
from mycrypto.contracts import api
from mycrypto.openapi import Operation

_BODY_ERRORS: Final = ("VALIDATION_ERROR", "ORDER_002", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "SERVICE_UNAVAILABLE")
_FOUND_ERRORS: Final = ("VALIDATION_ERROR", "NOT_FOUND", "SERVICE_UNAVAILABLE")

ALERTS: Final = (
    Operation(
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
    ),
    Operation(
        method="get",
        path="/api/v1/alerts",
        name="listAlerts",
        summary="Own alerts",
        tag="alerts",
        answer=api.AlertList,
        errors=("VALIDATION_ERROR", "SERVICE_UNAVAILABLE"),
        permission=permissions.READING,
    ),
    Operation(
        method="get",
        path="/api/v1/alerts/{alert_id}",
        name="getAlert",
        summary="An alert",
        tag="alerts",
        answer=api.Alert,
        errors=_FOUND_ERRORS,
        permission=permissions.READING,
    ),
    Operation(
        method="patch",
        path="/api/v1/alerts/{alert_id}",
        name="changeAlert",
        summary="Change the price or the condition",
        tag="alerts",
        answer=api.Alert,
        body=api.ChangeAlertRequest,
        errors=(*_BODY_ERRORS, "NOT_FOUND"),
        permission=permissions.CHANGING,
    ),
    Operation(
        method="delete",
        path="/api/v1/alerts/{alert_id}",
        name="deleteAlert",
        summary="Delete an alert",
        tag="alerts",
        answer=api.Alert,
        errors=_FOUND_ERRORS,
        permission=permissions.CHANGING,
    ),
)
