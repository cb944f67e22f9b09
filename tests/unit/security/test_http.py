"""Every way a request can go wrong is one problem document, and nothing of our insides shows in it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from mycrypto import telemetry
from mycrypto.cors import Cors
from mycrypto.database import CommitUnknownError
from mycrypto.errors import ProblemError
from mycrypto.http.api import Api
from mycrypto.http.operation import Operation
from mycrypto.http.request import Reply, Request
from mycrypto.permissions import ADMINISTRATION, CUSTOMER, OPEN, SIGNED_IN, STAFF, Permission
from mycrypto.proxies import Proxy
from mycrypto.settings import SettingsError
from tests.unit.security.tables import operation

Event = dict[str, Any]


class Greeting(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    times: int = 1


class Page(msgspec.Struct, forbid_unknown_fields=True):
    limit: int = 20


def _event(method: str = "GET", path: str = "/things", body: str | None = None, **changes: Any) -> Event:
    headers = {"Content-Type": "application/json"} | changes.pop("headers", {})
    context = {"identity": {"sourceIp": "203.0.113.9"}, "requestId": "gw-1", "stage": "local", "path": f"/local{path}"}
    return {
        "httpMethod": method,
        "path": path,
        "body": body,
        "headers": headers,
        "queryStringParameters": changes.pop("query", None),
        "requestContext": context | changes.pop("context", {}),
        "isBase64Encoded": changes.pop("encoded", False),
    }


def _api(endpoint: Callable[..., Any] | None = None, *others: tuple[Operation, Callable[..., Any]], **options: Any) -> Api:
    handlers = list(others)
    permission = options.pop("permission", OPEN)
    if endpoint is not None:
        handlers += [(operation("post", "/things"), endpoint), (operation("get", "/things", "limit", permission=permission), endpoint)]
    return Api(telemetry.logger("http-test"), telemetry.Meter("http-test"), handlers, **options)


def _call(api: Api, event: Event) -> tuple[int, dict[str, Any], dict[str, str]]:
    answer = api(event, LambdaContext())
    headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
    return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else {}, headers


def _read(request: Request) -> dict[str, object]:
    greeting = request.json(Greeting)
    return {"said": greeting.name * greeting.times}


def test_a_reply_is_the_resource_itself_and_carries_the_request_id() -> None:
    api = _api(_read)
    status, body, headers = _call(api, _event("POST", body='{"name":"ab","times":2}', headers={"x-request-id": "trace-7"}))
    assert (status, body) == (200, {"said": "abab"})
    assert (headers["X-Request-ID"], headers["Cache-Control"], headers["Content-Type"]) == ("trace-7", "no-store", "application/json")


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ("", "body", None),
        ("{", "body", None),
        ('{"name":"a"', "body", None),
        ("[" * 40_000, "body", None),
        ("[]", "body", "must be an object"),
        ('{"times":1}', "name", "is required"),
        ('{"name":"a","colour":"red"}', "colour", "is not a known field"),
        ('{"name":5}', "name", "must be text"),
        ('{"name":"a","times":"2"}', "times", "must be a whole number"),
        ('{"name":"a","times":1e400}', "times", None),
        ('{"name":"\\u0000"}', "body", None),
        ('{"name":"\ud800"}', "body", None),
    ],
)
def test_a_bad_body_is_a_validation_error_that_names_the_field(body: str, field: str, words: str | None) -> None:
    status, problem, headers = _call(_api(_read), _event("POST", body=body))
    assert (status, problem["code"], headers["Content-Type"]) == (400, "VALIDATION_ERROR", "application/problem+json")
    if field != "body":
        assert problem["errors"][0]["field"] == field
    if words:
        assert words in problem["errors"][0]["message"]
    assert {"type", "title", "status", "detail", "instance", "message", "trace_id"} <= problem.keys()


def test_only_json_is_read() -> None:
    status, problem, _ = _call(_api(_read), _event("POST", body="name=a", headers={"Content-Type": "text/plain"}))
    assert (status, problem["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_body_beyond_the_limit_is_refused_plain_or_encoded() -> None:
    api = _api(_read, body_bytes_max=100)
    for body, encoded in (("x" * 101, False), ("x" * 1_000_000, False), (base64.b64encode(b"x" * 101).decode(), True)):
        status, problem, _ = _call(api, _event("POST", body=body, encoded=encoded))
        assert (status, problem["code"], problem["limit_bytes"]) == (413, "PAYLOAD_TOO_LARGE", 100)


def test_a_base64_body_is_decoded_and_a_broken_one_refused() -> None:
    good = base64.b64encode(b'{"name":"a"}').decode()
    assert _call(_api(_read), _event("POST", body=good, encoded=True))[1] == {"said": "a"}
    assert _call(_api(_read), _event("POST", body="***", encoded=True))[0] == 400


def test_unknown_paths_and_methods() -> None:
    api = _api(_read)
    status, problem, _ = _call(api, _event("GET", "/nothing"))
    assert (status, problem["code"], problem["instance"]) == (404, "NOT_FOUND", "/nothing")
    status, problem, headers = _call(api, _event("PATCH"))
    assert (status, problem["code"], headers["Allow"]) == (405, "METHOD_NOT_ALLOWED", "GET, POST")


def test_a_refusal_keeps_its_code_figures_and_headers() -> None:
    def refuse(_: Request) -> None:
        raise ProblemError("RATE_LIMIT_EXCEEDED", "slower", headers={"Retry-After": "7"}, limit=5)

    status, problem, headers = _call(_api(refuse), _event())
    assert (status, problem["code"], problem["limit"], headers["Retry-After"]) == (429, "RATE_LIMIT_EXCEEDED", 5, "7")
    assert problem["trace_id"] == headers["X-Request-ID"] == "gw-1"


def test_an_unexpected_error_shows_nothing_of_itself(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_: Request) -> None:
        raise RuntimeError("the password is hunter2")

    status, problem, _ = _call(_api(fail), _event())
    assert (status, problem["code"]) == (500, "INTERNAL_ERROR")
    assert "hunter2" not in json.dumps(problem)


def test_a_data_service_that_is_away_is_503() -> None:
    def fail(_: Request) -> None:
        raise psycopg.OperationalError("connection refused")

    status, problem, headers = _call(_api(fail), _event())
    assert (status, problem["code"], headers["Retry-After"]) == (503, "SERVICE_UNAVAILABLE", "1")


@pytest.mark.parametrize(("method", "code"), [("POST", "OUTCOME_UNKNOWN"), ("GET", "SERVICE_UNAVAILABLE")])
def test_a_commit_that_died_in_flight_is_never_answered_as_not_done(method: str, code: str) -> None:
    def fail(_: Request) -> None:
        raise CommitUnknownError("server closed the connection unexpectedly")

    _, problem, _ = _call(_api(fail), _event(method, body="{}" if method == "POST" else None))
    assert problem["code"] == code


def test_path_parts_and_query_reach_the_endpoint() -> None:
    def thing(request: Request, thing_id: str) -> Reply:
        return Reply({"id": thing_id, "limit": request.params(Page).limit}, status=203)

    api = _api(None, (operation("get", "/things/{thing_id}", "limit"), thing))
    assert _call(api, _event(path="/things/abc-1", query={"limit": "5"}))[:2] == (203, {"id": "abc-1", "limit": 5})
    status, problem, _ = _call(api, _event(path="/things/a", query={"limit": "five"}))
    assert (status, problem["errors"][0]["field"]) == (400, "limit")
    assert _call(api, _event(path="/things/a", query={"colour": "red"}))[1]["errors"][0]["field"] == "colour"


def test_a_parameter_that_is_given_twice_is_refused() -> None:
    api = _api(lambda request: {"limit": request.params(Page).limit})
    event = _event(query={"limit": "2"}) | {"multiValueQueryStringParameters": {"limit": ["1", "2"]}}
    status, body, _ = _call(api, event)
    assert (status, body["errors"]) == (400, [{"field": "limit", "message": "is given twice", "code": "GIVEN_TWICE", "params": {}}])
    assert _call(api, _event(query={"limit": "2"}) | {"multiValueQueryStringParameters": {"limit": ["2"]}})[1] == {"limit": 2}


def test_a_part_of_a_path_that_no_route_takes_is_not_found_by_a_method_that_is_right() -> None:
    api = _api(None, (operation("get", "/balances/{currency}"), lambda _, currency: {"currency": currency}))
    assert _call(api, _event(path="/balances/BTC"))[1] == {"currency": "BTC"}
    assert _call(api, _event(path="/balances/\N{ROCKET}"))[:1] == (404,)
    assert _call(api, _event("POST", path="/balances/BTC"))[:1] == (405,)


def test_pages_of_allowed_origins_and_no_others_may_use_the_routes() -> None:
    api = _api(lambda _: {"it": "works"}, cors=Cors.parse("https://app.example"))
    page = {"Origin": "https://app.example"}
    ask = {"Access-Control-Request-Method": "POST"}
    status, body, headers = _call(api, _event("OPTIONS", headers=page | ask))
    assert (status, body, headers["Access-Control-Allow-Origin"]) == (204, {}, "https://app.example")
    assert "POST" in headers["Access-Control-Allow-Methods"]
    for event in (_event(headers=page), _event("DELETE", headers=page), _event(path="/nothing", headers=page)):
        assert _call(api, event)[2]["Access-Control-Allow-Origin"] == "https://app.example"
    status, _, headers = _call(api, _event("OPTIONS", headers={"Origin": "https://evil.example"} | ask))
    assert status == 405
    assert "Access-Control-Allow-Origin" not in headers
    assert "Vary" not in _call(_api(lambda _: {}), _event(headers=page))[2]


@pytest.mark.parametrize(
    "text", ["*", "app.example", "https://app.example/", "https://app.example,", "ftp://app.example", "https://App.example"]
)
def test_what_is_no_origin_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="ALLOWED_ORIGINS"):
        Cors.parse(text)


@pytest.mark.parametrize(
    ("proxy", "forwarded", "expected"),
    [
        (Proxy(), "198.51.100.1", "203.0.113.9"),
        (Proxy("X-Forwarded-For"), "198.51.100.1", "198.51.100.1"),
        (Proxy("X-Forwarded-For"), "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        (Proxy("X-Forwarded-For", 2), "6.6.6.6, 198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (Proxy("X-Forwarded-For", 2), "198.51.100.1", "203.0.113.9"),
        (Proxy("X-Forwarded-For"), "not an address", "203.0.113.9"),
        (Proxy("X-Forwarded-For"), "", "203.0.113.9"),
    ],
)
def test_the_clients_address_is_what_a_trusted_party_saw(proxy: Proxy, forwarded: str, expected: str) -> None:
    api = _api(lambda request: {"ip": request.client_ip}, proxy=proxy)
    assert _call(api, _event(headers={"X-Forwarded-For": forwarded}))[1] == {"ip": expected}


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "evil\nline"])
def test_an_ill_formed_request_id_is_replaced(sent: str) -> None:
    assert _call(_api(lambda _: {}), _event(headers={"X-Request-ID": sent}))[2]["X-Request-ID"] == "gw-1"


def _authorizer(**changes: str) -> dict[str, str]:
    ids = {"user_id": str(uuid4()), "jti": str(uuid4()), "sid": str(uuid4())}
    return ids | {"email": "a@example.com", "roles": "USER,ADMIN", "tier": "free", "kyc_level": "1"} | changes


def test_the_caller_is_whom_the_authorizer_let_in() -> None:
    def who(request: Request) -> dict[str, object]:
        caller = request.principal()
        return {"id": caller.user_id, "level": caller.kyc_level, "roles": caller.roles}

    context = _authorizer()
    status, body, _ = _call(_api(who), _event(context={"authorizer": context}))
    assert (status, body) == (200, {"id": context["user_id"], "level": 1, "roles": ["USER", "ADMIN"]})


@pytest.mark.parametrize(
    ("roles", "permission", "code"),
    [
        (None, SIGNED_IN, "UNAUTHORIZED"),
        ("SUPPORT", SIGNED_IN, None),
        ("SUPPORT", CUSTOMER, "FORBIDDEN"),
        ("USER", STAFF, "FORBIDDEN"),
        ("SUPPORT", STAFF, None),
        ("SUPPORT", ADMINISTRATION, "FORBIDDEN"),
        ("ADMIN", ADMINISTRATION, "AUTH_003"),
    ],
)
def test_the_frame_holds_callers_against_the_declaration(roles: str | None, permission: Permission, code: str | None) -> None:
    """The endpoint itself checks nothing: every call that reaches it was admitted."""
    context = {} if roles is None else {"authorizer": _authorizer(roles=roles)}
    assert _call(_api(lambda _: {"it": "works"}, permission=permission), _event(context=context))[1].get("code") == code


def test_a_second_factor_that_was_shown_opens_what_asks_for_it() -> None:
    api = _api(lambda _: {"it": "works"}, permission=ADMINISTRATION, second_factor=lambda _: None)
    assert _call(api, _event(context={"authorizer": _authorizer()}))[1] == {"it": "works"}


def test_admitted_calls_and_no_others_are_charged_before_anything_is_done() -> None:
    charged: list[tuple[str, str]] = []

    def charge(request: Request, asked: Operation) -> None:
        charged.append((asked.name, request.caller.email))
        raise ProblemError("RATE_LIMIT_EXCEEDED")

    done: list[str] = []
    api = _api(lambda _: done.append("get"), permission=SIGNED_IN, charge=charge)
    assert _call(api, _event())[0] == 401
    assert charged == []
    assert _call(api, _event(context={"authorizer": _authorizer()}))[0] == 429
    assert charged == [("get/things", "a@example.com")]
    assert not done


def test_a_body_that_is_not_taken_is_refused_and_nothing_is_done() -> None:
    done: list[str] = []
    drop = operation("post", "/things/{thing_id}/drop", body=None)
    api = _api(lambda _: done.append("get"), (drop, lambda _, thing_id: done.append(thing_id)))
    for event in (_event(body="{}"), _event("POST", "/things/7/drop", body="{}"), _event(body="e30=", encoded=True)):
        status, problem, _ = _call(api, event)
        assert (status, problem["code"], problem["errors"][0]["field"]) == (400, "VALIDATION_ERROR", "body")
    assert not done
    assert _call(api, _event("POST", "/things/7/drop"))[0] == 200


@pytest.mark.parametrize(
    "context", [None, {}, {"user_id": "x"}, _authorizer(user_id="me"), _authorizer(tier="gold"), _authorizer(kyc_level="")]
)
def test_without_the_authorizers_word_there_is_no_caller(context: dict[str, str] | None) -> None:
    status, problem, _ = _call(_api(lambda request: request.principal()), _event(context={"authorizer": context}))
    assert (status, problem["code"]) == (401, "UNAUTHORIZED")
