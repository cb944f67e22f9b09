"""Lambda entry of the payout worker: one job of the payout queue at a time, and the network fees on a schedule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final
from uuid import UUID

import msgspec
import redis
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.withdrawals import closing_store, fees, locks, reconciling, store
from functions.withdrawals.partners import HttpBank, HttpChain
from functions.withdrawals.service import Payouts
from functions.withdrawals.settings import Settings
from mycrypto import cache as redis_cache
from mycrypto import partners, queue, secrets, settings, telemetry
from mycrypto.database import Database
from mycrypto.log_producer import LogProducer
from mycrypto.outbox import KafkaSender, Relay, SqsSender
from mycrypto.partners import AwayError
from mycrypto.queue import Envelope, MessageError
from mycrypto.withdrawals import rows
from mycrypto.withdrawals.payouts import JOB

RECONCILE_HOUR: Final = 2
"""UTC; the schedule asks every hour."""

logger = telemetry.logger("withdrawals")
meter = telemetry.Meter("withdrawals")


class Job(msgspec.Struct, frozen=True):
    """The data of a message."""

    withdrawal_id: UUID


class Resources:
    """What stays open while the function is warm."""

    def __init__(self, configuration: Settings) -> None:
        producer = LogProducer(configuration.kafka_bootstrap_servers, configuration.kafka_auth)
        self.db = Database(configuration.database_url, configuration.database_secret_name, application="withdrawals")
        self.redis: redis.Redis = redis_cache.client(configuration.redis_url, configuration.redis_secret_name)
        keys = secrets.get(configuration.webhooks_secret_name)
        self.bank = HttpBank(partners.client(configuration.bank_url), str(keys["bank"])) if configuration.bank_url else None
        self.chain = HttpChain(partners.client(configuration.chain_url), str(keys["chain"])) if configuration.chain_url else None
        self.payouts = Payouts(
            db=self.db,
            relay=Relay({"kafka": KafkaSender(producer), "sqs": SqsSender(configuration.stage)}, _delayed),
            balances=redis_cache.Cache(lambda: self.redis),
            bank=self.bank,
            signer=self.chain,
            node=self.chain,
            hot_wallet_limits=configuration.hot_wallet_limits(),
            proof=timedelta(seconds=configuration.proof_seconds),
            retry_seconds=configuration.retry_seconds,
            logger=logger,
            meter=meter,
            clock=lambda: datetime.now(UTC),
        )


def _delayed(destination: str, error: Exception) -> None:
    logger.warning("messages wait in the outbox", destination=destination, error=str(error))
    meter.count("outbox_delayed_total", destination=destination)


@cache
def resources() -> Resources:
    return Resources(settings.load(Settings))


def pay(envelope: Envelope) -> None:
    """One job. Raises MessageError for what names no withdrawal, BusyError."""
    if envelope.type != JOB:
        raise MessageError(f"not a payout: {envelope.type!r}")
    try:
        job = msgspec.json.decode(envelope.data, type=Job)
    except msgspec.MsgspecError as error:
        raise MessageError(f"not a payout: {error}") from None
    found = resources()
    row = rows.find(found.db.connection(), job.withdrawal_id)
    if row is None:
        raise MessageError(f"there is no withdrawal {job.withdrawal_id}")
    with locks.held(found.redis, row.user_id, row.id):
        found.payouts.advance(row.id)


def observe_fees() -> dict[str, str]:
    """Ask the node what its networks charge, and keep it for the next withdrawals; without an answer the last ones grow old."""
    found = resources()
    if found.chain is None:
        return {}
    try:
        observed = found.chain.fees()
    except AwayError as error:
        logger.warning("the node has not said its fees", error=str(error))
        meter.count("payout_partner_away_total")
        return {}
    kept = {}
    for each in observed:
        fee = fees.charged(each)
        if fee is not None:
            store.keep_fee(found.db.connection(), each.currency, fee, datetime.now(UTC))
            kept[each.currency] = f"{fee:f}"
    return kept


def reconcile(now: datetime, *, at_once: bool = False) -> dict[str, Any]:
    """Hold the partners' statements and balances against the books, in the hour of the night that the schedule asks in, or when an operator does; and
    balances that did not fit once more an hour later, when what was under way has arrived.
    """
    meter.count("wallet_reconciliation_mismatch_total", 0)  # silence is told from absence
    at = resources()
    if at_once or now.hour == RECONCILE_HOUR:
        found = reconciling.run(at.db, at.bank, at.chain, now, logger)
    elif closing_store.any_suspected(at.db.connection()):
        found = reconciling.balances(at.db, at.bank, at.chain, now, logger)
    else:
        return {}
    meter.count("wallet_reconciliation_mismatch_total", len(found.differences))
    logger.info("statements compared", statements=found.statements, withdrawals=found.withdrawals, away=found.away)
    answer: dict[str, Any] = msgspec.to_builtins(found)
    return answer


def handler(event: Mapping[str, Any], _: LambdaContext) -> dict[str, Any]:
    """What the schedule or the queue asks for."""
    match event.get("job"):
        case "fees":
            return {"fees": observe_fees()}
        case "reconcile":
            return reconcile(datetime.now(UTC), at_once=event.get("at_once") is True)
    answer = queue.consume(event, pay, logger)
    meter.count("outbox_delayed_total", 0)  # an alarm tells silence from absence
    return answer
