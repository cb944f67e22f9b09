"""Signed requests of programs: every part counts, and time runs out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mycrypto.security import api_keys
from mycrypto.security.api_keys import PublishedApiKey, Scope
from mycrypto.security.tokens import Role, Tier

SECRET = b"secret-of-the-key"
REQUEST: dict[str, Any] = {
    "timestamp": "1800000000000", "window": "", "method": "POST", "target": "/api/v1/orders?x=1", "body": b'{"a":1}',
}  # fmt: skip
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SIGNATURE = "a1c000de6a6647a6fabbcae2a41c3a19fdb43b645bf95eb33a9c547ad1d0cc8b"


def test_the_signature_is_the_documented_one() -> None:
    # body=$(printf '{"a":1}' | openssl dgst -sha256 -hex | sed 's/^.* //')
    # printf 'mycrypto-hmac-sha256-2\n1800000000000\n\nPOST\n/api/v1/orders\nx=1\n%s' "$body" | openssl dgst -sha256 -hmac secret-of-the-key
    assert api_keys.sign(SECRET, **REQUEST) == SIGNATURE
    assert api_keys.is_genuine(SECRET, SIGNATURE.upper(), **REQUEST)


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": "1800000000001"},
        {"timestamp": "01800000000000"},
        {"window": "5000"},
        {"method": "DELETE"},
        {"target": "/api/v1/orders?x=2"},
        {"target": "/api/v1/orders"},
        {"body": b'{"a":2}'},
        {"body": b""},
    ],
)
def test_every_part_of_the_request_counts(change: dict[str, Any]) -> None:
    assert not api_keys.is_genuine(SECRET, api_keys.sign(SECRET, **REQUEST), **(REQUEST | change))


_PARTS = st.text("/?&=\n1GETPOS ", max_size=6)


@given(first=st.tuples(*(_PARTS,) * 5), second=st.tuples(*(_PARTS,) * 5))
def test_two_requests_never_share_what_is_signed(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    """A signature fits one request only, however the parts of another are cut; a part with a newline is not signed at all."""

    def signed(parts: tuple[str, ...]) -> str | None:
        stamp, window, method, path, body = parts
        try:
            return api_keys.sign(SECRET, timestamp=stamp, window=window, method=method, target=path, body=body.encode())
        except ValueError:
            return None

    def meant(parts: tuple[str, ...]) -> tuple[str, ...]:
        stamp, window, method, path, body = parts
        return (stamp, window, method.upper(), path.removesuffix("?") if path.count("?") == 1 else path, body)

    one, other = signed(first), signed(second)
    if one is not None and one == other:
        assert meant(first) == meant(second)


def test_a_part_moved_into_its_neighbour_is_another_request() -> None:
    sent = {"timestamp": "1800000000000", "window": ""}
    whole = api_keys.sign(SECRET, method="DELETE", target="/api/v1/orders?symbol=BTC/TRY&side=BUY", body=b"", **sent)
    for method, target, body in (
        ("DELETE", "/api/v1/orders", b"?symbol=BTC/TRY&side=BUY"),
        ("DELETE", "/api/v1/orders", b"symbol=BTC/TRY&side=BUY"),
        ("DELETE", "/api/v1/orders?symbol=BTC/TRY", b"&side=BUY"),
        ("DELETE/api", "/v1/orders?symbol=BTC/TRY&side=BUY", b""),
    ):
        assert api_keys.sign(SECRET, method=method, target=target, body=body, **sent) != whole


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
