"""Lambda entry of codes: invoked by other functions, whom IAM lets do so; no path of the API leads here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.codes import service
from functions.codes.settings import Settings
from mycrypto import database, secrets, settings, snapstart, telemetry
from mycrypto.security.code_check import CodeCheck
from mycrypto.security.sealing import Sealer
from mycrypto.security.second_factor import PURPOSE

logger = telemetry.logger("codes")
configuration = settings.load(Settings)


@cache
def db() -> database.Database:
    return database.Database(configuration.database_url, configuration.database_secret_name, application="codes")


snapstart.after_restore(db.cache_clear)


def handler(event: Mapping[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Raises for what is no question: nothing is counted then, and the caller gets no answer to act on."""
    asked = msgspec.convert(event, CodeCheck)
    name = configuration.two_factor_secret_name
    sealer = Sealer.from_secret(secrets.get(name), PURPOSE, lambda: secrets.get_now(name))
    checked = service.check(db(), asked, sealer, datetime.now(UTC))
    logger.info("a code was checked", user_id=str(asked.user_id), result=checked.result.value, trace=asked.trace_id)
    answer: dict[str, Any] = msgspec.to_builtins(checked)
    return answer
