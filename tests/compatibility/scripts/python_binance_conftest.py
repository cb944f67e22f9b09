"""The fixtures of python-binance's own tests, which its source leaves out: clients of this exchange in place of Binance's test network."""

import os

import pytest
import pytest_asyncio
from binance import AsyncClient, Client
from binance.base_client import BaseClient
from binance.ws.reconnecting_websocket import ReconnectingWebsocket
from binance.ws.streams import BinanceSocketManager

URL = os.environ["SPOT_URL"]
WS = URL.replace("http", "ws", 1)
BaseClient.API_URL = BaseClient.API_TESTNET_URL = f"{URL}/api"
BaseClient.MARGIN_API_URL = BaseClient.MARGIN_API_TESTNET_URL = f"{URL}/sapi"
BaseClient.WS_API_URL = BaseClient.WS_API_TESTNET_URL = f"{WS}/ws-api/v3"
ReconnectingWebsocket.TIMEOUT = 1  # how long the end of a connection waits for another message
BinanceSocketManager.STREAM_URL = BinanceSocketManager.STREAM_TESTNET_URL = f"{WS}/"

proxy = None
proxies: dict[str, str] = {}
api_key = os.environ["SPOT_KEY"]
api_secret = os.environ["SPOT_SECRET"]
testnet = True


HERE = {"test_stream_get_listen_key_and_close", "test_get_account_api_permissions"}
"""What its tests leave out because Binance's test network has it not, and this exchange has."""


def pytest_collection_modifyitems(items):
    for item in items:
        if item.name in HERE:
            item.own_markers = [mark for mark in item.own_markers if mark.name != "skip"]


def _client() -> Client:
    return Client(api_key, api_secret, testnet=testnet)


@pytest.fixture
def client():
    made = _client()
    yield made
    made.close_connection()


@pytest.fixture
def liveClient():  # noqa: N802 - its name
    made = _client()
    yield made
    made.close_connection()


@pytest_asyncio.fixture
async def clientAsync():  # noqa: N802 - its name
    made = AsyncClient(api_key, api_secret, testnet=testnet)
    yield made
    await made.close_connection()


@pytest_asyncio.fixture
async def liveClientAsync():  # noqa: N802 - its name
    made = AsyncClient(api_key, api_secret, testnet=testnet)
    yield made
    await made.close_connection()


def call_method_and_assert_uri_contains(client, method, text, *arguments, **named):
    """The client's method asks under a path with this text in it."""
    seen = []
    asked = client._request

    def watched(verb, uri, *rest, **more):
        seen.append(uri)
        return asked(verb, uri, *rest, **more)

    client._request = watched
    answer = getattr(client, method)(*arguments, **named)
    assert any(text in uri for uri in seen), seen
    return answer
