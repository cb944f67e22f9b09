"""Has a code of the second factor checked by the function ``codes``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

import boto3
import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mycrypto.errors import ProblemError
from mycrypto.ids import new_uuid
from mycrypto.security.code_check import CodeCheck, CodeChecked
from mycrypto.security.second_factor import Check

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

CONNECT_SECONDS_MAX: Final = 1
ANSWER_SECONDS_MAX: Final = 5
"""Well below the time that the asking function has for all of its request."""


class InvokedCodes:
    """Asks the function ``codes`` by its name."""

    def __init__(self, function: str) -> None:
        self._function = function
        self._client: LambdaClient | None = None

    def check(self, user_id: UUID, code: str, *, ip: str, user_agent: str, trace_id: str) -> Check:
        asked = CodeCheck(new_uuid(), user_id, code, "withdrawal", ip[:512], user_agent[:512], trace_id[:512])
        try:
            answer = self._lambda().invoke(
                FunctionName=self._function, InvocationType="RequestResponse", Payload=msgspec.json.encode(asked)
            )
            if answer.get("FunctionError"):
                raise _unanswered(f"it failed: {answer['FunctionError']}")
            found = msgspec.json.decode(answer["Payload"].read(), type=CodeChecked)
        except (BotoCoreError, ClientError, OSError, msgspec.MsgspecError) as error:
            raise _unanswered(type(error).__name__) from error
        if found.id != asked.id:
            raise _unanswered("it answered another question")
        return found.result

    def _lambda(self) -> LambdaClient:
        if self._client is None:
            once = Config(connect_timeout=CONNECT_SECONDS_MAX, read_timeout=ANSWER_SECONDS_MAX, retries={"total_max_attempts": 1})
            self._client = boto3.client("lambda", config=once)
        return self._client


def _unanswered(reason: str) -> ProblemError:
    return ProblemError(
        "SERVICE_UNAVAILABLE",
        f"the check of the second factor gave no answer ({reason}); nothing was done. Try again with the next code",
        headers={"Retry-After": "30"},
    )
