"""The engine process: reads commands, applies them, publishes their events, keeps snapshots."""

from __future__ import annotations

import asyncio
import gc
import os
import secrets
import signal
import time
import uuid
from collections.abc import Callable, Coroutine
from typing import Any, Final

from aws_lambda_powertools import Logger

from engine_container import emission
from engine_container.child import ChildError, in_child
from engine_container.core.failing import TIME
from engine_container.engine.announcer import Announcer
from engine_container.engine.kafka import KafkaCommandSource, KafkaEventSink
from engine_container.engine.lease import RENEW_SECONDS, AlwaysHeld, Lease, RedisLease
from engine_container.engine.ports import CommandSource, EventLogHoleError, EventLogShortError, EventSink
from engine_container.engine.publishing import WAITING_MAX, Publisher
from engine_container.engine.replica import COMPILED, CommandRecord, EventBatch, Fault, Replica
from engine_container.engine.restorer import RETRY_SECONDS, Restorer, StartError, patiently
from engine_container.engine.settings import EngineSettings
from engine_container.engine.snapshot_keeper import SnapshotKeeper, StoreMaker
from engine_container.engine.snapshots import state_hash
from engine_container.engine.wariness import Wariness
from engine_container.logs.announcement_wire import TOKEN_CHARACTERS
from engine_container.logs.connection import BrokerSettings
from engine_container.logs.ports import LogUnavailableError
from engine_container.metrics import Counter, Histogram, Reading
from engine_container.snapshot_store import SnapshotStore, store_at
from engine_container.web import probes
from mycrypto import telemetry
from mycrypto.contracts.commands import Tick, decode_record, encode_record

TICK_SECONDS: Final = 1.0
SLICE_NS_MAX: Final = 20_000_000
"""After so long with records the lease, the publisher and the probes have their turn."""
STOP_SECONDS_MAX: Final = 8
REPAIRED_LOOK_SECONDS: Final = 5.0
"""How often an engine that cannot start looks if the logs have been repaired."""
VERSION: Final = "1"
MATCHING: Final = Histogram("trade_matching_latency")
FAILED: Final = Counter("engine_commands_failed_total")


