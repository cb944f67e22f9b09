"""The keys that access tokens are checked with."""

from __future__ import annotations

from functions.auth.app import context
from mycrypto import permissions
from mycrypto.http.operation import Operation
from mycrypto.http.request import Reply, Request
from mycrypto.security import keys


@Operation(
    method="get",
    path="/api/auth/.well-known/jwks.json",
    name="keySet",
    summary="The public keys of access tokens",
    tag="operations",
    answer={
        "type": "object",
        "description": "A JSON Web Key Set (RFC 7517)",
        "required": ["keys"],
        "properties": {"keys": {"type": "array", "items": {"type": "object"}}},
    },
    errors=(),
    permission=permissions.OPEN,
)
def get_keys(_: Request) -> Reply:
    return Reply(keys.publish(context().keys.public), headers={"Cache-Control": "public, max-age=300"})
