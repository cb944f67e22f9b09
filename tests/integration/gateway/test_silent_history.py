"""A history database that is there and does not answer: who asks it is told so, and does not wait for it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from engine_container import trade_database as connections
from engine_container.gateway.history import History
from mycrypto.errors import ProblemError

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase


def test_nobody_waits_for_a_database_that_does_not_answer(trade_database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ANSWER_SECONDS_MAX", 0.3)
    holder = trade_database.connect()

    async def scenario() -> None:
        history = History(trade_database.dsn("trade_engine_app"), 0)
        await history.open()
        try:
            assert await history.watermark() == 0
            with holder.transaction():
                holder.execute("LOCK TABLE projection_watermark IN ACCESS EXCLUSIVE MODE")
                with pytest.raises(ProblemError) as refused:
                    await history.watermark()
                assert refused.value.kind.code == "SERVICE_UNAVAILABLE"
            monkeypatch.setattr(connections, "ANSWER_SECONDS_MAX", 30)
            assert await history.watermark() == 0, "it goes on by itself"
        finally:
            await history.close()

    asyncio.run(scenario())