class Engine:
    """One engine of one shard, over any two logs."""

    def __init__(
        self,
        settings: EngineSettings,
        source: CommandSource,
        sink: EventSink,
        lease: Lease,
        store: StoreMaker,
        log: Logger,
        token: str = "",
    ) -> None:
        self._settings = settings
        self._source = source
        self._sink = sink
        self._lease = lease
        self._log = log
        self._started = time.monotonic()
        self._stopping = asyncio.Event()
        self.replica = Replica(settings.shard)
        self.publisher = Publisher(sink, log)
        self.announcer = Announcer(token, log)
        self.snapshots = SnapshotKeeper(settings, self.replica, self.publisher, store, log)
        self._restorer = Restorer(self.replica, source, sink, self.publisher, self.snapshots, store, log)
        self._wariness = Wariness(self.replica, self._met)
        self._offered_seq = 1
        """The first event that the publisher has not been given."""
        self.caught_up = False
        self._commands_reachable = False
        self.failure = ""
        self._define_metrics()

    def _define_metrics(self) -> None:
        publisher = self.publisher
        emission.define(
            self._log.handlers[0],
            healthy=lambda: self.caught_up and not self.failure,
            watermark=lambda: self.replica.state.next_seq - 1,
        )
        Reading("engine_active", lambda: {(): int(publisher.active)})
        Reading("engine_standby_lag_events", lambda: {(): max(0, publisher.published_seq - self.replica.state.next_seq)})
        Reading("engine_commands_total", lambda: {(): self.replica.commands})
        Reading("engine_refused_records_total", lambda: {(): self.replica.refused_records})
        Reading("engine_waiting_records", lambda: {(): publisher.waiting})
        Reading("engine_listeners", lambda: {(): len(self.announcer.listeners)})
        Reading("engine_next_offset", lambda: {(): self.replica.next_offset})
        Reading("engine_snapshot_age_seconds", lambda: {(): self.snapshots.age_seconds()})
        Reading("engine_time_held", lambda: {(): int(self.replica.state.time_held)})
        Reading("engine_users", lambda: {(): len(self.replica.state.users)})
        Reading("engine_compiled", lambda: {(): int(COMPILED)})

    def stop(self) -> None:
        """Ask for a graceful stop."""
        self._stopping.set()

    async def run(self) -> None:
        """Start, and serve until :meth:`stop`."""
        web = probes.application({"/health": self._health, "/ready": self._ready, "/state": self._state})
        tasks: list[asyncio.Task[None]] = []
        try:
            if self.announcer.token:
                port = await self.announcer.listen(self._settings.bind_host, self._settings.announce_port)
                self._lease.announce_at(f"{self._settings.announced_host} {port} {self.announcer.token}")
            async with probes.listening(web, self._settings.bind_host, self._settings.port):
                starting = asyncio.create_task(self._start())
                stopping = asyncio.create_task(self._stopping.wait())
                await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not starting.done():
                    starting.cancel()
                    return
                starting.result()
                works = (self._consume, self.publisher.run, self._keep_lease, self._tick, self.snapshots.keep, self._emit)
                tasks.extend(asyncio.create_task(self._guarded(work)) for work in works)
                await stopping
                await self._wind_down(tasks)
        finally:
            for task in tasks:
                task.cancel()
            self.announcer.end()
            await self._source.close()
            await self._sink.close()

    async def _guarded(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """A defect stops the engine from going on, not from saying so: it stays up, unhealthy, and publishes nothing wrong."""
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - reported below, whatever it is
            self.failure = repr(error)
            self.announcer.lead(0)
            self.publisher.set_active(active=False)
            self._log.exception("the engine has stopped working", offset=self.replica.next_offset, seq=self.replica.state.next_seq)

    async def _wind_down(self, tasks: list[asyncio.Task[None]]) -> None:
        """Take no more commands, publish what waits, let the standby take over at once."""
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(STOP_SECONDS_MAX):
                await self.publisher.finish()
        except (LogUnavailableError, TimeoutError):
            self._log.warning("stopped before all events were published; the next engine publishes them", waiting=self.publisher.waiting)
        await self._lease.give_up()
        if not self.failure and await self._all_is_held():
            await self.snapshots.save()
        self._log.info("stopped", offset=self.replica.next_offset, seq=self.replica.state.next_seq)

    async def _all_is_held(self) -> bool:
        """Whether the event log holds the events of this state, as far as it says so within a second."""
        try:
            async with asyncio.timeout(RETRY_SECONDS):
                await self.publisher.look()
        except (LogUnavailableError, EventLogHoleError, EventLogShortError, TimeoutError):
            return False
        return self.publisher.published_seq >= self.replica.state.next_seq

    async def _start(self) -> None:
        """Wait for the logs, load the newest snapshot that both of them bear out, open the log at its place, replay.

        What is replayed beyond the event log's end is written to it: the same bytes as the first time. The collector is off from the
        beginning: it would walk a growing state again and again, which makes loading four times as long.
        """
        gc.collect()
        gc.disable()
        end = await patiently(self._log, "the command log", self._source.end)
        while True:
            try:
                await self._restorer.restore(end)
            except (EventLogHoleError, StartError) as error:
                self._fail(str(error))
                await asyncio.sleep(REPAIRED_LOOK_SECONDS)
            else:
                self.failure = ""
                break
        # Asked again: another engine may have appended events of commands that came after the first answer.
        end = await patiently(self._log, "the command log", self._source.end)
        await patiently(self._log, "the command log", lambda: self._source.open(self.replica.next_offset))
        await self._replay(end)
        if self.publisher.published_seq > self.replica.state.next_seq:
            self._fail(
                f"the two logs do not belong together: the event log is at {self.publisher.published_seq}, "
                f"the commands lead to {self.replica.state.next_seq}"
            )
        gc.freeze()
        self.caught_up = True

    def _fail(self, reason: str) -> None:
        self.failure = reason
        self._log.critical("the engine cannot start", reason=reason)

    async def _replay(self, end: int) -> None:
        started = time.monotonic()
        first = self.replica.next_offset
        while self.replica.next_offset < end and self.publisher.waiting < WAITING_MAX and not self._stopping.is_set():
            await self._consume_once()
        seconds = round(time.monotonic() - started, 3)
        self._log.info(
            "ready", replayed_records=self.replica.next_offset - first, seconds=seconds, offset=self.replica.next_offset,
            seq=self.replica.state.next_seq, compiled=COMPILED,
        )  # fmt: skip

    async def _consume(self) -> None:
        while not self.failure:
            try:
                await self.publisher.room()
                await self._consume_once()
            except LogUnavailableError as error:
                self._commands_reachable = False
                self._log.warning("the command log is not available, trying again", reason=str(error))
                await asyncio.sleep(RETRY_SECONDS / 4)
                await patiently(self._log, "the command log", lambda: self._source.open(self.replica.next_offset))

    async def _consume_once(self) -> None:
        records = await self._source.read()
        self._commands_reachable = True
        if not records:
            return
        refused, held = self.replica.refused_records, self.replica.state.time_held
        started = turn = time.perf_counter_ns()
        for record in records:
            if record.offset < self.replica.next_offset:
                continue
            try:
                if self.caught_up and self._wariness.lasts:
                    await self._try_out(record)
                    started = time.perf_counter_ns()
                self._offer(self.replica.process(record))
            except Fault as fault:
                await self._begin_again(fault)
                return
            if record.offset in self.replica.failures:
                self._tell_failures(record)
            done = time.perf_counter_ns()
            MATCHING.observe((done - started) / 1_000_000)
            started = done
            if done - turn > SLICE_NS_MAX:
                await asyncio.sleep(0)
                turn = started = time.perf_counter_ns()
        if self.replica.state.time_held and not held:
            self._log.critical("the broker's time is too far ahead to be believed: log time is held", log_time_ms=self.replica.state.now_ms)
        if self.replica.refused_records != refused:
            self._log.warning("command records that cannot be decoded were passed over", count=self.replica.refused_records - refused)

    def _offer(self, batches: list[EventBatch]) -> None:
        """Give the publisher what it does not have: a log that is gone through again leads to the same."""
        fresh = [batch for batch in batches if batch.next_seq > self._offered_seq]
        if fresh:
            self._offered_seq = fresh[-1].next_seq
            self.publisher.offer(fresh)
            if self.caught_up and self.publisher.leads:
                self.announcer.announce(fresh)

    async def _try_out(self, record: CommandRecord) -> None:
        try:
            await self._wariness.look_at(record)
        except (ChildError, OSError) as error:
            self._log.warning("a record could not be tried out first", offset=record.offset, reason=str(error))

    def _met(self, fault: Fault) -> None:
        FAILED.add()
        self._log.critical(
            "a command failed, it is taken back", offset=fault.offset, place=fault.failure.index, what=fault.failure.what,
            exc_info=fault.__cause__,
        )  # fmt: skip

    def _tell_failures(self, record: CommandRecord) -> None:
        commands = decode_record(record.payload)
        for failure in self.replica.failures[record.offset]:
            command = commands[failure.index] if failure.index >= 0 else None
            self._log.critical(
                "a command was refused because it failed; see docs/runbooks/failed-command.md",
                offset=record.offset, place=failure.index, command=type(command).__name__ if command is not None else TIME,
                command_id=command.command_id.hex() if command is not None else "", what=failure.what, grade=failure.grade,
            )  # fmt: skip

    async def _begin_again(self, fault: Fault) -> None:
        """Make the state again as it was before the record that a command failed in, and go on with that record, knowing it."""
        place = fault.offset
        started = time.monotonic()
        while True:
            self._met(fault)
            self.replica.begin_again(fault)
            await self._restorer.restore(place)
            try:
                await self._replay_up_to(place)
                break
            except Fault as other:  # one of before the place, which the process has not met because it began later
                fault = other
        await patiently(self._log, "the command log", lambda: self._source.open(place))
        self._wariness.begin()
        self._log.warning("the state of before was made again", offset=place, seconds=round(time.monotonic() - started, 3))

    async def _replay_up_to(self, place: int) -> None:
        replica = self.replica
        await patiently(self._log, "the command log", lambda: self._source.open(replica.next_offset))
        while replica.next_offset < place:
            for record in await patiently(self._log, "the command log", self._source.read):
                if replica.next_offset <= record.offset < place:
                    self._offer(replica.process(record))
            await asyncio.sleep(0)

    async def _keep_lease(self) -> None:
        while not self.failure:
            active = await self._lease.hold()
            self.announcer.lead(self._lease.epoch if active else 0)
            self.publisher.set_active(active=active)
            await asyncio.sleep(RENEW_SECONDS)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            if not self.publisher.active:
                continue
            try:
                await self._sink.append_command(encode_record([Tick(b"", time.time_ns() // 1_000_000)]))
            except LogUnavailableError as error:
                self._log.warning("no tick was written", reason=str(error))

    async def _emit(self) -> None:
        await emission.emit(self._settings.service_name, self._settings.metrics_seconds)

    async def _health(self) -> tuple[int, dict[str, object]]:
        status = "failed" if self.failure else ("ok" if self.caught_up else "starting")
        document: dict[str, object] = {
            "status": status,
            "version": VERSION,
            "uptime_seconds": int(time.monotonic() - self._started),
            "active": self.publisher.active,
            "compiled": COMPILED,
        }
        if self.failure:
            document["reason"] = self.failure
        return (503 if self.failure else 200), document

    async def _ready(self) -> tuple[int, dict[str, object]]:
        _, document = await self._health()
        reachable = {"command-log": self._commands_reachable, "event-log": self.publisher.reachable}
        missing = [name for name, answers in reachable.items() if not answers]
        document["checks"] = {name: "ok" if answers else "not reachable" for name, answers in reachable.items()}
        document["missing"] = missing
        if missing and document["status"] == "ok":
            document["status"] = "not ready"
        return (200 if document["status"] == "ok" else 503), document

    async def _state(self) -> probes.Answer:
        """Place and hash of the state, for comparison with a replay of the log."""
        replica = self.replica
        offset, seq = replica.next_offset, replica.state.next_seq
        try:
            digest = await in_child(lambda: state_hash(replica.state).encode())
        except (ChildError, OSError) as error:
            return 503, {"status": "failed", "reason": str(error)}
        return 200, {"next_offset": offset, "next_seq": seq, "state_hash": digest.decode()}


def store_in(bucket: str, folder: str, shard: int) -> SnapshotStore | None:
    """Where the snapshots of a shard's engines are kept."""
    return store_at(bucket, folder, f"engine/shard-{shard}/")


async def serve(settings: EngineSettings) -> None:
    """Run an engine on Kafka and Redis until SIGTERM or SIGINT."""
    log = telemetry.logger(settings.service_name)
    broker = BrokerSettings(settings.kafka_bootstrap_servers, settings.kafka_auth, settings.aws_region, settings.service_name)
    owner = f"{os.uname().nodename}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    token = secrets.token_hex(TOKEN_CHARACTERS // 2) if settings.redis_url else ""
    lease: Lease = RedisLease(settings.redis_url, settings.shard, owner) if settings.redis_url else AlwaysHeld()
    engine = Engine(
        settings,
        KafkaCommandSource(broker, settings.shard),
        KafkaEventSink(broker, settings.shard),
        lease,
        lambda: store_in(settings.snapshot_bucket, settings.snapshot_dir, settings.shard),
        log,
        token,
    )
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, engine.stop)
    log.info("starting", shard=settings.shard, compiled=COMPILED, port=settings.port)
    await engine.run()
