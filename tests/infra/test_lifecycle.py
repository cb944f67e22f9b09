"""CloudFormation always gets an answer: the stack would otherwise wait for an hour."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from infra.lifecycle import handler as lifecycle

REQUEST = {
    "RequestType": "Create",
    "ResourceType": "Custom::KafkaBootstrap",
    "LogicalResourceId": "Brokers",
    "StackId": "stack",
    "RequestId": "request",
    "ResponseURL": "https://answers.example/put",
    "ResourceProperties": {"ClusterArn": "arn"},
}


class _Kafka:
    def __init__(self, brokers: str) -> None:
        self._brokers = brokers

    def get_bootstrap_brokers(self, ClusterArn: str) -> dict[str, str]:  # noqa: N803 - as boto3 spells it
        return {"BootstrapBrokerStringSaslIam": self._brokers}


class _Lambda:
    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.calls: list[dict[str, Any]] = []

    def invoke(self, **call: Any) -> dict[str, Any]:
        self.calls.append(call)
        return {"Payload": io.BytesIO(b'{"errorMessage": "no"}'), **self.answer}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    def put(request: Any, timeout: int) -> io.BytesIO:
        assert request.get_method() == "PUT"
        sent.append(json.loads(request.data))
        return io.BytesIO()

    monkeypatch.setattr("urllib.request.urlopen", put)
    return sent


def _client(monkeypatch: pytest.MonkeyPatch, fake: object) -> None:
    monkeypatch.setattr("boto3.client", lambda *_args, **_more: fake)


def test_brokers_come_in_one_order(monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, Any]]) -> None:
    _client(monkeypatch, _Kafka("b-3:9098,b-1:9098,b-2:9098"))
    lifecycle.handler(REQUEST, None)
    assert answers[0]["Status"] == "SUCCESS"
    assert answers[0]["Data"] == {"Brokers": "b-1:9098,b-2:9098,b-3:9098"}


def test_an_update_keeps_the_resources_identity(monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, Any]]) -> None:
    _client(monkeypatch, _Kafka("b-1:9098"))
    lifecycle.handler({**REQUEST, "RequestType": "Update", "PhysicalResourceId": "as-before"}, None)
    assert answers[0]["PhysicalResourceId"] == "as-before", "another identity would make CloudFormation delete the old one"


def test_a_failed_function_fails_the_deployment(monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, Any]]) -> None:
    _client(monkeypatch, _Lambda({"FunctionError": "Unhandled"}))
    lifecycle.handler({**REQUEST, "ResourceType": "Custom::Invocation", "ResourceProperties": {"FunctionName": "migrations"}}, None)
    assert answers[0]["Status"] == "FAILED"
    assert "migrations failed" in answers[0]["Reason"]


def test_a_delete_does_nothing_and_succeeds(monkeypatch: pytest.MonkeyPatch, answers: list[dict[str, Any]]) -> None:
    fake = _Lambda({})
    _client(monkeypatch, fake)
    lifecycle.handler({**REQUEST, "RequestType": "Delete", "ResourceType": "Custom::Invocation", "PhysicalResourceId": "x"}, None)
    assert answers[0]["Status"] == "SUCCESS"
    assert fake.calls == []


def test_what_is_unknown_is_answered_too(answers: list[dict[str, Any]]) -> None:
    lifecycle.handler({**REQUEST, "ResourceType": "Custom::Other"}, None)
    assert answers[0]["Status"] == "FAILED"
