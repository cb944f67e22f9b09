"""The two kinds of traffic as whole runs: users are made and funded, the flow is sent, and a report comes back."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from mycrypto_local.actors import Exchange
from mycrypto_local.client import PATIENCE_SECONDS, Api
from mycrypto_local.running import Running
from mycrypto_local.staff import new_operator
from mycrypto_local.traffic import flow_file, mix, replay

TAKER_SHARE: Final = 4
"""One user in so many takes, the others make."""


async def replay_file(
    running: Running, flow: Path, expected: Path | None, *, users: int, told: Callable[[str], None], rows_max: int | None = None
) -> replay.ReplayReport:
    """Replay a recorded file, or its first ``rows_max`` rows, with at least two users; raises ``FlowError`` or ``ReplayError``."""
    rows = flow_file.read_flow(flow)[:rows_max]
    fills = [fill for fill in flow_file.read_fills(expected) if fill.seq <= rows[-1].seq] if expected and rows else None
    async with Api(running.base_url, patience_seconds=PATIENCE_SECONDS) as api:
        exchange = Exchange(api, running.webhooks)
        operator = await new_operator(exchange, running.accounts_dsn)
        await replay.prepare_market(exchange, operator)
        traders = await replay.prepare_traders(exchange, operator, max(users, 2), told)
        takers = max(1, len(traders) // TAKER_SHARE)
        report = await replay.Replay(traders[takers:], traders[:takers], run_id=secrets.token_hex(4)).run(rows, told)
    if fills is not None:
        report.mismatches = replay.compare(report.fills, fills)
    return report


async def send_mix(
    running: Running, *, users: int, rate_per_s: float, seconds: float, seed: int, told: Callable[[str], None]
) -> mix.MixReport:
    """Keep a realistic flow of orders going."""
    async with Api(running.base_url, connections_max=mix.IN_FLIGHT_MAX) as api:
        exchange = Exchange(api, running.webhooks)
        traders = await exchange.funded_traders("traffic", users, mix.FUNDS, told)
        return await mix.Mix(exchange, traders, seed=seed).run(rate_per_s=rate_per_s, seconds=seconds, told=told)
