"""The entry of the payout worker: messages of the queue, one worker for a withdrawal, and the network fees of the schedule."""

from __future__ import annotations

import importlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.withdrawals import fees
from functions.withdrawals.ports import NetworkFee
from mycrypto import outbox
from tests.integration.wallet.test_payouts import left, saver, staff, status, withdraw

if TYPE_CHECKING:
    from types import SimpleNamespace

    from tests.integration.wallet.conftest import User, Wallet

__all__ = ["saver", "staff"]


@pytest.fixture
def worker(wallet: Wallet, monkeypatch: pytest.MonkeyPatch) -> Any:
    module = importlib.import_module("functions.withdrawals.handler")
    from types import SimpleNamespace

    found: SimpleNamespace = SimpleNamespace(
        db=wallet.context.db, redis=wallet.context.redis, payouts=wallet.payouts, chain=wallet.partners.http_chain
    )
    monkeypatch.setattr(module, "resources", lambda: found)
    return module


def deliver(worker: Any, *bodies: str) -> list[str]:
    """Hand messages to the worker; the ids of those that must come again."""
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    answer = worker.handler({"Records": records}, LambdaContext())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def queued(wallet: Wallet) -> list[str]:
    wallet.context.flush()
    return [row.payload.decode() for row in wallet.sqs.rows if row.destination == outbox.WITHDRAWALS]


def test_a_message_pays_its_withdrawal_once(wallet: Wallet, saver: User, staff: User, worker: Any) -> None:
    withdrawal = withdraw(wallet, saver, staff, "bank")
    (message,) = queued(wallet)
    (row,) = (row for row in wallet.sqs.rows if row.destination == outbox.WITHDRAWALS)
    assert (str(row.id), row.key) == (withdrawal["id"], str(saver.id)), "one message for a withdrawal, in the order of its user"
    assert deliver(worker, message) == []
    assert deliver(worker, message) == []
    assert (status(wallet, saver, withdrawal), left(wallet, "bank")) == ("COMPLETED", ["300"])


def test_while_another_worker_has_it_the_message_comes_again(wallet: Wallet, saver: User, staff: User, worker: Any) -> None:
    withdrawal = withdraw(wallet, saver, staff, "bank")
    (message,) = queued(wallet)
    key = f"withdrawal:lock:{saver.id}:{withdrawal['id']}"
    wallet.context.redis.set(key, "another", ex=300)
    assert deliver(worker, message) == ["0"]
    assert (status(wallet, saver, withdrawal), wallet.context.redis.get(key)) == ("APPROVED", b"another")
    wallet.context.redis.delete(key)
    assert deliver(worker, message) == []
    assert (left(wallet, "bank"), wallet.context.redis.get(key)) == (["300"], None)


def test_what_names_no_withdrawal_becomes_a_dead_letter(wallet: Wallet, worker: Any) -> None:
    _, unknown = outbox.message("withdrawal_payout", {"withdrawal_id": str(uuid4())})
    _, strange = outbox.message("withdrawal_payout", {"withdrawal_id": "x"})
    _, other = outbox.message("audit", {})
    assert deliver(worker, unknown.decode(), strange.decode(), other.decode(), "{") == ["0", "1", "2", "3"]


def test_the_networks_fee_is_charged_with_a_margin_while_it_is_fresh(wallet: Wallet, saver: User, worker: Any) -> None:
    def charged() -> str:
        return str(wallet.call("GET", "/api/wallet/withdraw/crypto/fees/btc", user=saver).body["network_fee"])

    assert charged() == "0.00001"
    wallet.partners.chain.set_fee("BTC", "0.00004")
    assert worker.handler({"job": "fees"}, LambdaContext())["fees"]["BTC"] == "0.00004800"
    assert charged() == "0.000048"
    wallet.partners.chain.set_fee("BTC", "1")
    worker.handler({"job": "fees"}, LambdaContext())
    assert charged() == "0.0002", "at most the cap"
    wallet.pass_time(timedelta(minutes=30))
    assert charged() == "0.00001", "an old answer says nothing"


@pytest.mark.parametrize("fee", ["", "-1", "0", "much", "NaN"])
def test_a_fee_that_is_none_is_not_charged(fee: str) -> None:
    assert fees.charged(NetworkFee("BTC", fee)) is None
    assert fees.charged(NetworkFee("USDT", "1")) is None


def keys_of(wallet: Wallet) -> set[str]:
    return {json.loads(body)["message_id"] for body in queued(wallet)}


def test_each_later_look_is_a_message_of_its_own(wallet: Wallet, saver: User, staff: User) -> None:
    withdraw(wallet, saver, staff, "bank")
    wallet.partners.ledger.plan("bank", "slow", 1)
    first = keys_of(wallet)
    wallet.run_payouts()
    wallet.pass_time(timedelta(minutes=3))
    from mycrypto.withdrawals import payouts

    connection = wallet.database.connect("wallet_app")
    with connection.transaction():
        assert payouts.queue_due(connection, wallet.now, rows_max=10) == 1
    with connection.transaction():
        assert payouts.queue_due(connection, wallet.now, rows_max=10) == 0, "queued once a look"
    assert len(keys_of(wallet) - first) == 1
