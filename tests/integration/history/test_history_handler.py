"""The history as Lambda invokes it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from mycrypto.contracts import events
from mycrypto.contracts.trading import OrderStatus, Side

if TYPE_CHECKING:
    from tests.integration.conftest import EngineLog, TestDatabase

ONE = 10**8


@pytest.fixture
def module(trade_database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("DATABASE_URL", trade_database.dsn("trade_engine_app"))
    monkeypatch.setenv("DATABASE_SECRET_NAME", "")
    found = importlib.import_module("functions.history.handler")
    found._database.cache_clear()
    yield found
    found._database().close()
    found._database.cache_clear()


def test_a_batch_becomes_rows(
    module: Any,
    engine_log: EngineLog,
    trade_database: TestDatabase,
    as_msk_event: Callable[[list[events.EventRecord]], dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    user = uuid4()
    engine_log.balances[user, "BTC"] = [ONE, 0]
    engine_log.rest(user, Side.SELL, ONE, ONE)
    engine_log.emit(events.OrderClosed(10**6, 1, user.bytes, "BTC/TRY", OrderStatus.CANCELLED, "USER", 0, 0))
    event = as_msk_event(engine_log.take_records())
    assert module.handler(event, LambdaContext()) == {"applied": 3, "watermark": 3}
    assert module.handler(event, LambdaContext()) == {"applied": 0, "watermark": 3}
    assert trade_database.connect().execute("SELECT count(*) FROM orders").fetchone() == (1,)
    assert [getattr(record, "missing", 0) for record in caplog.records if record.levelname == "ERROR"] == [1]
