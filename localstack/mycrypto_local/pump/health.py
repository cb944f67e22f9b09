"""What the pump tells about itself: ``/health`` for people and the runner, ``/metrics`` for Prometheus."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mycrypto_local.pump.worker import Worker

_LABELS: Final = ("function", "topic")


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


class _Families:
    """The mappings as the metrics library asks for them."""

    def __init__(self, mappings: Sequence[MappingHealth]) -> None:
        self._mappings = mappings

    def collect(self) -> Iterator[Metric]:
        lag = GaugeMetricFamily("mycrypto_pump_lag_records", "Records not delivered yet", labels=_LABELS)
        delivered = CounterMetricFamily("mycrypto_pump_delivered_records", "Records delivered since the start", labels=_LABELS)
        failures = GaugeMetricFamily("mycrypto_pump_failures", "Invocations that failed in a row", labels=_LABELS)
        for mapping in self._mappings:
            labels = (mapping.function, mapping.topic)
            if mapping.lag is not None:
                lag.add_metric(labels, mapping.lag)
            delivered.add_metric(labels, mapping.delivered)
            failures.add_metric(labels, mapping.failures)
        yield from (lag, delivered, failures)


def application(workers: Sequence[Worker]) -> Starlette:
    """An ASGI application over the running workers. A mapping in trouble makes /health 503, and says which."""

    async def health(_request: Request) -> Response:
        mappings = await asyncio.gather(*map(_mapping, workers))
        well = all(not mapping.failures and mapping.lag is not None for mapping in mappings)
        body = msgspec.json.encode({"status": "ok" if well else "degraded", "mappings": mappings})
        return Response(body, 200 if well else 503, media_type="application/json")

    async def metrics(_request: Request) -> Response:
        mappings = await asyncio.gather(*map(_mapping, workers))
        return Response(generate_latest(_Families(mappings)), headers={"content-type": CONTENT_TYPE_PLAIN_0_0_4})

    return Starlette(routes=[Route("/health", health), Route("/metrics", metrics)])
