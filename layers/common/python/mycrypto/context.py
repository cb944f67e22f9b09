"""What a function behind the REST API works with, whichever it is: database, Redis, limits, outbox, clock."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NotRequired, TypedDict, Unpack
from uuid import UUID

import redis

from mycrypto import outbox, secrets
from mycrypto.allowances import Use
from mycrypto.database import Database
from mycrypto.health import Readiness
from mycrypto.http.operation import RateLimit
from mycrypto.http.settings import ServiceSettings
from mycrypto.ratelimit import Limit, Limiter, Verdict
from mycrypto.security.tokens import Tier
from mycrypto.telemetry import Logger, Meter


class Parts(TypedDict):
    """What a context is given."""

    db: Database
    server: redis.Redis
    relay: outbox.Relay
    logger: Logger
    meter: Meter
    clock: NotRequired[Callable[[], datetime]]
    read_secret: NotRequired[Callable[[str], dict[str, Any]]]


def _utc_now() -> datetime:
    return datetime.now(UTC)


class ServiceContext(ABC):
    """Built once per execution environment; everything in it is opened at first use. ``refusals`` is the metric of refused calls."""

    def __init__(self, settings: ServiceSettings, *, refusals: str, **parts: Unpack[Parts]) -> None:
        self.settings = settings
        self.db = parts["db"]
        self.redis = parts["server"]
        self.logger = parts["logger"]
        self.meter = parts["meter"]
        self.read_secret = parts.get("read_secret", secrets.get)
        self.relay = parts["relay"]
        self._clock = parts.get("clock", _utc_now)
        self._refusals = refusals
        self._limiter = Limiter(self.redis, on_failure=self._redis_failed)

    def now(self) -> datetime:
        """The time in UTC."""
        return self._clock()

    def _redis_failed(self) -> None:
        self.logger.warning("Redis does not answer; limits are counted per process")

    def take(self, limit: Limit, subject: str) -> Verdict:
        """Count a call against a limit. A refusal is metered and left to the caller to raise."""
        return self._metered(limit.name, self._limiter.take(limit, subject))

    def limit_of(self, declared: RateLimit) -> Limit:
        """A declared limit with the count that operators have set for it."""
        return self.settings.limit_of(declared)

    def take_token(self, tier: Tier, user_id: UUID) -> Verdict:
        """Count a request of a user against what the tier allows; as :meth:`take`."""
        return self._metered(Use.API.value, self._limiter.take_token(Use.API, tier, user_id))

    def _metered(self, name: str, verdict: Verdict) -> Verdict:
        if not verdict.allowed:
            self.meter.count(self._refusals, limit=name)
        return verdict

    def forget(self, limit: Limit, subject: str) -> None:
        """Start the subject's window again from zero."""
        self._limiter.forget(limit, subject)

    @abstractmethod
    def readiness(self) -> Readiness:
        """Whether everything is there that the service needs."""

    def part_missing(self, part: str, error: Exception) -> None:
        """A dependency did not answer when readiness asked."""
        self.logger.warning("a dependency is not ready", part=part, error=str(error))

    def flush(self) -> None:
        """Send what the last transaction left in the outbox. Whatever goes wrong, the rows wait for the next minute."""
        try:
            self.relay.flush(self.db.connection())
        except Exception:
            self.logger.exception("the outbox was not flushed")
