"""Where the API has no authorizer, a function lets in on a verified token and on nothing else."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest
import redis
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import EndpointConnectionError

from mycrypto import secrets, telemetry
from mycrypto.context import ServiceContext
from mycrypto.http.api import Api
from mycrypto.http.callers import verified
from mycrypto.permissions import SIGNED_IN
from mycrypto.security import keys, revocation, tokens
from mycrypto.security.tokens import Identity
from tests.unit.security.tables import operation

KEY = keys.generate("2026-01-01T00:00:00Z", bits=2048)
OTHER_KEY = keys.generate("2026-01-01T00:00:00Z", bits=2048)
USER = Identity(UUID(int=1), "a@example.com")
FORGED = {
    "user_id": str(UUID(int=9)),
    "email": "b@example.com",
    "roles": "USER,ADMIN",
    "tier": "vip",
    "kyc_level": "3",
    "jti": str(UUID(int=7)),
    "sid": str(UUID(int=8)),
}


class Marks:
    """What Redis knows; one that is away raises."""

    def __init__(self) -> None:
        self.known: dict[str, bytes] = {revocation.COMPLETE_KEY: b"1"}
        self.away = False

    def mget(self, names: list[str]) -> list[bytes | None]:
        if self.away:
            raise redis.ConnectionError
        return [self.known.get(name) for name in names]


def _token(key: keys.StoredKey = KEY) -> str:
    secret = {"keys": [msgspec.to_builtins(key)]}
    return tokens.sign_access(keys.signing_key(secret), USER, session_id=UUID(int=2), now_ms=_now_ms()).text


def _now_ms() -> int:
    return int(time.time() * 1000)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The secret of public keys, as Secrets Manager answers it."""
    document: dict[str, Any] = keys.publish(keys.public_keys({"keys": [msgspec.to_builtins(KEY)]}))
    monkeypatch.setattr(secrets, "get", lambda _: document)
    return document


@pytest.fixture
def marks() -> Marks:
    return Marks()


def _call(marks: Marks, method: str, path: str, headers: dict[str, str], context: dict[str, Any] | None = None) -> tuple[int, Any]:
    logger = telemetry.logger("wallet")
    at = cast("ServiceContext", SimpleNamespace(redis=marks, logger=logger))

    def who(request: Any, **_: str) -> dict[str, str]:
        return {"email": request.caller.email, "tier": request.caller.tier.value}

    api = Api(
        logger,
        telemetry.Meter("wallet"),
        [
            (operation("get", "/api/wallet/balances", permission=SIGNED_IN), who),
            (operation("post", "/api/wallet/withdraw/fiat", permission=SIGNED_IN, body=None), who),
        ],
        caller=verified("mycrypto/local/public-keys", lambda: at),
    )
    event = {"httpMethod": method, "path": path, "headers": headers, "requestContext": {"requestId": "x", **(context or {})}}
    answer = api(event, LambdaContext())
    return int(answer["statusCode"]), json.loads(answer["body"])


@pytest.mark.usefixtures("published")
def test_a_valid_token_names_the_caller(marks: Marks) -> None:
    headers = {"authorization": f"Bearer {_token()}"}
    assert _call(marks, "GET", "/api/wallet/balances", headers) == (200, {"email": "a@example.com", "tier": "free"})


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}, {"Authorization": "Basic x"}, {"Authorization": "Bearer x.y.z"}])
@pytest.mark.parametrize("context", [{}, {"authorizer": FORGED}])
def test_without_a_valid_token_nothing_else_lets_in(marks: Marks, headers: dict[str, str], context: dict[str, Any]) -> None:
    sent = headers | {
        "X-User-Id": FORGED["user_id"],
        "X-Authorizer": json.dumps(FORGED),
        "requestContext": json.dumps({"authorizer": FORGED}),
    }
    status, problem = _call(marks, "GET", "/api/wallet/balances", sent, context)
    assert (status, problem["code"]) == (401, "UNAUTHORIZED")


@pytest.mark.usefixtures("published")
def test_what_an_authorizer_is_said_to_have_found_is_not_read(marks: Marks) -> None:
    headers = {"Authorization": f"Bearer {_token()}"}
    assert _call(marks, "GET", "/api/wallet/balances", headers, {"authorizer": FORGED})[1]["email"] == "a@example.com"


@pytest.mark.usefixtures("published")
def test_a_token_of_another_key_is_refused(marks: Marks) -> None:
    assert _call(marks, "GET", "/api/wallet/balances", {"Authorization": f"Bearer {_token(OTHER_KEY)}"})[0] == 401


@pytest.mark.usefixtures("published")
def test_a_revoked_session_is_refused(marks: Marks) -> None:
    token = _token()
    marks.known[revocation.session_key(UUID(int=2))] = str(_now_ms() + 1_000).encode()
    assert _call(marks, "GET", "/api/wallet/balances", {"Authorization": f"Bearer {token}"})[0] == 401


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("wiped", [False, True])
def test_without_redis_people_see_their_money_but_cannot_move_it_out(marks: Marks, wiped: bool) -> None:
    marks.known.clear()
    marks.away = not wiped
    headers = {"Authorization": f"Bearer {_token()}"}
    assert _call(marks, "GET", "/api/wallet/balances", headers)[0] == 200
    for path in ("/api/wallet/withdraw/fiat", "/api/wallet/withdraw/fiat/"):
        status, problem = _call(marks, "POST", path, headers)
        assert (status, problem["code"]) == (503, "SERVICE_UNAVAILABLE")


def test_without_keys_to_verify_with_the_service_is_unavailable(published: dict[str, Any], marks: Marks) -> None:
    published["keys"] = []
    status, problem = _call(marks, "GET", "/api/wallet/balances", {"Authorization": f"Bearer {_token()}"})
    assert (status, problem["code"]) == (503, "SERVICE_UNAVAILABLE")


def test_a_secret_out_of_reach_makes_the_service_unavailable(marks: Marks, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_: str) -> dict[str, Any]:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9")

    monkeypatch.setattr(secrets, "get", away)
    assert _call(marks, "GET", "/api/wallet/balances", {"Authorization": f"Bearer {_token()}"})[0] == 503
