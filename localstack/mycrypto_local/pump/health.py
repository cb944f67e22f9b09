"""What the pump tells about itself: ``/health`` for people and the runner, ``/metrics`` for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from mycrypto_local.pump.worker import Worker


class MappingHealth(msgspec.Struct, frozen=True):
    """``lag`` in records, null while unknown; ``error`` is empty when the last invocation went well."""

    function: str
    topic: str
    lag: int | None
    delivered: int
    failures: int
    error: str


async def _mapping(worker: Worker) -> MappingHealth:
    source, trouble = worker.source, worker.trouble
    return MappingHealth(source.function, source.topic, await worker.lag(), worker.delivered, trouble.failures, trouble.error)


def application(workers: Sequence[Worker]) -> Starlette:
    """An ASGI application over the running workers. A mapping in trouble makes /health 503, and says which."""

    async def health(_request: Request) -> Response:
        mappings = await asyncio.gather(*map(_mapping, workers))
        well = all(not mapping.failures and mapping.lag is not None for mapping in mappings)
        body = msgspec.json.encode({"status": "ok" if well else "degraded", "mappings": mappings})
        return Response(body, 200 if well else 503, media_type="application/json")

    async def metrics(_request: Request) -> Response:
        mappings = await asyncio.gather(*map(_mapping, workers))
        lines = ["# TYPE mycrypto_pump_lag_records gauge"]
        lines += [f'mycrypto_pump_lag_records{{function="{m.function}",topic="{m.topic}"}} {m.lag}' for m in mappings if m.lag is not None]
        lines.append("# TYPE mycrypto_pump_delivered_records counter")
        lines += [f'mycrypto_pump_delivered_records{{function="{m.function}",topic="{m.topic}"}} {m.delivered}' for m in mappings]
        lines.append("# TYPE mycrypto_pump_failures gauge")
        lines += [f'mycrypto_pump_failures{{function="{m.function}",topic="{m.topic}"}} {m.failures}' for m in mappings]
        return PlainTextResponse("\n".join((*lines, "")), media_type="text/plain; version=0.0.4")

    return Starlette(routes=[Route("/health", health), Route("/metrics", metrics)])
