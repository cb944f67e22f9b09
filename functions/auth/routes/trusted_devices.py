"""Devices that skip the second step of a log-in."""

from __future__ import annotations

from functions.auth import trusted_devices
from functions.auth.app import context
from functions.auth.models import Listed, Pagination
from functions.auth.store.devices import TrustedDevice
from mycrypto import permissions
from mycrypto.http.operation import Operation
from mycrypto.http.request import Reply, Request


@Operation(
    method="get",
    path="/api/auth/trusted-devices",
    name="listTrustedDevices",
    summary="Own devices that log in without a code",
    tag="second factor",
    answer=Listed[TrustedDevice],
    errors=(),
    permission=permissions.SIGNED_IN,
)
def get_trusted_devices(request: Request) -> Listed[TrustedDevice]:
    found = trusted_devices.own(context(), request.caller)
    return Listed(found, Pagination(limit=len(found), offset=0, total=len(found)))


@Operation(
    method="delete",
    path="/api/auth/trusted-devices/{device_id}",
    name="forgetTrustedDevice",
    summary="Ask this device for a code again",
    tag="second factor",
    status=204,
    errors=("NOT_FOUND",),
    permission=permissions.SIGNED_IN,
)
def delete_trusted_device(request: Request, device_id: str) -> Reply:
    trusted_devices.forget(context(), request.caller, request.uuid(device_id), request.client)
    return Reply(status=204)
