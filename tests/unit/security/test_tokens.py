"""Tokens are ours, fresh, of the right type and signed with RS256, or they are refused."""

from __future__ import annotations

import base64
import json
from uuid import uuid4

import jwt
import msgspec
import pytest

from mycrypto.errors import ProblemError
from mycrypto.security import keys, revocation, tokens
from mycrypto.security.tokens import ACCESS_LIFE_S, Identity, Role, Tier

NOW_MS = 1_800_000_000_123
NOW_S = NOW_MS // 1000


def _secret(*created: str) -> dict[str, object]:
    made = [keys.generate(moment, bits=2048) for moment in created]
    return {"keys": [msgspec.to_builtins(key) for key in made]}


@pytest.fixture(scope="module")
def secret() -> dict[str, object]:
    return _secret("2026-01-01T00:00:00Z")


@pytest.fixture(scope="module")
def identity() -> Identity:
    return Identity(uuid4(), "ayse@example.com", (Role.USER, Role.ADMIN), Tier.PRO, 2)


def _access(secret: dict[str, object], identity: Identity, **changes: int) -> str:
    return tokens.sign_access(keys.signing_key(secret), identity, session_id=uuid4(), now_ms=changes.get("now_ms", NOW_MS)).text


def _code(token: str, ring: object, now_s: int = NOW_S) -> str:
    with pytest.raises(ProblemError) as refused:
        tokens.verify_access(token, ring, now_s=now_s)  # type: ignore[arg-type]
    return refused.value.kind.code


def test_an_access_token_says_who_its_user_is(secret: dict[str, object], identity: Identity) -> None:
    session_id = uuid4()
    signed = tokens.sign_access(keys.signing_key(secret), identity, session_id=session_id, now_ms=NOW_MS)

    claims = tokens.verify_access(signed.text, keys.public_keys(secret), now_s=NOW_S)

    assert claims == signed.claims
    assert claims.identity == identity
    assert (claims.sid, claims.iat, claims.iat_ms, claims.exp) == (session_id, NOW_S, NOW_MS, NOW_S + ACCESS_LIFE_S)
    assert (claims.iss, claims.aud, claims.type) == ("mycrypto", "mycrypto", "access")


def test_life_ends_at_exp_to_the_second(secret: dict[str, object], identity: Identity) -> None:
    token, ring = _access(secret, identity), keys.public_keys(secret)
    assert tokens.verify_access(token, ring, now_s=NOW_S + ACCESS_LIFE_S - 1).exp == NOW_S + ACCESS_LIFE_S
    assert _code(token, ring, NOW_S + ACCESS_LIFE_S) == "INVALID_TOKEN"


def test_a_refresh_token_opens_nothing_and_an_access_token_refreshes_nothing(secret: dict[str, object], identity: Identity) -> None:
    key, ring = keys.signing_key(secret), keys.public_keys(secret)
    refresh = tokens.sign_refresh(key, identity, session_id=uuid4(), now_ms=NOW_MS).text
    assert _code(refresh, ring) == "INVALID_TOKEN"
    assert tokens.verify_refresh(refresh, ring, now_s=NOW_S).type == "refresh"
    with pytest.raises(ProblemError):
        tokens.verify_refresh(_access(secret, identity), ring, now_s=NOW_S)


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_forgeries_are_refused(secret: dict[str, object], identity: Identity) -> None:
    ring, good = keys.public_keys(secret), _access(secret, identity)
    header, payload, signature = good.split(".")
    content = jwt.decode(good, options={"verify_signature": False})
    kid = next(iter(ring))
    public_pem = secret["keys"][0]["public_pem"]  # type: ignore[index]
    foreign = keys.signing_key(_secret("2026-01-01T00:00:00Z"))
    by_hmac = ".".join((_part({"alg": "HS256", "kid": kid}), payload, _part("x")))
    forged = {
        "empty": "",
        "noise": "not.a.token",
        "huge": "a" * 10_000,
        "no algorithm": ".".join((_part({"alg": "none", "kid": kid}), payload, "")),
        "symmetric": by_hmac,
        "changed content": ".".join((header, _part(content | {"roles": ["ADMIN"]}), signature)),
        "cut signature": ".".join((header, payload, signature[:-8])),
        "a foreign key under our kid": jwt.encode(content, foreign.private_key, algorithm="RS256", headers={"kid": kid}),
        "a foreign kid": jwt.encode(content, foreign.private_key, algorithm="RS256", headers={"kid": foreign.kid}),
        "no kid": jwt.encode(content, keys.signing_key(secret).private_key, algorithm="RS256"),
        "other algorithm, right key": jwt.encode(content, keys.signing_key(secret).private_key, algorithm="PS256", headers={"kid": kid}),
    }
    assert public_pem
    assert {name: _code(token, ring) for name, token in forged.items()} == dict.fromkeys(forged, "INVALID_TOKEN")


