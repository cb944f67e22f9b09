"""Lambda entry of the KYC worker: one application of the queue at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.kyc import service
from functions.kyc.register import HttpRegister, Register
from functions.kyc.scanners import Clamd, Scanner, ScannerError, TestVirusScanner
from functions.kyc.settings import Settings
from functions.kyc.store import Picture
from mycrypto import database, queue, secrets, settings, telemetry
from mycrypto.kyc import NATIONAL_ID
from mycrypto.outbox import Relay, SqsSender
from mycrypto.queue import Envelope
from mycrypto.queue_names import DELIVERIES_MAX
from mycrypto.security.sealing import Sealer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LOCAL = "local"
logger = telemetry.logger("kyc")
meter = telemetry.Meter("kyc")
configuration = settings.load(Settings)


@cache
def db() -> database.Database:
    return database.Database(configuration.database_url, configuration.database_secret_name, application="kyc")


@cache
def pictures() -> S3Client:
    return boto3.client("s3")


@cache
def relay() -> Relay:
    def delayed(destination: str, error: Exception) -> None:
        logger.warning("messages wait in the outbox", destination=destination, error=str(error))

    return Relay({"sqs": SqsSender(configuration.stage)}, delayed)


@cache
def scanner() -> Scanner:
    """Raises ScannerError where there is none: then nothing is taken for clean."""
    if configuration.clamd_address:
        return Clamd(configuration.clamd_address)
    if configuration.stage == LOCAL:
        return TestVirusScanner()
    raise ScannerError("there is no scanner: deploy with -c clamd_address=HOST:PORT")


@cache
def register() -> Register | None:
    """``None`` where the stage has none: then people alone compare."""
    return HttpRegister.at(configuration.register_url) if configuration.register_url else None


def open_sealed(text: str, label: str) -> str:
    name = configuration.two_factor_secret_name
    return Sealer.from_secret(secrets.get(name), NATIONAL_ID, lambda: secrets.get_now(name)).open(text, label)


def fetch(picture: Picture) -> bytes:
    return pictures().get_object(Bucket=picture.s3_bucket, Key=picture.s3_key)["Body"].read()


def _handle(envelope: Envelope) -> None:
    job = service.job_of(envelope)
    judged = service.work(db(), job, fetch, scanner(), lambda: datetime.now(UTC), trace_id=envelope.trace_id)
    for found in judged.values():
        meter.count("kyc_documents_scanned_total", outcome="CLEAN" if found == "CLEAN" else "INFECTED")
    logger.info("application scanned", submission_id=str(job.submission_id), judged=judged)
    last = envelope.deliveries >= DELIVERIES_MAX
    checked = service.check_identity(db(), job, register(), open_sealed, lambda: datetime.now(UTC), last=last, trace_id=envelope.trace_id)
    if checked is not None:
        logger.info("identity checked", submission_id=str(job.submission_id), result=checked.value)
    relay().flush(db().connection())


def handler(event: Mapping[str, Any], _: LambdaContext) -> dict[str, Any]:
    return queue.consume(event, _handle, logger)
