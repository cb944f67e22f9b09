"""The whole platform behind its front door, started once per run; each test brings its own users."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from mycrypto_local.actors import Exchange
from mycrypto_local.client import REQUEST_SECONDS_MAX, Api, Trader
from mycrypto_local.running import Running


@pytest.fixture(scope="session")
def door(platform: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=platform.base_url, timeout=REQUEST_SECONDS_MAX) as client:
        yield client


def _new_trader(platform: Running, name: str) -> Trader:
    async def make() -> Trader:
        async with Api(platform.base_url) as api:
            return await Exchange(api, platform.webhooks).new_trader(name)

    return asyncio.run(make())


@pytest.fixture(scope="session")
def buyer(platform: Running) -> Trader:
    """A verified user who is logged in and has no money."""
    return _new_trader(platform, "buyer")


@pytest.fixture(scope="session")
def depositor(platform: Running) -> Trader:
    """One more: deposits are limited to ten a minute and user."""
    return _new_trader(platform, "depositor")
