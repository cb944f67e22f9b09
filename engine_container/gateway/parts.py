"""The parts of a running gateway and their life: started together, each retried until its dependency answers, stopped in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, Protocol, TypeVar

import redis.exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from engine_container import emission
from engine_container.gateway.admission import Admission
from engine_container.gateway.alerts import AlertStore
from engine_container.gateway.api_keys import ApiKeys
from engine_container.gateway.audit import AuditTrail
from engine_container.gateway.auth import Authenticator, Caller
from engine_container.gateway.barrier import Barrier, ReadBarrier
from engine_container.gateway.keyset import KeySet
from engine_container.gateway.limits import RateLimits
from engine_container.gateway.notices import CONNECTIONS_MAX as NOTICES_MAX
from engine_container.gateway.notices import NoticeStore
from engine_container.gateway.session_switches import SessionSwitches
from engine_container.gateway.settings import GatewaySettings
from engine_container.gateway.sockets.hub import Hub
from engine_container.gateway.submit import Answer, Commands, Outcome, OverloadedError, UnansweredError
from engine_container.logs.announcements import Announcements, leader_in
from engine_container.logs.connection import BrokerSettings
from engine_container.logs.feed import Feed
from engine_container.logs.kafka_commands import KafkaCommandLog
from engine_container.logs.kafka_events import KafkaEventLog
from engine_container.logs.ports import CommandLog, EventLog, LogUnavailableError
from engine_container.logs.start_point import NewestSnapshot
from engine_container.paper.accounts import PaperAccounts
from engine_container.paper.changes import PaperChanges
from engine_container.snapshot_store import store_at
from engine_container.trade_database import pool
from engine_container.trade_history.history import CONNECTIONS_MAX as READING_MAX
from engine_container.trade_history.history import History
from engine_container.trade_history.trade_store import CONNECTIONS_MAX
from engine_container.views.observer import Observers
from engine_container.views.projection import Projection
from engine_container.views.snapshot import Cover, views_prefix
from engine_container.wallet_reads import CONNECTIONS_MAX as WALLET_MAX
from engine_container.wallet_reads import WalletReads
from engine_container.web.background import Background
from engine_container.web.call import Call
from engine_container.web.fast_path.uuid7 import new_uuid_bytes
from engine_container.web.steps import Tasks
from mycrypto import telemetry
from mycrypto.contracts.commands import CancelAll, CancelOrder, Command, Halt, Resume
from mycrypto.errors import ProblemError

UPKEEP_SECONDS: Final = 1.0
REDIS_TIMEOUT_SECONDS: Final = 0.25
Part = TypeVar("Part")


class Pulse(Protocol):
    """Something of the gateway's that has a life of its own: the sockets, the facade."""

    async def run(self) -> None:
        """Until cancelled."""


def having(part: Part | None, what: str) -> Part:
    """What needs a database that this gateway may have been started without; raises SERVICE_UNAVAILABLE then."""
    if part is None:
        raise ProblemError("SERVICE_UNAVAILABLE", f"this gateway has no database for {what}")
    return part


