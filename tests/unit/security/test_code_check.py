"""A code is right only where a certain answer says so, and is asked for once."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from mycrypto.errors import ProblemError
from mycrypto.security.code_check import CodeCheck
from mycrypto.security.invoked_codes import ANSWER_SECONDS_MAX, InvokedCodes
from mycrypto.security.second_factor import Check

USER = UUID(int=7)


class Lambda:
    """Lambda's API, whose answers are made by ``answer``."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.calls: list[dict[str, Any]] = []

    def invoke(self, **call: Any) -> dict[str, Any]:
        self.calls.append(call)
        made = self.answer(msgspec.json.decode(call["Payload"]))
        return {"StatusCode": 200, "Payload": io.BytesIO(made)} if isinstance(made, bytes) else made


def _ask(monkeypatch: pytest.MonkeyPatch, answer: Any) -> tuple[Check, Lambda]:
    found = Lambda(answer)
    configured: list[Any] = []

    def client(_service: str, config: Any) -> Lambda:
        configured.append(config)
        return found

    monkeypatch.setattr("boto3.client", client)
    checked = InvokedCodes("mycrypto-dev-codes:live")
    try:
        return checked.check(USER, "123456", ip="192.0.2.1", user_agent="x" * 2_000, trace_id="t"), found
    finally:
        assert len(found.calls) == 1, "a second question would count a second try"
        (config,) = configured
        assert config.retries["total_max_attempts"] == 1
        assert config.read_timeout == ANSWER_SECONDS_MAX


@pytest.mark.parametrize("result", list(Check))
def test_the_answer_is_the_functions(monkeypatch: pytest.MonkeyPatch, result: Check) -> None:
    found, asked = _ask(monkeypatch, lambda event: msgspec.json.encode({"id": event["id"], "result": result.value}))
    assert found is result
    assert asked.calls[0]["FunctionName"] == "mycrypto-dev-codes:live"
    sent = msgspec.json.decode(asked.calls[0]["Payload"], type=CodeCheck)
    assert (sent.user_id, sent.code, len(sent.user_agent)) == (USER, "123456", 512)


def _away(_event: Any) -> bytes:
    raise EndpointConnectionError(endpoint_url="https://lambda.example")


def _never_reached(_event: Any) -> bytes:
    raise ConnectTimeoutError(endpoint_url="https://lambda.example")


def _slow(_event: Any) -> bytes:
    raise ReadTimeoutError(endpoint_url="https://lambda.example")


def _throttled(_event: Any) -> bytes:
    raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "x"}}, "Invoke")


def _forbidden(_event: Any) -> bytes:
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "x"}}, "Invoke")


def _failed(event: Any) -> dict[str, Any]:
    right = msgspec.json.encode({"id": event["id"], "result": "right"})
    return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": io.BytesIO(right)}


@pytest.mark.parametrize(
    "answer",
    [
        _away,
        _never_reached,
        _slow,
        _throttled,
        _forbidden,
        _failed,
        lambda _event: msgspec.json.encode({"id": str(uuid4()), "result": "right"}),
        lambda event: msgspec.json.encode({"id": event["id"], "result": "RIGHT"}),
        lambda event: msgspec.json.encode({"id": event["id"], "result": True}),
        lambda event: msgspec.json.encode({"id": event["id"]}),
        lambda _event: b"null",
        lambda _event: b"",
        lambda _event: b"<html>",
    ],
)
def test_whatever_is_no_certain_answer_is_a_503_that_says_so(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    with pytest.raises(ProblemError) as refused:
        _ask(monkeypatch, answer)
    assert refused.value.kind.status == 503
    assert refused.value.headers["Retry-After"]
    assert "nothing was done" in str(refused.value)
    assert "123456" not in str(refused.value)
