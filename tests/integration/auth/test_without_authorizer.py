"""The checks of the authorizer, held against auth where its API has none and the function verifies tokens by itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import boto3
import jwt
import msgspec
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.auth import openapi, routes
from functions.auth.settings import load
from mycrypto import secrets
from mycrypto.http.api import Api
from mycrypto.http.service import service_api
from mycrypto.security import keys

from .conftest import Identity

PUBLIC_KEYS = "mycrypto/local/public-keys"


@pytest.fixture
def bare(identity: Identity) -> Api:
    """Auth as its function builds it, told to verify by itself."""
    context = identity.auth.context()
    settings = msgspec.structs.replace(load(), bearer_keys_secret=PUBLIC_KEYS)
    return service_api("auth", routes, openapi.SERVICE, identity.auth.context, settings, context.logger, context.meter)


def _profile(api: Api, headers: dict[str, str], **context: Any) -> tuple[int, Any]:
    event = {
        "httpMethod": "GET",
        "path": "/api/auth/profile",
        "headers": headers,
        "requestContext": {"requestId": str(uuid4()), "identity": {"sourceIp": "127.0.0.1"}, **context},
    }
    answer = api(event, LambdaContext())
    return answer["statusCode"], json.loads(answer["body"])


def _with(token: str) -> dict[str, str]:
    return {"authorization": f"bearer {token}"}


def test_a_token_that_auth_signed_lets_its_user_in(identity: Identity, bare: Api) -> None:
    account = identity.member()
    status, profile = _profile(bare, _with(account.access_token))
    assert (status, profile["email"]) == (200, account.email)


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}, {"Authorization": "Basic x"}, {"Authorization": "Bearer x.y.z"}])
def test_without_one_not_even_an_authorizers_word_lets_in(identity: Identity, bare: Api, headers: dict[str, str]) -> None:
    account = identity.member()
    word = identity.authorize("GET", "/api/auth/profile", _with(account.access_token))["context"]
    status, problem = _profile(bare, headers | {name: str(value) for name, value in word.items()}, authorizer=word)
    assert (status, problem["code"]) == (401, "UNAUTHORIZED")


def test_a_refresh_token_is_no_bearer(identity: Identity, bare: Api) -> None:
    assert _profile(bare, _with(identity.member().refresh_token))[0] == 401


def test_an_unsigned_token_and_one_of_another_key_are_refused(identity: Identity, bare: Api) -> None:
    claims = jwt.decode(identity.member().access_token, options={"verify_signature": False})
    other = keys.generate(datetime.now(UTC).isoformat(), bits=2048)
    forged = [
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, other.private_pem, algorithm="RS256", headers={"kid": other.kid}),
    ]
    assert [_profile(bare, _with(token))[0] for token in forged] == [401, 401]


def test_a_token_ends_with_its_session(identity: Identity, bare: Api) -> None:
    account = identity.member()
    assert _profile(bare, _with(account.access_token))[0] == 200
    identity.call("POST", "/api/auth/logout", token=account.access_token)
    assert _profile(bare, _with(account.access_token))[0] == 401


def test_a_key_that_was_just_added_is_known(identity: Identity, bare: Api) -> None:
    account = identity.member()
    assert _profile(bare, _with(account.access_token))[0] == 200
    client, name = boto3.client("secretsmanager"), "mycrypto/local/jwt"
    stored = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
    newer = keys.generate((datetime.now(UTC) + timedelta(seconds=1)).isoformat(), bits=2048)
    both = {"keys": [msgspec.to_builtins(newer), *stored["keys"]]}
    client.put_secret_value(SecretId=PUBLIC_KEYS, SecretString=json.dumps(keys.publish(keys.public_keys(both))))
    client.put_secret_value(SecretId=name, SecretString=json.dumps(both))
    secrets.forget()
    before = account.access_token
    assert identity.login(account).status == 200
    identity.authorizer.ring()._tried_at -= 10
    fresh = service_api(
        "auth",
        routes,
        openapi.SERVICE,
        identity.auth.context,
        msgspec.structs.replace(load(), bearer_keys_secret=PUBLIC_KEYS),
        identity.auth.context().logger,
        identity.auth.context().meter,
    )
    assert [_profile(fresh, _with(token))[0] for token in (before, account.access_token)] == [200, 200]
