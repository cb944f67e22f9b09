"""``python -m mycrypto_local.pump``: the event pump of stage local."""

from __future__ import annotations

import asyncio
import logging
import sys
from contextlib import suppress

import msgspec
import uvicorn

from mycrypto import settings
from mycrypto_local.pump.health import application
from mycrypto_local.pump.invoker import LambdaInvoker
from mycrypto_local.pump.sources import SOURCES
from mycrypto_local.pump.worker import Worker


class PumpSettings(msgspec.Struct, frozen=True):
    """The emulator is found by boto3 through ``AWS_ENDPOINT_URL``."""

    kafka_bootstrap_servers: str
    port: int = 8083
    host: str = "127.0.0.1"


async def run(configured: PumpSettings) -> None:
    """All mappings and the health port, until the server is told to stop."""
    bootstrap = configured.kafka_bootstrap_servers
    invoker = LambdaInvoker(len(SOURCES), bootstrap)
    workers = [Worker(source, invoker, bootstrap) for source in SOURCES]
    tasks = [asyncio.create_task(worker.run(), name=worker.source.name) for worker in workers]
    server = uvicorn.Server(
        uvicorn.Config(
            application(workers), host=configured.host, port=configured.port, log_level="warning", access_log=False, lifespan="off"
        )
    )
    serving = asyncio.create_task(server.serve())
    ended, _ = await asyncio.wait({serving, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    for task in (*tasks, serving):
        task.cancel()
    for task in (*tasks, serving):
        with suppress(asyncio.CancelledError):
            await task
    if serving not in ended:
        sys.exit(1)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stdout)
    for chatty in ("aiokafka", "botocore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    asyncio.run(run(settings.load(PumpSettings)))


if __name__ == "__main__":
    main()
