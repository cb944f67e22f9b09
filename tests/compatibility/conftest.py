"""Each client against a funded account and a live book of a whole platform."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mycrypto_local.addresses import binance_url
from mycrypto_local.keys_command import NewKey
from mycrypto_local.running import Running
from tests.compatibility.market import funded_key, live_market


@pytest.fixture(scope="module")
def spot_market(platform: Running) -> Iterator[str]:
    """The address of the Binance-compatible API of a platform with a trading customer."""
    with live_market(platform):
        yield binance_url(platform.ports)


@pytest.fixture(scope="module")
def key(platform: Running, spot_market: str) -> NewKey:
    return funded_key(platform)


@pytest.fixture
def told(key: NewKey, spot_market: str) -> dict[str, str]:
    """What the clients' scripts find in their environment."""
    return {"SPOT_URL": spot_market, "SPOT_KEY": key.api_key, "SPOT_SECRET": key.secret}
