"""The front door sends each path to whom it belongs, and says so when that one is away."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.types import Message, Receive, Scope, Send

from engine_container.web.fast_path.http_protocol import FastHttpProtocol
from mycrypto_local.front_door import ANSWER_SECONDS_MAX, BODY_BYTES_MAX, FUNCTION_CALLS_MAX, FrontDoor, function_path
from tests.simulation.loop import virtual

REST = "/restapis/abc/v1/_user_request_"
Upstream = Callable[[httpx.Request], httpx.Response]


async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"gateway"})


def ask(upstream: Upstream, method: str, path: str, **options: Any) -> httpx.Response:
    door = FrontDoor(gateway, "http://emulator:4566", REST, httpx.MockTransport(upstream))

    async def run() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door, client=("192.0.2.7", 5)), base_url="http://door") as client:
            return await client.request(method, path, **options)

    return asyncio.run(run())


def echo(request: httpx.Request) -> httpx.Response:
    document = {"url": str(request.url), "headers": dict(request.headers), "body": request.content.decode("latin-1")}
    trace = request.headers["x-request-id"]
    return httpx.Response(
        201, json=document, headers={"X-Request-ID": trace, "X-Amzn-Trace": "t", "Connection": "close, X-Private", "X-Private": "1"}
    )


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/api/auth/login", "/api/auth/login"),
        ("/api/auth", "/api/auth"),
        ("/api/wallet/deposit/fiat?x=1&y=%2F", "/api/wallet/deposit/fiat?x=1&y=%2F"),
        ("/api/v1/auth/me", "/api/auth/me"),
        ("/.well-known/jwks.json", "/api/auth/.well-known/jwks.json"),
        ("/api/v1/wallet/balances", "/api/wallet/balances"),
        ("/api/wallet/a%2Fb", "/api/wallet/a%2Fb"),
    ],
)
def test_paths_of_functions_go_to_the_rest_api(path: str, target: str) -> None:
    answer = ask(echo, "GET", path)
    assert answer.status_code == 201
    assert answer.json()["url"] == f"http://emulator:4566{REST}{target}"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/orders",
        "/api/authority",
        "/api/walletx/y",
        "/api/v1/authors",
        "/health",
        "/api/v1/orderbook/BTCUSDT",
        "/.well-known/jwks.json/x",
        "/.well-known/other",
    ],
)
def test_everything_else_is_the_gateways(path: str) -> None:
    assert ask(echo, "GET", path).text == "gateway"


@pytest.mark.parametrize("path", [b"/api/auth/../../_ministack/reset", b"/api/auth/%2e%2e/x", b"/api/wallet/..%2f..", b"/api/auth\\..\\x"])
def test_no_path_climbs_out_of_the_rest_api(path: bytes) -> None:
    assert function_path(path) is None


def test_the_body_and_the_clients_headers_arrive_but_not_what_it_claims_to_be() -> None:
    headers = {"Authorization": "Bearer t", "X-Forwarded-For": "10.0.0.1", "X-Request-ID": "trace-1", "Connection": "X-Hop", "X-Hop": "1"}
    seen = ask(echo, "POST", "/api/auth/login", content=b'{"a":1}', headers=headers).json()
    assert seen["body"] == '{"a":1}'
    assert seen["headers"]["authorization"] == "Bearer t"
    assert seen["headers"]["x-forwarded-for"] == "192.0.2.7"
    assert seen["headers"]["x-request-id"] == "trace-1"
    assert seen["headers"]["host"] == "emulator:4566"
    assert "x-hop" not in seen["headers"]


def test_headers_of_the_answer_arrive_but_not_those_of_its_connection() -> None:
    answer = ask(echo, "GET", "/api/auth/me", headers={"X-Request-ID": "trace-2"})
    assert answer.headers["x-amzn-trace"] == "t"
    assert answer.headers["x-request-id"] == "trace-2"
    assert "x-private" not in answer.headers


@pytest.mark.parametrize(
    ("failure", "status", "code", "cause"),
    [
        (httpx.ConnectError("refused"), 503, "SERVICE_UNAVAILABLE", "does not answer"),
        (httpx.ReadTimeout("slow"), 504, "OUTCOME_UNKNOWN", "has not answered within 29 s"),
        (httpx.ReadError("gone"), 504, "OUTCOME_UNKNOWN", "broke off: ReadError('gone')"),
    ],
)
def test_an_emulator_that_fails_is_a_problem_document(failure: Exception, status: int, code: str, cause: str) -> None:
    def upstream(_request: httpx.Request) -> httpx.Response:
        raise failure

    answer = ask(upstream, "POST", "/api/wallet/deposit/fiat", content=b"{}", headers={"X-Request-ID": "trace-3"})
    assert (answer.status_code, answer.json()["code"], answer.json()["trace_id"]) == (status, code, "trace-3")
    assert cause in answer.json()["detail"]
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (502, '{"message": "Task timed out after 30.00 seconds"}'),
        (502, '{"errorMessage": "worker died", "errorType": "Runtime.ExitError"}'),
        (200, '{"errorMessage": "worker died", "errorType": "Runtime.ExitError"}'),
        (504, '{"message": "Internal server error"}'),
        (429, "Rate Exceeded."),
        (500, "<html>"),
    ],
)
def test_a_function_that_did_not_answer_may_have_done_its_work(method: str, status: int, body: str) -> None:
    answer = ask(lambda _: httpx.Response(status, text=body), method, "/api/wallet/withdraw/fiat")
    assert (answer.status_code, answer.json()["code"]) == (504, "OUTCOME_UNKNOWN")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "worker" not in answer.text


def test_a_function_that_refuses_is_heard() -> None:
    refusal = httpx.Response(503, json={"code": "SERVICE_UNAVAILABLE"}, headers={"X-Request-ID": "t"})
    assert ask(lambda _: refusal, "POST", "/api/wallet/withdraw/fiat").json() == {"code": "SERVICE_UNAVAILABLE"}


@pytest.mark.parametrize("header", [b"X-Odd: text \t ", b"X-Odd: \t", b"X-Odd: a\x01b", b"X-Odd: \xff\xfe", b"Authorization: Bearer  "])
@pytest.mark.parametrize(
    "target", [b"/api/auth/profile", b"/api/wallet/%00?x=%00", b"/api/auth/x?y=\xff", b"/api/auth/\xc3\x28", b'/api/wallet/"<{|}>']
)
def test_whatever_bytes_a_request_holds_there_is_an_answer(header: bytes, target: bytes) -> None:
    """Through the server itself: a client that builds requests would not send these."""

    async def run() -> bytes:
        door = FrontDoor(gateway, "http://emulator:4566", REST, httpx.MockTransport(echo))
        server = uvicorn.Server(uvicorn.Config(door, host="127.0.0.1", port=0, http=FastHttpProtocol, lifespan="off", log_config=None))
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection(*server.servers[0].sockets[0].getsockname())
        writer.write(b"GET " + target + b" HTTP/1.1\r\nHost: door\r\n" + header + b"\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        server.should_exit = True
        await serving
        return answer

    status = int(asyncio.run(run()).split(b" ", 2)[1])
    assert status in {201, 400}


def test_a_body_beyond_the_limit_is_refused() -> None:
    answer = ask(echo, "POST", "/api/auth/login", content=b"x" * (BODY_BYTES_MAX + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


def entry(number: int, to: list[str], html: str | None = None) -> dict[str, Any]:
    return {"MessageId": f"m{number}", "Source": "no-reply@mycrypto.example", "To": to, "CC": [], "BCC": [], "Subject": f"s{number}",
            "BodyText": f"text {number}", "BodyHtml": html, "Timestamp": 1_700_000_000.5 + number, "Type": "SendEmail"}  # fmt: skip


def ministack(request: httpx.Request) -> httpx.Response:
    assert request.url.path == "/_ministack/ses/messages"
    mails = [entry(1, ["ada@example.com"]), entry(2, ["Bob <bob@example.com>"], "<script>x</script>"), entry(3, ["ADA@example.com"])]
    return httpx.Response(200, json={"messages": {"000000000000": mails}})


def localstack(request: httpx.Request) -> httpx.Response:
    if request.url.path != "/_aws/ses":
        return httpx.Response(404)
    mail = {
        "Id": "l1",
        "Source": "a@b",
        "Destination": {"ToAddresses": ["ada@example.com"]},
        "Subject": "s",
        "Body": {"text_part": "t", "html_part": None},
        "Timestamp": "2026-11-23T10:00:00",
    }
    return httpx.Response(200, json={"messages": [mail]})


def test_mails_of_an_address_newest_first() -> None:
    mails = ask(ministack, "GET", "/local/mail?to=ada%40Example.com").json()["data"]
    assert [mail["message_id"] for mail in mails] == ["m3", "m1"]
    assert mails[1] == {"message_id": "m1", "from": "no-reply@mycrypto.example", "to": ["ada@example.com"], "subject": "s1", "text": "text 1",
                        "html": "", "sent_at": "2023-11-14T22:13:21.500+00:00"}  # fmt: skip


def test_mails_are_read_from_localstack_too() -> None:
    assert [mail["text"] for mail in ask(localstack, "GET", "/local/mail?to=ada@example.com").json()["data"]] == ["t"]


def test_the_page_shows_mails_and_runs_none_of_their_code() -> None:
    answer = ask(ministack, "GET", "/local/mailbox?to=bob@example.com")
    assert answer.headers["content-type"].startswith("text/html")
    assert "text 2" in answer.text
    assert "<script>" not in answer.text
    assert "sandbox" in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]


def test_the_first_page_has_its_links() -> None:
    assert "/local/mailbox" in ask(ministack, "GET", "/").text


def test_what_is_not_there_is_a_problem_document() -> None:
    assert ask(ministack, "GET", "/local/secrets").status_code == 404
    assert ask(ministack, "POST", "/local/mail").status_code == 405
    assert json.loads(ask(ministack, "DELETE", "/").content)["code"] == "METHOD_NOT_ALLOWED"


def side_by_side(door: FrontDoor, calls: int) -> list[httpx.Response]:
    async def run() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://door") as client:
            return list(await asyncio.gather(*(client.get("/api/auth/me") for _ in range(calls))))

    return asyncio.run(run())


def test_more_calls_of_functions_than_processes_are_good_for_wait_for_their_turn() -> None:
    under_way: list[int] = []
    now = 0

    async def upstream(_request: httpx.Request) -> httpx.Response:
        nonlocal now
        now += 1
        under_way.append(now)
        await asyncio.sleep(0)
        now -= 1
        return httpx.Response(200, headers={"X-Request-ID": "t"})

    calls = 5 * FUNCTION_CALLS_MAX
    answers = side_by_side(FrontDoor(gateway, "http://emulator:4566", REST, httpx.MockTransport(upstream)), calls)
    assert [answer.status_code for answer in answers] == [200] * calls
    assert max(under_way) == FUNCTION_CALLS_MAX


def test_whose_turn_never_comes_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    arrived, answering = asyncio.Semaphore(0), asyncio.Event()

    async def upstream(_request: httpx.Request) -> httpx.Response:
        arrived.release()
        await answering.wait()
        return httpx.Response(200, headers={"X-Request-ID": "t"})

    async def run() -> httpx.Response:
        door = FrontDoor(gateway, "http://emulator:4566", REST, httpx.MockTransport(upstream))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://door") as client:
            others = [asyncio.create_task(client.get("/api/auth/me")) for _ in range(FUNCTION_CALLS_MAX)]
            for _ in others:
                await arrived.acquire()
            monkeypatch.setattr("mycrypto_local.front_door.ANSWER_SECONDS_MAX", 0.01)
            refused = await client.get("/api/auth/me")
            monkeypatch.undo()
            answering.set()
            assert [answer.status_code for answer in await asyncio.gather(*others)] == [200] * FUNCTION_CALLS_MAX
            assert (await client.get("/api/auth/me")).status_code == 200
            return refused

    answer = asyncio.run(run())
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "SERVICE_UNAVAILABLE", "1")
    assert "other calls of functions" in answer.json()["detail"]


def test_a_turn_that_came_late_leaves_the_answer_less_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One deadline from the front door through every turn: an emulator that hangs costs a caller that much and not twice as much."""
    monkeypatch.setattr("mycrypto_local.front_door.FUNCTION_CALLS_MAX", 1)
    asked: list[float] = []

    async def upstream(_request: httpx.Request) -> httpx.Response:
        asked.append(asyncio.get_running_loop().time())
        await asyncio.sleep(ANSWER_SECONDS_MAX - 1 if len(asked) == 1 else 1_000)
        return httpx.Response(200, headers={"X-Request-ID": "t"})

    async def run() -> tuple[float, httpx.Response, httpx.Response]:
        door = FrontDoor(gateway, "http://emulator:4566", REST, httpx.MockTransport(upstream))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://door", timeout=None) as client:
            start = asyncio.get_running_loop().time()
            first, second = await asyncio.gather(client.get("/api/auth/me"), client.get("/api/auth/me"))
            return asyncio.get_running_loop().time() - start, first, second

    with virtual() as loop:
        seconds, first, second = loop.run_until_complete(run())
    assert first.status_code == 200
    assert (second.status_code, second.json()["code"]) == (504, "OUTCOME_UNKNOWN")
    assert len(asked) == 2
    assert seconds == pytest.approx(ANSWER_SECONDS_MAX)  # of the loop's own clock


def test_a_request_that_a_stop_cuts_off_has_an_unknown_outcome() -> None:
    async def upstream(_request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(1_000)
        raise AssertionError

    async def run() -> list[Message]:
        door = FrontDoor(gateway, "http://emulator:4566", REST, httpx.MockTransport(upstream))
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"{}", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        path = "/api/wallet/withdraw/fiat"
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [],
            "scheme": "http",
        }
        request = asyncio.create_task(door(scope, receive, send))
        await asyncio.sleep(1)
        request.cancel()  # as the server does when its time to stop is up
        await asyncio.gather(request, return_exceptions=True)
        assert request.cancelled()
        return sent

    with virtual() as loop:
        start, body = loop.run_until_complete(run())
    assert start["status"] == 504
    assert json.loads(body["body"])["code"] == "OUTCOME_UNKNOWN"