class Gateway:
    """What the endpoints work with. Tests pass other logs."""

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        command_log: CommandLog | None = None,
        event_log: EventLog | None = None,
    ) -> None:
        broker = BrokerSettings(settings.kafka_bootstrap_servers, settings.kafka_auth, settings.aws_region, settings.service_name)
        self.settings = settings
        self.logger = telemetry.logger(settings.service_name)
        self.shard = settings.shard
        self.hub = Hub(settings.shard)
        self._command_log = command_log or KafkaCommandLog(broker, settings.shard)
        self.commands = Commands(self._command_log, answer_seconds_max=settings.answer_seconds_max, queued_max=settings.queued_commands_max)
        self.barrier: ReadBarrier = Barrier(self.commands)
        self.switches = SessionSwitches(self.commands, lambda: self.views, self.logger)
        database = settings.trade_database_url, settings.trade_database_secret_name
        has_database = bool(settings.trade_database_url)
        reading = pool(*database, connections_max=READING_MAX, connections_min=1) if has_database else None
        self.history = History(reading, settings.shard) if reading else None
        self._trade_pool = pool(*database, connections_max=CONNECTIONS_MAX) if has_database else None
        self.paper = PaperAccounts(self._trade_pool, settings.shard) if self._trade_pool else None
        self.paper_changes = PaperChanges(self._trade_pool) if self._trade_pool else None
        self.alerts = AlertStore(self._trade_pool) if self._trade_pool else None
        wallet = settings.wallet_database_url, settings.wallet_database_secret_name
        self.wallet = WalletReads(pool(*wallet, connections_max=WALLET_MAX)) if settings.wallet_database_url else None
        notices = settings.notices_database_url, settings.notices_database_secret_name
        self.notices = NoticeStore(pool(*notices, connections_max=NOTICES_MAX)) if settings.notices_database_url else None
        self.observers = Observers(self.hub)
        source = NewestSnapshot(
            lambda: store_at(settings.snapshot_bucket, settings.snapshot_dir, views_prefix(settings.shard)),
            settings.shard,
            self.observers,
            self.logger,
            self._judge_snapshot,
        )
        self.feed = Feed(event_log or KafkaEventLog(broker, settings.shard), source, self.logger, self.commands.complete)
        self.redis: Redis = Redis.from_url(
            settings.redis_url,
            socket_timeout=REDIS_TIMEOUT_SECONDS,
            socket_connect_timeout=REDIS_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        self.announcements = Announcements(leader_in(self.redis, settings.shard), self.feed.announced_record, self.logger)
        self.hub.attach(lambda: self.feed.projection, lambda: self.feed.ready)
        self.sockets: Pulse | None = None
        self.facade: Pulse | None = None
        self.facade_sockets = 0
        """Open ones of the facade."""
        self.keys = KeySet(settings.jwks_url, settings.jwks_file, self.logger)
        self.auth = Authenticator(self.keys, self.redis, lenient=settings.stage == "local")
        self.api_keys = ApiKeys(self.redis, settings.sealing_secret_name or f"mycrypto/{settings.stage}/two-factor")
        self.audit = AuditTrail(settings.stage, self.logger)
        self.limits = RateLimits(self.redis, enabled=settings.limits_rates)
        self.admission = Admission(self.auth, self.api_keys, self.limits)
        self.tasks = Tasks()
        self.states: dict[str, str] = {"redis": "starting", **({"history-database": "starting"} if self.history else {})}
        self.history_watermark = 0
        """The newest event that the history had when it was asked last."""
        self._seen: set[str] = set()
        self._background = Background(self.logger)
        emission.define(self.logger.handlers[0], healthy=lambda: not self.missing(), watermark=lambda: self.views.watermark)

    @property
    def views(self) -> Projection:
        return self.feed.projection

    async def start(self) -> None:
        """Begin everything; nothing is waited for, :meth:`checks` says how far it is."""
        if self.history is not None:
            await self.history.open()
        if self._trade_pool is not None:
            await self._trade_pool.open(wait=False)
        for reads in (self.wallet, self.notices):
            if reads is not None:
                await reads.open()
        self._background.start(self.commands.run(), self.feed.run(), self.announcements.run(), self.keys.run(), self.audit.run())
        self._background.start(self.switches.run(), self._upkeep())
        self._background.start(emission.emit(self.settings.service_name, self.settings.metrics_seconds))
        for pulse in (self.sockets, self.facade):
            if pulse is not None:
                self._background.start(pulse.run())

    async def stop(self) -> None:
        """Called when the last request has been answered."""
        await self._background.stop()
        await self._command_log.close()
        await self.feed.close()
        await self.redis.aclose()
        if self.history is not None:
            await self.history.close()
        if self._trade_pool is not None:
            await self._trade_pool.close(timeout=1)
        for reads in (self.wallet, self.notices):
            if reads is not None:
                await reads.close()

    def checks(self) -> dict[str, str]:
        """Every dependency by name: ``ok`` or what is wrong."""
        return {
            "command-log": "ok" if self.commands.connected else "not reachable",
            "event-log": self._event_log_state(),
            "token-keys": "ok" if self.keys.keys else "not fetched yet",
            **self.states,
        }

    def _event_log_state(self) -> str:
        if not self.feed.connected:
            return "not reachable"
        return "ok" if self.feed.ready else self.feed.trouble or "catching up"

    def missing(self) -> list[str]:
        """What keeps the gateway from its work. Cache and history must have been there once; losing them later only slows it."""
        return [name for name, state in self.checks().items() if state != "ok" and name not in self._seen]

    @staticmethod
    def caller(call: Call) -> Caller:
        """Whom the admission let in."""
        if not isinstance(call.caller, Caller):
            raise TypeError("an operation that is open to all knows no caller")
        return call.caller

    def require_views(self) -> Projection:
        """The views, once they are complete; raises SERVICE_UNAVAILABLE before."""
        if not self.feed.ready:
            raise ProblemError("SERVICE_UNAVAILABLE", "the market data is being loaded", headers={"Retry-After": "1"})
        return self.feed.projection

    async def complete_views(self, seconds_max: float) -> Projection:
        """The views with the results of every command that is on the log now: what they and the history do not have is not there. Raises
        SERVICE_UNAVAILABLE.
        """
        if not await self.barrier.passed(seconds_max):
            raise _unsure()
        return self.require_views()

    async def caught_up_views(self, seconds_max: float) -> Projection:
        """The views with every event that is on the log now. Commands whose result is not on the log yet are not included. Raises SERVICE_UNAVAILABLE."""
        if not await self.feed.sync(seconds_max):
            raise _unsure()
        return self.require_views()

    async def submit(self, commands: Sequence[Command], client_order_id: str = "") -> list[Answer]:
        """Carry out commands; raises OUTCOME_UNKNOWN (with the ``client_order_id`` to ask for) or SERVICE_UNAVAILABLE (nothing was done)."""
        try:
            return await self.commands.submit(commands)
        except UnansweredError as error:
            raise _unanswered(error, client_order_id) from None
        except OverloadedError:
            raise _overloaded() from None

    def begin(self, commands: Sequence[Command], settled: Callable[[list[Answer] | ProblemError], None], client_order_id: str = "") -> None:
        """As :meth:`submit` for who does not wait: ``settled`` gets the answers or the problem. Raises SERVICE_UNAVAILABLE."""

        def tell(outcome: Outcome) -> None:
            try:
                settled(_unanswered(outcome, client_order_id) if isinstance(outcome, UnansweredError) else outcome)
            except Exception:  # the feed calls this: whatever is wrong with one answer must not end the reading
                self.logger.exception("an answer could not be given")

        try:
            self.commands.begin(commands, tell)
        except OverloadedError:
            raise _overloaded() from None

    async def submit_silent(self, command: CancelAll | Halt | Resume, user_id: bytes) -> Answer:
        """Carry out a command that makes no event where there is nothing to do, and so would never be answered. The cancel of no order
        that travels behind it is always answered. Raises as :meth:`submit`.
        """
        return (await self.submit([command, CancelOrder(new_uuid_bytes(), user_id, 0)]))[0]

    async def _judge_snapshot(self, cover: Cover) -> str:
        """What a snapshot has dropped must be in the history, or it would be lost."""
        if self.history is None:
            return "" if cover.evicted_seq == 0 else "there is no history to have what it has forgotten"
        try:
            watermark = await self.history.watermark()
        except ProblemError as error:
            raise LogUnavailableError(f"to begin with a snapshot the history must say how far it is: {error.detail}") from error
        return "" if watermark >= cover.evicted_seq else f"the history is at event {watermark}, it needs {cover.evicted_seq}"

    async def _upkeep(self) -> None:
        """Once a second: ask cache and history how they are, and forget what the history has."""
        while True:
            await self._note("redis", self._ping())
            if self.history is not None:
                await self._note("history-database", self._forget(self.history))
            await asyncio.sleep(UPKEEP_SECONDS)

    async def _note(self, name: str, question: Coroutine[Any, Any, None]) -> None:
        try:
            await question
        except (ProblemError, redis.exceptions.RedisError, OSError) as error:
            if self.states[name] == "ok":
                self.logger.warning("%s is not reachable: %s", name, error)
            self.states[name] = "not reachable"
        else:
            self.states[name] = "ok"
            self._seen.add(name)

    async def _ping(self) -> None:
        await self.redis.ping()

    async def _forget(self, history: History) -> None:
        self.history_watermark = watermark = await history.watermark()
        before_ms = self.views.time_ms - self.settings.recent_seconds * 1_000
        self.views.orders.evict(watermark, before_ms)
        self.views.trades.evict(watermark, before_ms)


def _unsure() -> ProblemError:
    return ProblemError("SERVICE_UNAVAILABLE", "whether it exists cannot be said now", headers={"Retry-After": "1"})


def _overloaded() -> ProblemError:
    return ProblemError("SERVICE_UNAVAILABLE", "too many orders are waiting; nothing was done", headers={"Retry-After": "1"})


def _unanswered(error: UnansweredError, client_order_id: str) -> ProblemError:
    if not error.sent:
        return ProblemError("SERVICE_UNAVAILABLE", "the engine cannot be reached; nothing was done", headers={"Retry-After": "1"})
    if client_order_id:
        return ProblemError("OUTCOME_UNKNOWN", "ask for the order by its client_order_id", client_order_id=client_order_id)
    return ProblemError("OUTCOME_UNKNOWN", "look at what is in force before trying again")
