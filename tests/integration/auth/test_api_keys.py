"""Keys for programs: shown once, published to the gateways, gone at once when revoked."""

from __future__ import annotations

from typing import cast
from uuid import uuid4

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mycrypto.security import api_keys
from mycrypto.security.api_keys import PublishedApiKey, Scope, redis_key

from .conftest import PASSWORD, Account, Answer, Identity


def _create(identity: Identity, account: Account, **changes: object) -> Answer:
    body = {"label": "robot", "scopes": ["read", "trade"], "password": PASSWORD} | changes
    return identity.call("POST", "/api/auth/api-keys", body, token=account.access_token)


def _published(identity: Identity, key_id: str) -> PublishedApiKey | None:
    raw = cast("bytes | None", identity.auth.context().redis.get(redis_key(key_id)))
    return msgspec.json.decode(raw, type=PublishedApiKey) if raw else None


def pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_an_owner_may_sign_with_a_key_of_their_own_and_there_is_no_secret_then(identity: Identity) -> None:
    for own in (Ed25519PrivateKey.generate(), rsa.generate_private_key(65_537, 2_048)):
        made = _create(identity, identity.member(), public_key=pem(own).replace("\n", " "))
        assert (made.status, made.body.get("secret", "")) == (201, "")
        published = _published(identity, made.body["key_id"])
        assert published is not None
        assert published.public_key == pem(own)


def test_a_key_is_shown_once_and_signs_what_a_gateway_can_check(identity: Identity) -> None:
    account = identity.member(rate_limit_tier="pro")
    made = _create(identity, account, ip_list=["203.0.113.0/24", "198.51.100.7"], expires_in_days=30)
    assert made.status == 201
    published = _published(identity, made.body["key_id"])
    assert published is not None
    assert (published.email, published.tier, published.scopes) == (account.email, "pro", (Scope.READ, Scope.TRADE))
    assert published.ip_list == ("198.51.100.7/32", "203.0.113.0/24")
    secret = published.secret(identity.auth.context().sealer(api_keys.PURPOSE))
    assert secret.decode() == made.body["secret"]
    listed = identity.call("GET", "/api/auth/api-keys", token=account.access_token).body["data"]
    assert [(entry["key_id"], entry["label"]) for entry in listed] == [(made.body["key_id"], "robot")]
    assert all("secret" not in name for entry in listed for name in entry)
    stored = identity.owner.execute("SELECT string_agg(k::text, '') FROM api_keys k").fetchone()
    assert stored is not None
    assert made.body["secret"] not in stored[0]
    assert identity.mails_to(account.email)[-1]["type"] == "api_key_created"


def test_a_revoked_key_is_gone_at_once_and_only_its_owner_revokes(identity: Identity) -> None:
    account, stranger = identity.member(), identity.member()
    made = _create(identity, account).body
    path = f"/api/auth/api-keys/{made['id']}"
    assert identity.call("DELETE", path, token=stranger.access_token).status == 404
    assert _published(identity, made["key_id"]) is not None
    assert identity.call("DELETE", path, token=account.access_token).status == 204
    assert _published(identity, made["key_id"]) is None
    assert identity.call("DELETE", path, token=account.access_token).status == 404
    assert identity.call("GET", "/api/auth/api-keys", token=account.access_token).body["data"] == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"label": ""}, "label"),
        ({"label": "x" * 51}, "label"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["read", "read"]}, "scopes"),
        ({"scopes": ["root"]}, "scopes[0]"),
        ({"scopes": ["withdraw"], "ip_list": ["203.0.113.1"]}, "scopes"),
        ({"ip_list": ["nowhere"]}, "ip_list"),
        ({"ip_list": ["203.0.113.5/24"]}, "ip_list"),
        ({"ip_list": [f"203.0.113.{n}" for n in range(21)]}, "ip_list"),
        ({"public_key": "no key"}, "public_key"),
        ({"public_key": pem(ec.generate_private_key(ec.SECP256R1())).replace("\n", " ")}, "public_key"),
        ({"public_key": pem(rsa.generate_private_key(65_537, 1_024)).replace("\n", " ")}, "public_key"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": 366}, "expires_in_days"),
        ({"user_id": str(uuid4())}, "user_id"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(identity: Identity, changes: dict[str, object], field: str) -> None:
    answer = _create(identity, identity.member(), **changes)
    assert (answer.status, answer.body["errors"][0]["field"]) == (400, field)


def test_ten_keys_are_enough(identity: Identity) -> None:
    account = identity.member()
    assert [_create(identity, account).status for _ in range(11)] == [201] * 10 + [409]


def test_with_a_second_factor_a_key_needs_a_fresh_one(identity: Identity) -> None:
    account = identity.member()
    identity.owner.execute("UPDATE users SET two_fa_enabled = true WHERE email = %s", (account.email,))
    answer = _create(identity, account)
    assert (answer.status, answer.code) == (403, "AUTH_003")
    (sid,) = identity.owner.execute("SELECT family_id FROM sessions WHERE user_id = %s", (identity.row(account.email, "id"),)).fetchone()  # type: ignore[misc]
    identity.auth.context().redis.set(f"2fa:fresh:{sid}", "1", ex=60)
    assert _create(identity, account, scopes=["withdraw"]).body["errors"][0]["field"] == "ip_list"
    assert _create(identity, account, scopes=["withdraw"], ip_list=["203.0.113.1"]).status == 201


@pytest.mark.parametrize("given", ["203.0.113.5/24", "nowhere"])
def test_what_is_no_address_is_told_by_what_is_one(identity: Identity, given: str) -> None:
    (error,) = _create(identity, identity.member(), ip_list=[given]).body["errors"]
    assert error == {
        "field": "ip_list",
        "message": "must hold addresses such as 203.0.113.7 or networks such as 203.0.113.0/24",
        "code": "NETWORKS",
        "params": {},
    }
