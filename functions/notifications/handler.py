"""Lambda entry of notifications: batches of the e-mail queue."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.notifications.service import deliver, note, understood
from functions.notifications.settings import Settings
from functions.notifications.templates import Mail
from mycrypto import database, queue, receipts, settings, telemetry
from mycrypto.back_off import BackOff
from mycrypto.queue import Envelope

if TYPE_CHECKING:
    from mypy_boto3_ses import SESClient

logger = telemetry.logger("notifications")
meter = telemetry.Meter("notifications")
configuration = settings.load(Settings)
back_off = BackOff()


@cache
def db() -> database.Database:
    return database.Database(configuration.database_url, configuration.database_secret_name, application="notifications")


@cache
def ses() -> SESClient:
    return boto3.client("ses")


def send(recipient: str, mail: Mail) -> str:
    """Hand the mail to SES; returns its id there."""
    answer = ses().send_email(
        Source=configuration.mail_from,
        Destination={"ToAddresses": [recipient]},
        Message={
            "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
            "Body": {"Text": {"Data": mail.text, "Charset": "UTF-8"}, "Html": {"Data": mail.html, "Charset": "UTF-8"}},
        },
    )
    return answer["MessageId"]


def _handle(envelope: Envelope) -> None:
    """Note, deliver and give a receipt, in this order: a message that is delivered again after a crash between two of them is no second notice and no
    second mail.
    """
    message, connection = understood(envelope), db().connection()
    if message is not None:
        if note(message, connection, datetime.now(UTC)):
            meter.count("notification_notices_total", type=message.kind.value)
        if deliver(message, connection, send, lambda: datetime.now(UTC)):
            logger.info("mail sent", type=message.kind.value)
            meter.count("notification_mails_total", type=message.kind.value)
    receipts.give(connection, [envelope.message_id])


def handler(event: Mapping[str, Any], _: LambdaContext) -> dict[str, Any]:
    return queue.consume(event, _handle, logger, hide=back_off.hide)
