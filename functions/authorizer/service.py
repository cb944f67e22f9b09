"""Whether a request may go on, and as whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
import redis
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from mycrypto.security import revocation, tokens
from mycrypto.security.tokens import Claims

MONEY_OUT: Final = "/api/wallet/withdraw"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Call(msgspec.Struct, frozen=True):
    """The part of an authorizer's REQUEST event that decides."""

    method: str
    path: str
    authorization: str | None
    method_arn: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Call:
        headers = {str(name).lower(): value for name, value in (event.get("headers") or {}).items()}
        return cls(
            method=str(event.get("httpMethod") or "").upper(),
            path=str(event.get("path") or ""),
            authorization=headers.get("authorization"),
            method_arn=str(event["methodArn"]),
        )

    @property
    def moves_money_out(self) -> bool:
        return self.method not in _SAFE_METHODS and self.path.startswith(MONEY_OUT)


class RevocationUnknownError(Exception):
    """Redis does not answer, or was wiped and does not know; and the call is one that must not be wrong."""


def authorize(
    call: Call,
    keys: Mapping[str, RSAPublicKey],
    read_marks: Callable[[Sequence[str]], Sequence[bytes | None]],
    *,
    on_outage: Callable[[], None],
    now_s: int | None = None,
) -> Claims:
    """The caller's claims.

    Raises UNAUTHORIZED or INVALID_TOKEN. Without Redis, or until a wiped one has its marks back, a token counts as not revoked, so that
    people can see their money and cancel their orders; withdrawals are refused with RevocationUnknownError.
    """
    claims = tokens.verify_access(tokens.bearer(call.authorization), keys, now_s=now_s)
    try:
        *marks, complete = read_marks((*revocation.keys_of(claims), revocation.COMPLETE_KEY))
    except redis.RedisError:
        marks, complete = [None, None, None], None
    if revocation.is_revoked(claims, marks):
        raise tokens.invalid_token("the token has been revoked")
    if complete is None:
        on_outage()
        if call.moves_money_out:
            raise RevocationUnknownError
    return claims


def _policy(call: Call, effect: str) -> dict[str, Any]:
    """For every route of the API's stage: roles are the functions' business."""
    api = "/".join(call.method_arn.split("/")[:2])
    return {"Version": "2012-10-17", "Statement": [{"Action": "execute-api:Invoke", "Effect": effect, "Resource": f"{api}/*"}]}


def deny(call: Call) -> dict[str, Any]:
    """The caller is not known: the API answers 401 to this, because nothing else is ever denied here.

    Raising "Unauthorized" would say the same, but some runtimes take an exception for a crash and restart.
    """
    return {"principalId": "unknown", "policyDocument": _policy(call, "Deny"), "context": {}}


def allow(call: Call, claims: Claims, usage_plan: str = "") -> dict[str, Any]:
    """The caller, as the functions will read it. ``usage_plan``: the key of the plan that API Gateway counts the call in."""
    return {
        **({"usageIdentifierKey": usage_plan} if usage_plan else {}),
        "principalId": str(claims.sub),
        "policyDocument": _policy(call, "Allow"),
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
