"""Tokens for a broker that authenticates by IAM: a presigned ``kafka-cluster:Connect`` request, as Amazon MSK defines it."""

from __future__ import annotations

import asyncio
import base64
from functools import cache
from typing import Final

from aiokafka.abc import AbstractTokenProvider

TOKEN_LIFE_S: Final = 900
_USER_AGENT: Final = "mycrypto-platform"


class IamTokenProvider(AbstractTokenProvider):  # type: ignore[misc] # the client ships no types
    """Signs with the credentials of the task.

    The AWS library is loaded with the first provider only: it is a third of what a process that reads no AWS takes to start.
    """

    def __init__(self, region: str) -> None:
        from botocore.session import Session

        self._region = region
        self._session = Session()

    async def token(self) -> str:
        """A fresh token; asked for at every sign-in. Reading credentials may do I/O, hence the thread. Raises ``OSError``."""
        return await asyncio.to_thread(self._sign)

    def _sign(self) -> str:
        from botocore.auth import SigV4QueryAuth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError

        try:
            credentials = self._session.get_credentials()
            frozen = credentials.get_frozen_credentials() if credentials is not None else None
        except BotoCoreError as error:
            raise ConnectionError(f"no AWS credentials to sign in to the broker with: {error}") from error
        if frozen is None:
            raise ConnectionError("no AWS credentials to sign in to the broker with")
        request = AWSRequest("GET", f"https://kafka.{self._region}.amazonaws.com/?Action=kafka-cluster%3AConnect")
        SigV4QueryAuth(frozen, "kafka-cluster", self._region, expires=TOKEN_LIFE_S).add_auth(request)
        signed = f"{request.url}&User-Agent={_USER_AGENT}"
        return base64.urlsafe_b64encode(signed.encode()).rstrip(b"=").decode()


@cache
def token_provider(region: str) -> IamTokenProvider:
    """One for the process: it keeps the credentials that it read and renews them when they end."""
    return IamTokenProvider(region)
