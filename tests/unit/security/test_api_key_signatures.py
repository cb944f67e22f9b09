"""Signed requests of programs: every part counts, and time runs out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from mycrypto.security import api_keys
from mycrypto.security.api_keys import PublishedApiKey, Scope
from mycrypto.security.tokens import Role, Tier

SECRET = b"secret-of-the-key"
REQUEST: dict[str, Any] = {"timestamp_ms": 1_800_000_000_000, "method": "POST", "target": "/api/v1/orders?x=1", "body": b'{"a":1}'}
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SIGNATURE = "4678717bdd673e575c5f8f31b0f19fc247133b5488ecf51dd409630d1ad39e92"


def test_the_signature_is_the_documented_one() -> None:
    # printf '1800000000000POST/api/v1/orders?x=1{"a":1}' | openssl dgst -sha256 -hmac secret-of-the-key
    assert api_keys.sign(SECRET, **REQUEST) == SIGNATURE
    assert api_keys.is_genuine(SECRET, SIGNATURE.upper(), **REQUEST)


@pytest.mark.parametrize(
    "change",
    [{"timestamp_ms": 1_800_000_000_001}, {"method": "DELETE"}, {"target": "/api/v1/orders?x=2"}, {"body": b'{"a":2}'}, {"body": b""}],
)
def test_every_part_of_the_request_counts(change: dict[str, Any]) -> None:
    assert not api_keys.is_genuine(SECRET, api_keys.sign(SECRET, **REQUEST), **(REQUEST | change))


@pytest.mark.parametrize("signature", ["", "0" * 64, "é"])
def test_another_signature_is_not_genuine(signature: str) -> None:
    assert not api_keys.is_genuine(SECRET, signature, **REQUEST)


@pytest.mark.parametrize(
    ("age_ms", "window_ms", "timely"),
    [
        (0, 5_000, True),
        (5_000, 5_000, True),
        (5_001, 5_000, False),
        (-1_000, 5_000, True),
        (-1_001, 5_000, False),
        (60_000, 10**9, True),
        (60_001, 10**9, False),
        (1, 0, False),
    ],
)
def test_a_request_is_good_within_its_window(age_ms: int, window_ms: int, timely: bool) -> None:
    assert api_keys.is_timely(1_800_000_000_000, 1_800_000_000_000 + age_ms, window_ms) is timely


def _key(**changes: Any) -> PublishedApiKey:
    values: dict[str, Any] = {
        "key_id": "mk_x",
        "sealed_secret": "",
        "user_id": uuid4(),
        "email": "a@example.com",
        "roles": (Role.USER,),
        "tier": Tier.FREE,
        "kyc_level": 1,
        "scopes": (Scope.READ,),
        "ip_list": (),
        "expires_at": None,
    }
    return PublishedApiKey(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "scope", "ip", "allowed"),
    [
        ({}, Scope.READ, "203.0.113.9", True),
        ({}, Scope.TRADE, "203.0.113.9", False),
        ({"ip_list": ("203.0.113.0/24",)}, Scope.READ, "203.0.113.9", True),
        ({"ip_list": ("203.0.113.0/24",)}, Scope.READ, "198.51.100.9", False),
        ({"ip_list": ("2001:db8::/32", "203.0.113.0/24")}, Scope.READ, "2001:db8::1", True),
        ({"ip_list": ("203.0.113.0/24",)}, Scope.READ, "nonsense", False),
        ({"expires_at": NOW}, Scope.READ, "203.0.113.9", False),
    ],
)
def test_what_a_key_may_do(changes: dict[str, Any], scope: Scope, ip: str, allowed: bool) -> None:
    assert _key(**changes).allows(scope, ip, NOW) is allowed
