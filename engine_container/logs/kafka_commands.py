"""The command log on Kafka: idempotent producer, acknowledged by all replicas, no linger."""

from __future__ import annotations

import asyncio
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from engine_container.logs.connection import BrokerSettings, client_options
from engine_container.logs.ports import LogUnavailableError
from mycrypto.contracts.commands import TOPIC

REQUEST_TIMEOUT_MS: Final = 4_000
RECORD_BYTES_MAX: Final = 1_000_000
_CLOSE_SECONDS_MAX: Final = 2


class KafkaCommandLog:
    """Appends to one partition. After any failure the client is thrown away: a producer whose batch expired has a hole in its sequence."""

    def __init__(self, settings: BrokerSettings, shard: int) -> None:
        self._settings = settings
        self._shard = shard
        self._producer: AIOKafkaProducer | None = None

    async def open(self) -> None:
        try:
            if self._producer is None:
                await self._connect()
        except (KafkaError, OSError, TimeoutError) as error:
            raise LogUnavailableError(f"{TOPIC}: {error!r}") from error

    async def append(self, payload: bytes) -> None:
        try:
            producer = self._producer or await self._connect()
            await producer.send_and_wait(TOPIC, payload, partition=self._shard)
        except (KafkaError, OSError, TimeoutError) as error:
            await self.close()
            raise LogUnavailableError(f"{TOPIC}: {error!r}") from error

    async def _connect(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            **client_options(self._settings),
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            request_timeout_ms=REQUEST_TIMEOUT_MS,
            retry_backoff_ms=50,
            max_request_size=RECORD_BYTES_MAX,
        )
        try:
            await producer.start()
        except BaseException:
            await producer.stop()
            raise
        self._producer = producer
        return producer

    async def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            try:
                await asyncio.wait_for(producer.stop(), _CLOSE_SECONDS_MAX)
            except (KafkaError, OSError, TimeoutError):
                return
