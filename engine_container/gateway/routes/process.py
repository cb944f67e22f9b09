"""For those who run the gateway: is it alive, is it ready, what does it count."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from engine_container.gateway import asyncapi, viewers
from engine_container.gateway.parts import Gateway
from engine_container.metrics import MEDIA_TYPE, REGISTRY, Reading
from engine_container.views.books import BookSide
from engine_container.web.call import Call, Reply
from engine_container.web.compression import takes_gzip
from mycrypto import health, permissions
from mycrypto.health import Health, Readiness
from mycrypto.http.operation import Operation

_TEXT: Final = ((b"content-type", MEDIA_TYPE.encode()),)


def _page(path: str, name: str, summary: str) -> Operation:
    """What is for people and their browsers, and not described as an operation of the API."""
    return Operation(method="get", path=path, name=name, summary=summary, tag="operations", permission=permissions.OPEN, documented=False)


class Process:
    """``/health``, ``/ready``, ``/metrics``, and the documents."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        from engine_container.gateway import openapi  # it is made of all declarations, these among them

        self._openapi = openapi.text().encode()
        self._asyncapi = asyncapi.text().encode()
        _define_readings(gateway)

    @Operation(
        method="get",
        path="/health",
        name="health",
        summary="Is the process alive",
        tag="operations",
        answer=Health,
        permission=permissions.OPEN,
    )
    async def health(self, call: Call) -> Reply:  # noqa: ARG002 - the shape of an endpoint
        return Reply(health.alive(self._gateway.settings.service_name))

    @Operation(
        method="get",
        path="/ready",
        name="ready",
        summary="Is everything there that it needs",
        tag="operations",
        answer=Readiness,
        also=((503, "Something is missing; the body names it", Readiness),),
        permission=permissions.OPEN,
    )
    async def ready(self, call: Call) -> Reply:  # noqa: ARG002 - the shape of an endpoint
        state = Readiness.of(self._gateway.checks(), self._gateway.missing())
        return Reply(state, state.http_status)

    @Operation(
        method="get",
        path="/metrics",
        name="metrics",
        summary="What the process counts, in the text format of Prometheus",
        tag="operations",
        answer={"type": "string"},
        answer_media="text/plain",
        permission=permissions.OPEN,
    )
    async def metrics(self, call: Call) -> Reply:  # noqa: ARG002 - the shape of an endpoint
        return Reply(REGISTRY.text().encode(), headers=_TEXT)

    @_page("/api/v1/openapi.json", "tradingDocument", "The document of the trading API")
    async def openapi(self, call: Call) -> Reply:  # noqa: ARG002 - the shape of an endpoint
        return Reply(self._openapi)

    @_page("/api/v1/asyncapi.json", "socketsDocument", "The document of the sockets")
    async def asyncapi(self, call: Call) -> Reply:  # noqa: ARG002 - the shape of an endpoint
        return Reply(self._asyncapi)

    @_page(viewers.BASE, "docs", "A page to read the documents of all services and to try their operations")
    async def docs(self, call: Call) -> Reply:
        return _sent(call, viewers.page(viewers.OPERATIONS))

    @_page(f"{viewers.BASE}/sockets", "socketsDocs", "A page to read the messages of the sockets")
    async def sockets_docs(self, call: Call) -> Reply:
        return _sent(call, viewers.page(viewers.SOCKETS))

    @_page(f"{viewers.BASE}/{{file}}", "docsFile", "What these pages load")
    async def docs_file(self, call: Call) -> Reply:
        return _sent(call, await asyncio.to_thread(viewers.file, call.path_params["file"]))


def _sent(call: Call, asset: viewers.Asset) -> Reply:
    if takes_gzip(call.header(b"accept-encoding")):
        return Reply(asset.compressed, headers=(*asset.headers, (b"content-encoding", b"gzip")))
    return Reply(asset.content, headers=asset.headers)


def _define_readings(gateway: Gateway) -> None:
    """What is read off the parts when it is asked for."""

    def of_books(count: Callable[[BookSide], int]) -> dict[tuple[str, ...], int]:
        return {
            (symbol, side): count(levels)
            for symbol, book in gateway.views.books.items()
            for side, levels in (("bid", book.bids), ("ask", book.asks))
        }

    def alone(read: Callable[[], int]) -> Callable[[], dict[tuple[str, ...], int]]:
        return lambda: {(): read()}

    commands = gateway.commands
    Reading("orderbook_depth", lambda: of_books(len))
    Reading("orderbook_size", lambda: of_books(lambda side: sum(level.orders for level in side.levels.values())))
    Reading("open_orders", alone(lambda: gateway.views.orders.live))
    Reading("history_lag_events", alone(lambda: max(0, gateway.views.watermark - gateway.history_watermark)))
    Reading("gateway_orders_in_memory", alone(lambda: len(gateway.views.orders)))
    Reading("gateway_trades_in_memory", alone(lambda: len(gateway.views.trades)))
    Reading("gateway_resyncs_total", alone(lambda: gateway.feed.resyncs))
    Reading("gateway_announced_records_total", alone(lambda: gateway.feed.announced))
    Reading("gateway_commands_queued", alone(lambda: commands.queued))
    Reading("gateway_commands_in_flight", alone(lambda: commands.in_flight))
    Reading("gateway_records_total", alone(lambda: commands.records))
    Reading("gateway_commands_total", alone(lambda: commands.sent))
    Reading("dependency_up", lambda: {(name,): int(state == "ok") for name, state in gateway.checks().items()})
