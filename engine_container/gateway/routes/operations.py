"""For those who run the gateway: is it alive, is it ready, what does it count."""

from __future__ import annotations

import time
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from engine_container.gateway.docs_page import PAGE
from engine_container.gateway.openapi import text as openapi_text
from engine_container.gateway.parts import Gateway
from engine_container.metrics import MEDIA_TYPE, REGISTRY, Gauge
from engine_container.views.rendering import iso
from engine_container.views.symbols import compact
from engine_container.web.call import Call, Reply
from mycrypto.contracts import api

_TEXT: Final = ((b"content-type", MEDIA_TYPE.encode()),)


class Operations:
    """``/health``, ``/ready`` and ``/metrics``."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._openapi = openapi_text().encode()
        _define_gauges(gateway)

    async def health(self, call: Call) -> Reply:  # noqa: ARG002 - the shape of an endpoint
        uptime = int(time.monotonic() - self._gateway.started_at)
        now = iso(time.time_ns() // 1_000_000)
        return Reply(api.Health("ok", self._gateway.settings.service_name, _version(), now, uptime))

    async def ready(self, call: Call) -> Reply:  # noqa: ARG002 - the shape of an endpoint
        missing = self._gateway.missing()
        answer = api.Readiness("not ready" if missing else "ready", self._gateway.checks(), missing)
        return Reply(answer, 503 if missing else 200)

    async def metrics(self, call: Call) -> Reply:  # noqa: ARG002 - the shape of an endpoint
        return Reply(REGISTRY.text().encode(), headers=_TEXT)

    async def openapi(self, call: Call) -> Reply:  # noqa: ARG002 - the shape of an endpoint
        return Reply(self._openapi)

    async def docs(self, call: Call) -> Reply:  # noqa: ARG002 - the shape of an endpoint
        return Reply(PAGE.encode(), headers=((b"content-type", b"text/html; charset=utf-8"),))


def _version() -> str:
    try:
        return version("mycrypto-platform")
    except PackageNotFoundError:  # run from a tree that was never installed
        return "0"


def _define_gauges(gateway: Gateway) -> None:
    def depth() -> dict[tuple[str, ...], int | float]:
        return {
            (compact(symbol), side): len(levels.prices)
            for symbol, book in gateway.views.books.items()
            for side, levels in (("bid", book.bids), ("ask", book.asks))
        }

    Gauge("orderbook_depth", "Price levels by symbol and side", depth, ("symbol", "side"))
    Gauge("open_orders", "Live orders", lambda: {(): gateway.views.orders.live})
    Gauge(
        "gateway_orders_in_memory",
        "Live orders and finished ones that the history may not have yet",
        lambda: {(): len(gateway.views.orders)},
    )
    Gauge("gateway_trades_in_memory", "Trades in memory", lambda: {(): len(gateway.views.trades)})
    Gauge("gateway_event_watermark", "Number of the last event in the views", lambda: {(): gateway.views.watermark})
    Gauge("gateway_resyncs", "Times the views were built anew because events were missing", lambda: {(): gateway.feed.resyncs})
    Gauge("gateway_commands_queued", "Commands that wait to be appended", lambda: {(): gateway.commands.queued})
    Gauge("gateway_commands_in_flight", "Commands that were taken in and are not answered", lambda: {(): gateway.commands.in_flight})
    Gauge("gateway_command_records", "Records appended since the start", lambda: {(): gateway.commands.records})
    Gauge("gateway_commands_sent", "Commands appended since the start", lambda: {(): gateway.commands.sent})
    Gauge(
        "health_status",
        "1 for a dependency that answers",
        lambda: {(name,): int(state == "ok") for name, state in gateway.checks().items()},
        ("dependency",),
    )
