"""The words of a Lambda authorizer: API Gateway's question, and the two answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mycrypto.security.bearer import Call
from mycrypto.security.tokens import Claims


def call_of(event: Mapping[str, Any]) -> Call:
    """The part of an authorizer's REQUEST event that decides."""
    headers = {str(name).lower(): value for name, value in (event.get("headers") or {}).items()}
    return Call(
        method=str(event.get("httpMethod") or "").upper(),
        path=str(event.get("path") or ""),
        authorization=headers.get("authorization"),
    )


def _policy(event: Mapping[str, Any], effect: str) -> dict[str, Any]:
    """For every route of the API's stage: roles are the functions' business."""
    api = "/".join(str(event["methodArn"]).split("/")[:2])
    return {"Version": "2012-10-17", "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": f"{api}/*"}]}


def deny(event: Mapping[str, Any]) -> dict[str, Any]:
    """The caller is not known: the API answers 401 to this, because nothing else is ever denied here.

    Raising "Unauthorized" would say the same, but some runtimes take an exception for a crash and restart.
    """
    return {"principalId": "unknown", "policyDocument": _policy(event, "Deny"), "context": {}}


def allow(event: Mapping[str, Any], claims: Claims, usage_plan: str = "") -> dict[str, Any]:
    """The caller, as the functions will read it. ``usage_plan``: the key of the plan that API Gateway counts the call in."""
    return {
        **({"usageIdentifierKey": usage_plan} if usage_plan else {}),
        "principalId": str(claims.sub),
        "policyDocument": _policy(event, "Allow"),
        "context": {
            "user_id": str(claims.sub),
            "email": claims.email,
            "roles": ",".join(claims.roles),
            "tier": claims.tier.value,
            "kyc_level": str(claims.kyc_level),
            "jti": str(claims.jti),
            "sid": str(claims.sid),
            "expires_s": str(claims.exp),
        },
    }
