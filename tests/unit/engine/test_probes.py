"""What the engine and the publisher answer to who looks after them."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from engine_container.metrics import MEDIA_TYPE, Counter
from engine_container.web import probes


def ask(method: str, path: str) -> httpx.Response:
    async def health() -> probes.Answer:
        return 503, {"status": "starting"}

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(probes.application({"/health": health}))
        async with httpx.AsyncClient(transport=transport, base_url="http://engine") as client:
            return await client.request(method, path)

    return asyncio.run(call())


def test_a_probe_is_answered_with_its_status_and_document() -> None:
    answer = ask("GET", "/health?verbose=1")
    assert (answer.status_code, answer.json()) == (503, {"status": "starting"})
    assert answer.headers["content-type"] == "application/json"


def test_a_balancer_may_ask_for_the_head_alone() -> None:
    answer = ask("HEAD", "/health")
    assert (answer.status_code, answer.content) == (503, b"")


def test_metrics_come_by_themselves() -> None:
    Counter("engine_commands_failed_total").add(3)
    answer = ask("GET", "/metrics")
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert "engine_commands_failed_total 3.0" in answer.text.splitlines()


@pytest.mark.parametrize(
    ("method", "path", "status", "said"), [("GET", "/other", 404, "not found"), ("POST", "/health", 405, "method not allowed")]
)
def test_what_is_not_there_is_refused(method: str, path: str, status: int, said: str) -> None:
    answer = ask(method, path)
    assert (answer.status_code, answer.json()) == (status, {"status": said})
