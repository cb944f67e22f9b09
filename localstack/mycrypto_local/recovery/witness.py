"""An independent observer that copied both logs while the platform ran; the restored logs are compared with its copy."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from engine_container.engine.kafka import KafkaCommandSource
from engine_container.engine.replica import CommandRecord
from engine_container.logs.connection import BrokerSettings
from engine_container.logs.kafka_events import KafkaEventLog
from mycrypto.contracts.events import Trade, decode_record

POLL_SECONDS: Final = 0.05


class Witness:
    """``commands`` and ``events`` as they were on the brokers, in order; events as the bytes of their records."""

    def __init__(self, bootstrap: str, shard: int) -> None:
        self._settings = BrokerSettings(bootstrap, client_id="witness")
        self._shard = shard
        self.commands: list[CommandRecord] = []
        self.events: list[bytes] = []

    async def watch(self) -> None:
        """Until cancelled; brokers that are gone are waited for."""
        await asyncio.gather(self._watch_commands(), self._watch_events())

    async def read(self, commands: int, next_seq: int) -> None:
        """Read at least ``commands`` records, and all events with numbers below ``next_seq``. Raises ``LogUnavailableError``."""
        watching = asyncio.create_task(self.watch())
        try:
            while (len(self.commands) < commands or self.next_seq < next_seq) and not watching.done():  # noqa: ASYNC110 - two readers fill the lists
                await asyncio.sleep(POLL_SECONDS)
            if watching.done():
                watching.result()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    @property
    def next_seq(self) -> int:
        """The number after the last event that was seen."""
        return decode_record(self.events[-1]).next_seq if self.events else 1

    def events_before(self, next_seq: int) -> list[bytes]:
        """The records that begin below ``next_seq``, each once and in order of their numbers: a second publisher may have repeated some."""
        by_number = {decode_record(payload).first_seq: payload for payload in self.events}
        return [by_number[first] for first in sorted(by_number) if first < next_seq]

    async def _watch_commands(self) -> None:
        source = KafkaCommandSource(self._settings, self._shard)
        try:
            await source.open(0)
            while True:
                self.commands += await source.read()
        finally:
            await source.close()

    async def _watch_events(self) -> None:
        log = KafkaEventLog(self._settings, self._shard)
        try:
            await log.open(None)
            while True:
                self.events += [record.payload for record in await log.read()]
        finally:
            await log.close()


def trades_in(records: Iterable[bytes]) -> int:
    """How many trades these event records tell of."""
    return sum(isinstance(event, Trade) for record in records for _, _, event in decode_record(record).numbered())
