"""Whether a token was revoked is asked once for all who bear it at the time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import pytest

from engine_container.gateway import auth
from engine_container.gateway.sockets.session_check import SessionCheck
from engine_container.web.steps import finish
from mycrypto.errors import ProblemError
from mycrypto.security import revocation
from tests.unit.gateway.conftest import Harness

Play = Callable[..., None]
ALICE = UUID("018f0000-0000-7000-8000-00000000000a")


class Slow:
    """A Redis that counts what it is asked, and answers when it is let."""

    def __init__(self, harness: Harness) -> None:
        self._redis = harness.redis
        self.asked: list[list[str]] = []
        self.let = asyncio.Event()
        self.aclose = harness.redis.aclose

    async def mget(self, keys: Iterable[str]) -> list[Any]:
        self.asked.append(list(keys))
        await self.let.wait()
        found: list[Any] = await self._redis.mget(self.asked[-1])
        return found


@pytest.fixture(autouse=True)
def answers_stay_young(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "REVOCATION_AGE_SECONDS_MAX", 1e9)


def test_requests_that_wait_share_the_question(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        store = Slow(h)
        token = h.token(ALICE)
        await finish(h.gateway.auth.verify(token))
        (known,) = h.gateway.auth._known.values()
        known.checked_at = -float("inf")
        h.gateway.auth._store = store  # type: ignore[assignment]
        waiting = [asyncio.create_task(finish(h.gateway.auth.verify(token))) for _ in range(5)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        waiting[0].cancel()
        store.let.set()
        callers = await asyncio.gather(*waiting[1:])
        assert {caller.user_id for caller in callers} == {ALICE.bytes}
        assert len(store.asked) == 1
        await finish(h.gateway.auth.verify(token))
        assert len(store.asked) == 1, "the answer is young enough"

    play(scenario)


def test_all_who_wait_are_refused_when_the_token_was_revoked(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        store = Slow(h)
        token = h.token(ALICE)
        claims = (await finish(h.gateway.auth.verify(token))).claims
        assert claims is not None
        h.redis.values[revocation.token_key(claims.jti)] = b"1"
        (known,) = h.gateway.auth._known.values()
        known.checked_at = -float("inf")
        h.gateway.auth._store = store  # type: ignore[assignment]
        waiting = [asyncio.create_task(finish(h.gateway.auth.verify(token))) for _ in range(3)]
        await asyncio.sleep(0)
        store.let.set()
        for refused in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(refused, ProblemError)
            assert refused.kind.code == "INVALID_TOKEN"
        with pytest.raises(ProblemError, match="INVALID_TOKEN"):
            await finish(h.gateway.auth.verify(token))

    play(scenario)


def test_a_user_with_many_sockets_is_asked_about_once(play: Play) -> None:
    async def scenario(h: Harness) -> None:
        store = Slow(h)
        store.let.set()
        async with h.socket("/ws", user=ALICE), h.socket("/ws", user=ALICE), h.socket("/ws", user=ALICE):
            server: Any = h.gateway.sockets
            async with asyncio.timeout(60):
                while len(signed := [each for own in server._by_user.values() for each in own]) < 3:  # noqa: ASYNC110 - nothing tells
                    await asyncio.sleep(0.01)
            h.gateway.redis = store  # type: ignore[assignment]
            store.asked.clear()
            await SessionCheck(h.gateway)._close_revoked(signed)
            assert len(store.asked) == 1
            assert len(store.asked[0]) == len(set(store.asked[0]))

    play(scenario)