@pytest.mark.parametrize(
    "change",
    [{"iss": "other"}, {"aud": "other"}, {"sub": "not-a-uuid"}, {"tier": "gold"}, {"roles": ["ROOT"]}, {"jti": None}, {"kyc_level": "2"}],
)
def test_content_that_we_never_sign_is_refused(secret: dict[str, object], identity: Identity, change: dict[str, object]) -> None:
    key = keys.signing_key(secret)
    content = jwt.decode(_access(secret, identity), options={"verify_signature": False}) | change
    token = jwt.encode(content, key.private_key, algorithm="RS256", headers={"kid": key.kid})
    assert _code(token, keys.public_keys(secret)) == "INVALID_TOKEN"


def test_the_newest_key_signs_and_older_ones_still_verify(identity: Identity) -> None:
    rotated = _secret("2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z")
    entries: list[dict[str, str]] = rotated["keys"]  # type: ignore[assignment]
    old = keys.signing_key({"keys": entries[:1]})
    assert keys.signing_key(rotated).kid == entries[1]["kid"]
    old_token = tokens.sign_access(old, identity, session_id=uuid4(), now_ms=NOW_MS).text
    assert tokens.verify_access(old_token, keys.public_keys(rotated), now_s=NOW_S).identity == identity


def test_the_published_set_verifies_what_the_secret_signs(secret: dict[str, object], identity: Identity) -> None:
    document = json.dumps(keys.publish(keys.public_keys(secret)))
    assert "private" not in document
    assert '"d"' not in document
    assert tokens.verify_access(_access(secret, identity), keys.parse(document), now_s=NOW_S).identity == identity


def test_unusable_published_keys_are_left_out_and_garbage_is_named() -> None:
    weak = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "w", "n": "AQAB", "e": "AQAB"}
    others = [weak, {"kty": "EC", "kid": "e"}, {"kty": "RSA", "kid": "enc", "use": "enc", "n": "x", "e": "AQAB"}]
    assert keys.parse(json.dumps({"keys": others})) == {}
    with pytest.raises(keys.KeyMaterialError):
        keys.parse("<html>")
    with pytest.raises(keys.KeyMaterialError):
        keys.stored({"keys": []})


class _Loads:
    """A source of keys that counts how often it is asked and can be made to fail."""

    def __init__(self, answer: dict[str, object]) -> None:
        self.answer, self.count, self.now, self.broken = answer, 0, 0.0, False

    def __call__(self) -> dict[str, object]:
        self.count += 1
        if self.broken:
            raise ConnectionError
        return self.answer

    def clock(self) -> float:
        return self.now


def _ring(source: _Loads) -> keys.KeyRing:
    return keys.KeyRing(source, age_max_s=300, pause_s=5, clock=source.clock)  # type: ignore[arg-type]


def test_a_key_ring_fetches_a_new_kid_at_once_but_not_for_every_forgery() -> None:
    source = _Loads({"a": 1})
    ring = _ring(source)
    assert ring["a"] == 1
    source.answer, source.now = {"a": 1, "b": 2}, 10.0
    assert ring["b"] == 2
    loads = source.count
    for forged in range(100):
        with pytest.raises(KeyError):
            ring[f"forged-{forged}"]
    assert source.count == loads


def test_a_key_ring_forgets_a_withdrawn_key_and_survives_a_failing_source() -> None:
    source = _Loads({"a": 1})
    ring = _ring(source)
    assert ring["a"] == 1
    source.broken, source.now = True, 400.0
    assert ring["a"] == 1
    source.broken, source.answer, source.now = False, {"b": 2}, 800.0
    with pytest.raises(KeyError):
        ring["a"]


def test_a_key_ring_without_any_key_says_that_its_source_fails() -> None:
    source = _Loads({})
    source.broken = True
    with pytest.raises(ConnectionError):
        _ring(source)["a"]


def test_a_cut_off_refuses_what_was_issued_before_it_and_nothing_later(secret: dict[str, object], identity: Identity) -> None:
    claims = tokens.sign_access(keys.signing_key(secret), identity, session_id=uuid4(), now_ms=NOW_MS).claims
    assert not revocation.is_revoked(claims, [None, None, None])
    assert revocation.is_revoked(claims, [b"1", None, None])
    assert revocation.is_revoked(claims, [None, b"1", None])
    assert revocation.is_revoked(claims, [None, None, str(NOW_MS + 1).encode()])
    assert not revocation.is_revoked(claims, [None, None, str(NOW_MS)])


def test_the_keys_of_a_token_are_its_own_its_sessions_and_its_users(secret: dict[str, object], identity: Identity) -> None:
    claims = tokens.sign_access(keys.signing_key(secret), identity, session_id=uuid4(), now_ms=NOW_MS).claims
    assert revocation.keys_of(claims) == (
        f"token:blacklist:{claims.jti}",
        f"token:blacklist:session:{claims.sid}",
        f"token:blacklist:user:{claims.sub}",
    )


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer  ", "Basic abc"])
def test_no_bearer_token_is_unauthorized(header: str | None) -> None:
    with pytest.raises(ProblemError) as refused:
        tokens.bearer(header)
    assert refused.value.kind.code == "UNAUTHORIZED"


def test_the_bearer_scheme_is_read_in_any_case() -> None:
    assert tokens.bearer("bearer abc.def.ghi ") == "abc.def.ghi"
