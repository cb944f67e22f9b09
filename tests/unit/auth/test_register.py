"""The population register over HTTP: a certain answer or none."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.kyc.register import HttpRegister, Person, RegisterError, upper
from mycrypto_local.partners import app
from mycrypto_local.partners.ledger import Ledger
from tests.in_process import InProcess

AYSE = Person("10000000146", "Işıl  inci", "Çağlar", date(1990, 12, 31))


def _register(answer: Callable[[httpx.Request], httpx.Response]) -> HttpRegister:
    return HttpRegister(httpx.Client(base_url="https://register.example/", transport=httpx.MockTransport(answer)))


def test_names_are_written_as_in_turkish() -> None:
    assert upper("ışık  ibrahim") == "IŞIK İBRAHİM"
    seen: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return httpx.Response(200, json={"national_id": AYSE.national_id, "match": True})

    assert _register(answer).knows(AYSE) is True
    assert seen == [{"national_id": "10000000146", "first_name": "IŞIL İNCİ", "last_name": "ÇAĞLAR", "birth_year": 1990}]


def _slow(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("too slow", request=request)


def _away(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("away", request=request)


@pytest.mark.parametrize(
    "answer",
    [
        _slow,
        _away,
        lambda _: httpx.Response(500, json={"national_id": AYSE.national_id, "match": True}),
        lambda _: httpx.Response(302, headers={"Location": "https://elsewhere.example"}),
        lambda _: httpx.Response(200, json={"national_id": "11111111110", "match": True}),
        lambda _: httpx.Response(200, json={"national_id": AYSE.national_id, "match": "true"}),
        lambda _: httpx.Response(200, json={"match": True}),
        lambda _: httpx.Response(200, text="<html>"),
        lambda _: httpx.Response(200, content=b" " * 10_000 + b"{}"),
    ],
)
def test_whatever_is_no_certain_answer_is_none(answer: Callable[[httpx.Request], httpx.Response]) -> None:
    with pytest.raises(RegisterError) as error:
        _register(answer).knows(AYSE)
    assert AYSE.national_id not in str(error.value)


@contextmanager
def _server(*parts: bytes, pause: float = 0.0) -> Iterator[str]:
    """The address of a server that reads one request and answers with these bytes, a pause before each; without any it never answers."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def serve() -> None:
        connection, _ = listening.accept()
        with connection, suppress(OSError):
            connection.recv(65_536)
            for part in parts:
                over.wait(pause)
                connection.sendall(part)
            over.wait()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/register"
    finally:
        over.set()
        thread.join()
        listening.close()


def test_a_register_that_is_away_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(RegisterError, match="ConnectError"):
        HttpRegister.at(f"http://127.0.0.1:{port}").knows(AYSE)


def test_a_register_that_never_answers_is_not_waited_for() -> None:
    with _server() as url, pytest.raises(RegisterError, match="ReadTimeout"):
        HttpRegister.at(url, seconds_max=0.2).knows(AYSE)


def test_a_register_that_sends_a_byte_now_and_then_is_not_waited_for() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n"
    with _server(head, *(b" " for _ in range(4_000)), pause=0.02) as url, pytest.raises(RegisterError, match="too slowly"):
        HttpRegister.at(url, seconds_max=0.2).knows(AYSE)


@pytest.mark.parametrize(
    ("behaviour", "outcome"), [("normal", True), ("mismatch", False), ("error", None), ("timeout", None), ("lie", None)]
)
def test_the_simulator_is_right_wrong_broken_slow_and_a_liar_as_planned(tmp_path: Path, behaviour: str, outcome: bool | None) -> None:
    async def no_answer() -> None:
        raise httpx.ReadTimeout("the register does not answer")

    ledger = Ledger(tmp_path / "partners.sqlite")
    client = httpx.Client(transport=InProcess(app.create_app(ledger, hang=no_answer)), base_url="http://register/local/register/")
    planned = client.post("http://register/local/chain/plan", json={"partner": "register", "behaviour": behaviour})
    assert planned.status_code == 200
    register = HttpRegister(client)
    if outcome is None:
        with pytest.raises(RegisterError):
            register.knows(AYSE)
    else:
        assert register.knows(AYSE) is outcome
    assert register.knows(AYSE) is True, "the plan was for one question"
    ledger.close()
