"""Settlement as Lambda invokes it."""

from __future__ import annotations

import base64
import copy
import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from mycrypto import cache
from mycrypto.balance_cache import balance_key, balances_key
from mycrypto.contracts import events

if TYPE_CHECKING:
    import redis

    from tests.integration.conftest import EngineLog, TestDatabase

SAMPLE = json.loads((Path(__file__).parents[2] / "events" / "engine_events_msk.json").read_text())


def msk(records: list[events.EventRecord]) -> dict[str, Any]:
    event: dict[str, Any] = copy.deepcopy(SAMPLE)
    (model,) = event["records"]["engine-events-0"]
    event["records"]["engine-events-0"] = [
        model | {"offset": offset, "value": base64.b64encode(msgspec.msgpack.encode(record)).decode()}
        for offset, record in enumerate(records)
    ]
    return event


@pytest.fixture
def server(valkey: str) -> Iterator[redis.Redis]:
    made = cache.client(valkey)
    yield made
    made.close()


@pytest.fixture
def module(exchange: TestDatabase, valkey: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {
        "STAGE": "local",
        "DATABASE_URL": exchange.dsn("settlement_app"),
        "DATABASE_SECRET_NAME": "",
        "REDIS_URL": valkey,
        "REDIS_SECRET_NAME": "",
    }.items():
        monkeypatch.setenv(name, value)
    found = importlib.import_module("functions.settlement.handler")
    found._resources.cache_clear()
    yield found
    found._resources().database.close()
    found._resources.cache_clear()


def test_events_are_settled_and_cached_balances_dropped(module: Any, engine_log: EngineLog, server: redis.Redis) -> None:
    user = uuid4()
    for key in (balance_key(user, "TRY"), balances_key(user), balance_key(user, "BTC")):
        server.set(key, b"old", ex=60)
    engine_log.emit(events.BalanceChanged(user.bytes, "TRY", 0, 0))
    assert module.handler(msk(engine_log.take_records()), LambdaContext()) == {"applied": 1, "watermark": 1}
    assert [server.exists(key) for key in (balance_key(user, "TRY"), balances_key(user), balance_key(user, "BTC"))] == [0, 0, 1]


def test_a_difference_stops_the_consumer_with_an_alarm_and_a_metric(
    module: Any, engine_log: EngineLog, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    engine_log.emit(events.Totals({"TRY": 1}))
    event = msk(engine_log.take_records())
    for _ in range(2):  # it stays stopped however often it is handed the same
        with pytest.raises(module.service.TotalsMismatchError):
            module.handler(event, LambdaContext())
    told = [(getattr(record, "alarm", ""), getattr(record, "kind", "")) for record in caplog.records]
    assert told == [("SETTLEMENT_STOPPED", "TotalsMismatchError")] * 2
    assert "wallet_reconciliation_mismatch_total" in capsys.readouterr().out


def test_a_gap_is_an_error_and_an_empty_batch_is_none(module: Any, engine_log: EngineLog) -> None:
    engine_log.totals()
    engine_log.take_records()
    engine_log.totals()
    with pytest.raises(RuntimeError, match="missing"):
        module.handler(msk(engine_log.take_records()), LambdaContext())
    assert module.handler(SAMPLE | {"records": {}}, LambdaContext()) == {"applied": 0, "watermark": 0}
