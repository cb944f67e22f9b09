"""What the front door does with a request when there are several gateways: which one gets it, and what is said when that one is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec
import pytest
from starlette.types import Message, Scope

from engine_container.web.keep_alive import KEEP_ALIVE_SECONDS
from mycrypto.errors import ProblemError
from mycrypto_local.front_door import ANSWER_SECONDS_MAX as DOOR_SECONDS_MAX
from mycrypto_local.spread import requests
from mycrypto_local.spread.app import binance_document, problem_document
from mycrypto_local.spread.fleet import IDLE_SECONDS_MAX, Fleet, Member
from mycrypto_local.spread.requests import Requests

Handler = Callable[[httpx.Request], httpx.Response]
BOTH = ("one", "two")


def fleet(*names: str, serving: tuple[str, ...] = BOTH) -> list[Member]:
    members = [Member(name, [f"http://{name}", f"http://{name}-binance"]) for name in names]
    for member in members:
        member.serves = member.name in serving
    return members


def scope(
    method: str = "GET", path: bytes = b"/api/v1/orders", query: bytes = b"", headers: list[tuple[bytes, bytes]] | None = None
) -> Scope:
    return {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": path.decode(),
        "raw_path": path,
        "query_string": query,
        "headers": headers or [],
        "client": ("192.0.2.7", 5),
    }


def ask(handler: Handler, of: list[Member], asked: Scope, place: int = 0) -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        behind = Fleet(of, httpx.MockTransport(handler))
        try:
            await Requests(behind, place)(asked, receive, send)
        finally:
            await behind.close()

    asyncio.run(run())
    start, body = sent
    return start["status"], dict(start["headers"]), body["body"]


def answered(text: str = "", headers: dict[str, str] | None = None) -> httpx.Response:
    """As it comes from a connection: not read yet."""

    async def content() -> AsyncIterator[bytes]:
        yield text.encode()

    return httpx.Response(200, content=content(), headers=headers)


def named(request: httpx.Request) -> httpx.Response:
    return answered(request.url.host)


def test_requests_take_turns_among_gateways_that_are_equally_occupied() -> None:
    of = fleet(*BOTH)
    assert [ask(named, of, scope())[2] for _ in range(4)] == [b"one", b"two", b"one", b"two"]


def test_the_least_occupied_gateway_comes_first() -> None:
    of = fleet(*BOTH)
    with of[0].occupied():
        assert {ask(named, of, scope())[2] for _ in range(3)} == {b"two"}


def test_a_gateway_that_is_not_ready_gets_nothing_while_another_serves() -> None:
    of = fleet(*BOTH, serving=("two",))
    assert {ask(named, of, scope())[2] for _ in range(3)} == {b"two"}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_what_a_dead_gateway_has_not_seen_goes_to_the_other_whatever_it_is(method: str) -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        if request.url.host == "one":
            raise httpx.ConnectError("refused")
        return named(request)

    of = fleet(*BOTH)
    assert [ask(handler, of, scope(method))[2] for _ in range(2)] == [b"two", b"two"]
    assert asked == ["one", "two", "two"]  # left out at once


def broken_off(request: httpx.Request) -> httpx.Response:
    if request.url.host == "one":
        raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
    return named(request)


def test_a_read_that_was_broken_off_is_tried_on_the_other() -> None:
    assert ask(broken_off, fleet(*BOTH), scope("GET"))[2] == b"two"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_change_that_was_broken_off_has_an_unknown_outcome_and_is_not_repeated(method: str) -> None:
    of = fleet(*BOTH)
    with pytest.raises(ProblemError) as raised:
        ask(broken_off, of, scope(method))
    assert raised.value.kind.code == "OUTCOME_UNKNOWN"
    assert ask(broken_off, of, scope(method))[2] == b"two"


def test_without_any_gateway_nothing_was_done_and_it_is_said() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(ProblemError) as raised:
        ask(handler, fleet(*BOTH), scope("POST"))
    assert (raised.value.kind.code, raised.value.headers["Retry-After"]) == ("SERVICE_UNAVAILABLE", "1")


def test_where_none_is_known_to_serve_all_are_tried() -> None:
    assert ask(named, fleet(*BOTH, serving=()), scope())[0] == 200


def test_a_request_that_http_does_not_allow_costs_no_gateway_its_place() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.LocalProtocolError("Illegal header value")

    of = fleet(*BOTH)
    with pytest.raises(ProblemError) as raised:
        ask(handler, of, scope())
    assert raised.value.kind.code == "VALIDATION_ERROR"
    assert all(member.serves for member in of)


def test_path_and_query_arrive_byte_for_byte_at_the_port_that_was_asked() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answered()

    ask(handler, fleet("one"), scope(path=b"/api/v3/../a%2Fb", query=b'symbols=["BTCUSDT"]&signature=ab'), place=1)
    assert seen[0].extensions["target"] == b'/api/v3/../a%2Fb?symbols=["BTCUSDT"]&signature=ab'
    assert seen[0].url.host == "one-binance"


def test_what_a_client_claims_about_its_address_is_replaced() -> None:
    seen: list[httpx.Headers] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return answered(headers={"Connection": "X-Private", "X-Private": "1", "X-Kept": "2"})

    claims = [
        (b"X-Forwarded-For", b"198.51.100.9"),
        (b"authorization", b"Bearer t"),
        (b"connection", b"keep-alive, x-mine"),
        (b"x-mine", b"1"),
    ]
    _, headers, _ = ask(handler, fleet("one"), scope(headers=claims))
    assert seen[0]["x-forwarded-for"] == "192.0.2.7"
    assert seen[0]["authorization"] == "Bearer t"
    assert "x-mine" not in seen[0]
    assert b"x-private" not in headers
    assert headers[b"x-kept"] == b"2"


def test_a_body_larger_than_any_gateway_takes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "BODY_BYTES_MAX", 1)
    with pytest.raises(ProblemError) as raised:
        ask(named, fleet("one"), scope("POST"))
    assert raised.value.kind.code == "PAYLOAD_TOO_LARGE"


def test_a_gateway_serves_when_it_says_so_and_no_longer() -> None:
    says: dict[str, Any] = {"status": 503}

    def probes(request: httpx.Request) -> httpx.Response:
        if says["status"] == 0:
            raise httpx.ConnectError("refused")
        return httpx.Response(says["status"])

    async def run() -> list[bool]:
        (one,) = fleet("one", serving=())
        of = Fleet([one], httpx.MockTransport(probes))
        heard = []
        for status in (503, 200, 0, 200, 503):
            says["status"] = status
            await of.probe(one)
            heard.append(one.serves)
        await of.close()
        return heard

    assert asyncio.run(run()) == [False, True, False, True, False]


def test_refusals_of_the_door_have_the_form_of_the_port() -> None:
    unknown = ProblemError("OUTCOME_UNKNOWN", "x")
    status, headers, body = problem_document(unknown, scope())
    assert (status, dict(headers)[b"content-type"]) == (504, b"application/problem+json")
    assert msgspec.json.decode(body)["code"] == "OUTCOME_UNKNOWN"
    status, _, body = binance_document(unknown, scope())
    assert (status, msgspec.json.decode(body)["code"]) == (503, -1007)


def test_time_limits_nest_and_an_idle_connection_is_the_doors_to_close() -> None:
    assert requests.ANSWER_SECONDS_MAX <= DOOR_SECONDS_MAX
    assert IDLE_SECONDS_MAX < KEEP_ALIVE_SECONDS
