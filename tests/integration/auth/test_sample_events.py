"""The sample events of tests/events are what each trigger sends, and each handler understands its own."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from .conftest import PASSWORD, Identity

EVENTS = Path(__file__).parents[2] / "events"


def _event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def test_a_registration_from_api_gateway(identity: Identity) -> None:
    answers = [identity.handler(_event("api-gateway-register"), LambdaContext()) for _ in range(2)]
    assert [answer["statusCode"] for answer in answers] == [201, 409]
    assert answers[0]["multiValueHeaders"]["X-Request-ID"] == ["req-0001"]


def test_a_profile_from_api_gateway_of_a_user_who_is_gone(identity: Identity) -> None:
    answer = identity.handler(_event("api-gateway-profile"), LambdaContext())
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (401, "UNAUTHORIZED")


def test_an_authorizer_request(identity: Identity) -> None:
    account, event = identity.member(), _event("authorizer-request")
    assert identity.authorizer.handler(event, LambdaContext())["policyDocument"]["Statement"][0]["Effect"] == "Deny"
    event["headers"]["Authorization"] = f"Bearer {account.access_token}"
    assert identity.authorizer.handler(event, LambdaContext())["context"]["email"] == account.email


def test_mails_and_audit_records_from_sqs(identity: Identity) -> None:
    assert identity.notifications.handler(_event("sqs-email-notifications"), LambdaContext()) == {"batchItemFailures": []}
    assert identity.audit.handler(_event("sqs-audit-logs"), LambdaContext()) == {"batchItemFailures": []}


def test_nothing_secret_reaches_the_log(identity: Identity, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    logged = io.StringIO()
    for logger in (identity.auth.context().logger, identity.authorizer.logger, identity.notifications.logger):
        monkeypatch.setattr(logger.registered_handler, "stream", logged)
    account = identity.member()
    token = identity.token_mailed_to(account.email)
    identity.login(account, "Wr0ng!password")
    identity.call("POST", "/api/auth/refresh", {"refresh_token": account.refresh_token})
    identity.call("POST", "/api/auth/refresh", {"refresh_token": account.refresh_token})
    identity.call("POST", "/api/auth/login", {"email": account.email, "password": PASSWORD, "extra": PASSWORD})
    identity.call("GET", "/api/auth/profile", token=account.access_token + "x")
    monkeypatch.setattr(identity.auth.context(), "db", None)  # and an unexpected error with its stack
    assert identity.login(account).status == 500
    written = logged.getvalue() + capsys.readouterr().out
    assert {json.loads(line)["service"] for line in logged.getvalue().splitlines()} == {"auth", "authorizer"}
    assert "unexpected error" in written
    assert "auth_login_failures" in written
    secrets = [PASSWORD, "Wr0ng!password", token, account.access_token, account.refresh_token]
    assert [secret for secret in secrets if secret in written] == []


class _Verifier(BaseHTTPRequestHandler):
    """Plays the reCAPTCHA verifier: the token says what it will answer."""

    asked: dict[str, list[str]]

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        type(self).asked = form
        token = form.get("response", [""])[0]
        answer = b"<html>" if token == "garbage" else json.dumps({"success": True, "score": float(token), "action": "register"}).encode()
        self.send_response(500 if token == "0.0" else 200)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        return


@pytest.fixture
def verifier(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), _Verifier)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    context = identity.auth.context()
    url = f"http://127.0.0.1:{server.server_port}/siteverify"
    settings = msgspec.structs.replace(context.settings, recaptcha_secret_name="mycrypto/local/recaptcha", recaptcha_url=url)
    monkeypatch.setattr(context, "settings", settings)
    monkeypatch.setattr(context, "read_secret", lambda _: {"secret": "site-secret", "site_key": "site-key"})
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("token", "status"), [("0.5", 201), ("0.9", 201), ("0.4", 403), ("garbage", 403), ("0.0", 403), ("", 403)])
def test_recaptcha_opens_the_door_from_one_half_on_and_fails_closed(
    identity: Identity, verifier: HTTPServer, token: str, status: int
) -> None:
    _, answer = identity.register(changes={"recaptcha_token": token})
    assert answer.status == status
    if status == 403:
        assert answer.code == "RECAPTCHA_FAILED"
    if token:
        assert _Verifier.asked == {"secret": ["site-secret"], "response": [token], "remoteip": ["127.0.0.1"]}


def test_a_page_is_told_the_public_key_and_never_the_secret(identity: Identity, verifier: HTTPServer) -> None:
    answer = identity.call("GET", "/api/auth/config")
    assert (answer.status, answer.body["recaptcha_site_key"]) == (200, "site-key")
    assert "site-secret" not in str(answer.body)


def test_a_stage_without_recaptcha_says_that_there_is_no_key(identity: Identity) -> None:
    assert identity.call("GET", "/api/auth/config").body == {
        "recaptcha_site_key": None,
        "password_length_min": 8,
        "password_length_max": 128,
        "password_specials": "@$!%*?&",
        "consent_version": "1.0 (2025-11-19)",
    }


def test_a_site_whose_public_key_is_missing_is_not_open_yet(
    identity: Identity, verifier: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity.auth.context(), "read_secret", lambda _: {"secret": "site-secret"})
    answer = identity.call("GET", "/api/auth/config")
    assert (answer.status, answer.code) == (503, "SERVICE_UNAVAILABLE")


def test_the_token_may_come_in_the_header_or_under_its_old_name(identity: Identity, verifier: HTTPServer) -> None:
    details = {"password": PASSWORD, "terms_accepted": True, "kvkk_consent_accepted": True}
    by_header = identity.call("POST", "/api/auth/register", details | {"email": "h@rc.example"}, headers={"X-Recaptcha-Token": "0.7"})
    assert by_header.status == 201
    by_old_name = identity.call("POST", "/api/auth/register", details | {"email": "o@rc.example", "recaptchaToken": "0.7"})
    assert by_old_name.status == 201


def test_a_verifier_that_is_away_is_a_no(identity: Identity, verifier: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    context = identity.auth.context()
    monkeypatch.setattr(context, "settings", msgspec.structs.replace(context.settings, recaptcha_url="http://127.0.0.1:9/siteverify"))
    _, answer = identity.register(changes={"recaptcha_token": "0.9"})
    assert (answer.status, answer.code) == (403, "RECAPTCHA_FAILED")
