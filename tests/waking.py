"""The first use of a platform that has just started."""

from __future__ import annotations

from mycrypto_local.actors import Exchange
from mycrypto_local.client import PATIENCE_SECONDS, Api, ApiError
from mycrypto_local.running import Running


async def wake_functions(running: Running) -> None:
    """The first call of a function waits for its start, on a machine that begins four runs of tests at once longer than the front door
    does, and the first mail longer than a person would. A registration whose outcome is unknown is not repeated: another address registers."""
    async with Api(running.base_url, patience_seconds=PATIENCE_SECONDS) as api:
        exchange = Exchange(api, running.webhooks)
        for attempt in reversed(range(3)):
            try:
                trader = await exchange.new_trader("first")
                await exchange.deposit_crypto(trader, "ETH", "1")
            except (ApiError, TimeoutError) as error:
                if not attempt or (isinstance(error, ApiError) and error.code != "OUTCOME_UNKNOWN"):
                    raise
            else:
                return
