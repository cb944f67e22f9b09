"""Tokens at work: refresh rotates, a token seen twice ends its family, logout and cut-offs hold at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import jwt
import msgspec
import pytest

from functions.auth import sessions
from functions.auth.context import Context
from functions.auth.models import LogoutRequest, RefreshRequest
from mycrypto import cache, secrets
from mycrypto.http.request import Client, Principal
from mycrypto.security import keys, revocation
from mycrypto.security.api_keys import redis_key
from mycrypto.security.bearer import RevocationUnknownError
from mycrypto.security.tokens import Tier

from .conftest import PASSWORD, Account, Answer, Identity

Wait = Callable[[timedelta], None]


def _refresh(identity: Identity, token: str) -> Answer:
    return identity.call("POST", "/api/auth/refresh", {"refresh_token": token})


def _profile(identity: Identity, token: str) -> int:
    return identity.call("GET", "/api/auth/profile", token=token).status


def _sid(account: Account) -> str:
    return str(jwt.decode(account.access_token, options={"verify_signature": False})["sid"])


def test_a_refresh_gives_a_new_pair_of_the_same_session(identity: Identity) -> None:
    account = identity.member()
    answer = _refresh(identity, account.refresh_token)
    assert answer.status == 200
    assert answer.body["refresh_token"] != account.refresh_token
    assert _profile(identity, answer.body["access_token"]) == 200
    claims = [jwt.decode(token, options={"verify_signature": False}) for token in (account.access_token, answer.body["access_token"])]
    assert claims[0]["sid"] == claims[1]["sid"]
    assert _refresh(identity, answer.body["refresh_token"]).status == 200


def test_a_refresh_carries_what_changed_meanwhile(identity: Identity) -> None:
    account = identity.member()
    identity.owner.execute("UPDATE users SET kyc_level = 2, rate_limit_tier = 'pro' WHERE email = %s", (account.email,))
    claims = jwt.decode(_refresh(identity, account.refresh_token).body["access_token"], options={"verify_signature": False})
    assert (claims["kyc_level"], claims["tier"]) == (2, "pro")


def test_a_refresh_token_seen_again_later_ends_its_session_and_no_other(identity: Identity, wait: Wait) -> None:
    account = identity.member()
    other = Account(account.email)
    identity.login(other)
    second = _refresh(identity, account.refresh_token).body
    wait(timedelta(seconds=21))
    stolen = _refresh(identity, account.refresh_token)
    assert (stolen.status, stolen.code) == (401, "INVALID_TOKEN")
    assert _refresh(identity, second["refresh_token"]).status == 401
    assert _profile(identity, second["access_token"]) == 401
    assert _profile(identity, account.access_token) == 401
    assert _profile(identity, other.access_token) == 200
    assert _refresh(identity, other.refresh_token).status == 200
    _refresh(identity, account.refresh_token)
    assert [mail["type"] for mail in identity.mails_to(account.email)] == ["verify_email", "session_reuse"]


def test_tabs_that_refresh_at_once_all_go_on(identity: Identity, wait: Wait) -> None:
    account = identity.member()
    request = RefreshRequest(account.refresh_token)

    def attempt(context: Context) -> str:
        return sessions.refresh(context, request, sessions.claims_of(context, request), Client("127.0.0.1", "", "")).refresh_token

    tokens = identity.at_once(3, attempt)
    assert len(set(tokens)) == 3
    assert "INVALID_TOKEN" not in tokens
    devices = identity.call("GET", "/api/auth/sessions", token=account.access_token).body["data"]
    assert len(devices) == 1, "it is one session all the same"
    for minutes in (16, 17):  # each tab in its own rhythm, for as long as it lives
        wait(timedelta(minutes=minutes))
        answers = [_refresh(identity, token) for token in tokens]
        assert {answer.status for answer in answers} == {200}
        tokens = [answer.body["refresh_token"] for answer in answers]
    assert [mail["type"] for mail in identity.mails_to(account.email)] == ["verify_email"]
    wait(timedelta(seconds=30))
    assert _refresh(identity, account.refresh_token).status == 401
    assert {_refresh(identity, token).status for token in tokens} == {401}, "a token that was used long ago ends all of it"


def test_only_the_direct_predecessor_may_come_again(identity: Identity) -> None:
    account = identity.member()
    second = _refresh(identity, account.refresh_token).body["refresh_token"]
    third = _refresh(identity, second).body["refresh_token"]
    assert _refresh(identity, account.refresh_token).status == 401
    assert _refresh(identity, third).status == 401


def test_a_session_that_was_ended_stays_ended_within_the_grace(identity: Identity) -> None:
    account = identity.member()
    second = _refresh(identity, account.refresh_token).body
    assert identity.call("POST", "/api/auth/logout", token=second["access_token"]).status == 200
    assert _refresh(identity, account.refresh_token).status == 401
    assert [mail["type"] for mail in identity.mails_to(account.email)] == ["verify_email"]


def test_a_logout_and_a_refresh_at_once_leave_nothing_alive(identity: Identity) -> None:
    for _ in range(5):
        account = identity.member()
        principal = Principal(identity.row(account.email, "id"), account.email, (), Tier.FREE, 1, uuid4(), UUID(_sid(account)), 0)
        request, first = RefreshRequest(account.refresh_token), iter((True, False))

        def act(
            context: Context, request: RefreshRequest = request, principal: Principal = principal, first: Iterator[bool] = first
        ) -> str:
            if next(first):
                return sessions.refresh(context, request, sessions.claims_of(context, request), Client("127.0.0.1", "", "")).refresh_token
            sessions.logout(context, LogoutRequest(), principal, Client("127.0.0.1", "", ""))
            return "gone"

        identity.at_once(2, act)
        live = identity.owner.execute("SELECT count(*) FROM sessions WHERE family_id = %s AND NOT is_revoked", (_sid(account),)).fetchone()
        assert live == (0,)


def test_refreshes_are_limited_by_session_and_not_by_address(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts, context = [identity.member() for _ in range(3)], identity.auth.context()
    monkeypatch.setattr(context, "settings", msgspec.structs.replace(context.settings, refreshes_per_minute=2, ip_limit_factor=1))
    for account in accounts:
        answers = []
        for _ in range(3):
            answer = _refresh(identity, account.refresh_token)
            account.refresh_token = answer.body.get("refresh_token", account.refresh_token)
            answers.append(answer.status)
        assert answers == [200, 200, 429]


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é" * 50])
def test_what_is_no_refresh_token_is_refused(identity: Identity, token: str) -> None:
    answer = _refresh(identity, token)
    assert (answer.status, answer.code) == (401, "INVALID_TOKEN")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_an_access_token_does_not_refresh(identity: Identity) -> None:
    assert _refresh(identity, identity.member().access_token).status == 401


def test_a_refresh_token_opens_no_route(identity: Identity) -> None:
    assert _profile(identity, identity.member().refresh_token) == 401


def test_a_refresh_token_lives_thirty_days(identity: Identity, wait: Wait) -> None:
    account = identity.member()
    wait(timedelta(days=29, hours=23))
    second = _refresh(identity, account.refresh_token)
    assert second.status == 200
    wait(timedelta(days=30, seconds=1))
    assert _refresh(identity, second.body["refresh_token"]).status == 401


def test_a_suspended_user_gets_no_new_tokens(identity: Identity) -> None:
    account = identity.member()
    identity.owner.execute("UPDATE users SET status = 'SUSPENDED' WHERE email = %s", (account.email,))
    answer = _refresh(identity, account.refresh_token)
    assert (answer.status, answer.code) == (403, "ACCOUNT_SUSPENDED")


def test_after_a_logout_neither_token_is_worth_anything(identity: Identity) -> None:
    account, other = identity.member(), Account("")
    other.email = account.email
    identity.login(other)
    assert identity.call("POST", "/api/auth/logout", token=account.access_token).status == 200
    assert _profile(identity, account.access_token) == 401
    assert _refresh(identity, account.refresh_token).status == 401
    assert identity.auth.context().redis.get(f"session:{_sid(account)}") is None
    assert _profile(identity, other.access_token) == 200


def test_a_logout_can_end_all_devices_and_a_new_log_in_holds_at_once(identity: Identity) -> None:
    account, other = identity.member(), Account("")
    other.email = account.email
    identity.login(other)
    answer = identity.call("POST", "/api/auth/logout", {"all_devices": True, "device_info": "phone"}, token=account.access_token)
    assert answer.status == 200
    assert [_profile(identity, token) for token in (account.access_token, other.access_token)] == [401, 401]
    assert _refresh(identity, other.refresh_token).status == 401
    assert identity.login(account).status == 200
    assert _profile(identity, account.access_token) == 200


def test_sessions_are_listed_and_ended_one_by_one(identity: Identity) -> None:
    account, other, stranger = identity.member(), Account(""), identity.member()
    other.email = account.email
    identity.login(other, headers={"User-Agent": "tablet"})
    listed = identity.call("GET", "/api/auth/sessions", token=account.access_token).body["data"]
    assert [(entry["user_agent"], entry["current"]) for entry in listed] == [("tablet", False), ("tests", True)]
    tablet = listed[0]["id"]
    assert identity.call("DELETE", f"/api/auth/sessions/{tablet}", token=stranger.access_token).status == 404
    assert _profile(identity, other.access_token) == 200
    assert identity.call("DELETE", f"/api/auth/sessions/{tablet}", token=account.access_token).status == 204
    assert _profile(identity, other.access_token) == 401
    assert _refresh(identity, other.refresh_token).status == 401
    assert identity.call("DELETE", f"/api/auth/sessions/{tablet}", token=account.access_token).status == 404
    assert identity.call("DELETE", "/api/auth/sessions/not-an-id", token=account.access_token).status == 404


def test_the_published_keys_verify_what_is_issued(identity: Identity) -> None:
    account = identity.member()
    answer = identity.call("GET", "/api/auth/.well-known/jwks.json")
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert all(set(key) == {"kty", "use", "alg", "kid", "n", "e"} for key in answer.body["keys"])
    published = keys.parse(json.dumps(answer.body))
    header = jwt.get_unverified_header(account.access_token)
    assert jwt.decode(account.access_token, published[header["kid"]], algorithms=["RS256"], audience="mycrypto")["email"] == account.email


def test_a_new_key_signs_at_once_and_old_tokens_still_hold(identity: Identity) -> None:
    import boto3

    account = identity.member()
    client, name = boto3.client("secretsmanager"), "mycrypto/local/jwt"
    stored = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
    newer = keys.generate((datetime.now(UTC) + timedelta(seconds=1)).isoformat(), bits=2048)
    both = {"keys": [msgspec.to_builtins(newer), *stored["keys"]]}
    client.put_secret_value(SecretId="mycrypto/local/public-keys", SecretString=json.dumps(keys.publish(keys.public_keys(both))))
    client.put_secret_value(SecretId=name, SecretString=json.dumps(both))
    secrets.forget()
    before = account.access_token
    assert identity.login(account).status == 200
    assert jwt.get_unverified_header(account.access_token)["kid"] == newer.kid
    identity.authorizer.ring()._tried_at -= 10  # the pause after the last load has passed
    assert [_profile(identity, token) for token in (before, account.access_token)] == [200, 200]


def test_the_authorizer_hands_on_who_calls_and_allows_every_route(identity: Identity) -> None:
    account = identity.member(kyc_level=2, roles=["USER", "SUPPORT"])
    allowed = identity.authorize("GET", "/api/wallet/balances", {"authorization": f"bearer {account.access_token}"})
    claims = jwt.decode(account.access_token, options={"verify_signature": False})
    assert allowed["principalId"] == claims["sub"]
    assert allowed["policyDocument"]["Statement"] == [
        {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "arn:aws:execute-api:eu-central-1:000000000000:api/v1/*"}
    ]
    assert allowed["context"] == {
        "user_id": claims["sub"],
        "email": account.email,
        "roles": "USER,SUPPORT",
        "tier": "free",
        "kyc_level": "2",
        "jti": claims["jti"],
        "sid": claims["sid"],
        "expires_s": str(claims["exp"]),
    }


@pytest.mark.parametrize("headers", [{}, {"Authorization": ""}, {"Authorization": "Basic x"}, {"Authorization": "Bearer x.y.z"}])
def test_the_authorizer_denies_a_caller_without_a_valid_token(identity: Identity, headers: dict[str, str]) -> None:
    decision = identity.authorize("GET", "/api/auth/profile", headers)
    (statement,) = decision["policyDocument"]["Statement"]
    assert (statement["Effect"], decision["context"]) == ("Deny", {})


def test_without_redis_people_see_their_money_but_cannot_move_it_out(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    account = identity.member()
    gone = cache.client("redis://127.0.0.1:9/0")
    monkeypatch.setattr(identity.authorizer, "server", lambda: gone)
    headers = {"Authorization": f"Bearer {account.access_token}"}
    assert identity.authorize("GET", "/api/wallet/balances", headers)["context"]["email"] == account.email
    assert identity.authorize("GET", "/api/wallet/withdraw/fiat/1", headers)["context"]["email"] == account.email
    with pytest.raises(RevocationUnknownError):  # the gateway's 503
        identity.authorize("POST", "/api/wallet/withdraw/fiat", headers)
    gone.close()


def test_while_redis_refuses_to_write_people_log_in_and_what_needs_it_is_not_done(identity: Identity) -> None:
    """As one does whose disk is full, or that no longer leads."""
    account = identity.member()
    server = identity.auth.context().redis
    server.config_set("min-replicas-to-write", 1)
    try:
        assert identity.login(account, PASSWORD).status == 200
        answer = identity.call("POST", "/api/auth/logout", token=account.access_token)
        assert (answer.status, answer.code) == (503, "SERVICE_UNAVAILABLE")
    finally:
        server.config_set("min-replicas-to-write", 0)
    assert identity.call("POST", "/api/auth/logout", token=account.access_token).status == 200


def test_marks_die_with_the_tokens_they_concern(identity: Identity) -> None:
    account = identity.member()
    identity.call("POST", "/api/auth/logout", {"all_devices": True}, token=account.access_token)
    claims = jwt.decode(account.access_token, options={"verify_signature": False})
    server = identity.auth.context().redis
    lives = [server.ttl(f"token:blacklist:{claims['jti']}"), server.ttl(f"token:blacklist:user:{claims['sub']}")]
    assert 0 < lives[0] <= 15 * 60
    assert 0 < lives[1] <= 30 * 24 * 3600
    server.delete(revocation.user_key(uuid4()))


def test_a_wiped_redis_learns_again_what_was_revoked(identity: Identity) -> None:
    ended, gone, alive = identity.member(), identity.member(), identity.member()
    second = _refresh(identity, alive.refresh_token).body["access_token"]
    identity.call("POST", "/api/auth/logout", token=ended.access_token)
    identity.call("POST", "/api/auth/logout", {"all_devices": True}, token=gone.access_token)
    server = identity.auth.context().redis
    made = identity.call("POST", "/api/auth/api-keys", {"label": "x", "scopes": ["read"], "password": PASSWORD}, token=second).body[
        "key_id"
    ]
    before = server.get(redis_key(made))
    server.delete(*server.scan_iter("token:blacklist:*"), *server.scan_iter("apikey:*"))
    headers = {"Authorization": f"Bearer {ended.access_token}"}
    with pytest.raises(RevocationUnknownError):
        identity.authorize("POST", "/api/wallet/withdraw/fiat", headers)
    assert identity.call("GET", "/api/auth/health").status == 200
    assert server.get(redis_key(made)) == before
    assert [_profile(identity, account.access_token) for account in (ended, gone, alive)] == [401, 401, 200]
    assert _profile(identity, second) == 200
    assert identity.login(gone).status == 200
    assert _profile(identity, gone.access_token) == 200
