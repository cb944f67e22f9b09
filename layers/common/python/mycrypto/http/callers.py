"""Who calls: as API Gateway's authorizer says, or, where an API has none, as the function finds by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from mycrypto.errors import ProblemError
from mycrypto.http.operation import Operation
from mycrypto.http.request import Principal, Request
from mycrypto.security import bearer
from mycrypto.security.keys import KeyMaterialError

if TYPE_CHECKING:
    from mycrypto.context import ServiceContext

Caller = Callable[[Request, Operation], Principal]


def named_by_gateway(request: Request, _: Operation) -> Principal:
    """The caller whom API Gateway's authorizer let in. Raises UNAUTHORIZED."""
    return request.principal()


def verified(secret_name: str, context: Callable[[], ServiceContext]) -> Caller:
    """The caller whom a verified token names, and nothing else that is sent. Answers as the API does with its authorizer: UNAUTHORIZED for a token
    that does not hold, SERVICE_UNAVAILABLE where that cannot be found out.
    """
    ring = bearer.published_keys(secret_name)

    def caller(request: Request, operation: Operation) -> Principal:
        at = context()
        call = bearer.Call(operation.method.upper(), operation.path, request.authorization)

        def outage() -> None:
            at.logger.warning("Redis does not know which tokens were revoked")

        try:
            claims = bearer.authorize(call, ring, bearer.marks_in(lambda: at.redis), on_outage=outage)
        except ProblemError as refusal:
            at.logger.info("refused", reason=refusal.detail, path=request.path)
            raise ProblemError("UNAUTHORIZED", headers={"WWW-Authenticate": "Bearer"}) from None
        except (bearer.RevocationUnknownError, KeyMaterialError, BotoCoreError, ClientError) as error:
            raise ProblemError("SERVICE_UNAVAILABLE", headers={"Retry-After": "1"}) from error
        return Principal.of(claims)

    return caller
