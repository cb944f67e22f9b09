"""The platform on LocalStack instead of the default emulator, without Docker: the main job, and again when LocalStack has lost its state."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import pytest

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Api
from mycrypto_local.demo import Audience, Demo, Report
from mycrypto_local.emulators import LOST
from mycrypto_local.platform import Platform
from mycrypto_local.running import Running
from mycrypto_local.status import PartStatus
from mycrypto_local.verify import verify
from tests import scratch
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def on_localstack() -> Iterator[Platform]:
    platform = Platform.own(scratch.folder("localstack"), emulator="localstack")
    try:
        platform.up()
        yield platform
    finally:
        platform.reset()


def _play(platform: Platform) -> Report:
    running = Running.load(platform.state)

    async def play() -> Report:
        async with Api(running.base_url) as api:
            return await Demo(Exchange(api, running.webhooks), Audience(), running.accounts_dsn).run()

    return asyncio.run(play())


def _emulator(platform: Platform) -> PartStatus:
    return next(part for part in platform.status().parts if part.name == "emulator")


def test_the_demo_passes_and_the_books_agree(on_localstack: Platform) -> None:
    assert _play(on_localstack).balances_after["Ayşe"]["BTC"] == "0.0002"
    assert asyncio.run(verify(Running.load(on_localstack.state))).differences == []
    assert on_localstack.status().emulator == "localstack"


def test_a_localstack_that_crashed_is_restarted_and_said_to_be_empty(on_localstack: Platform) -> None:
    killed = on_localstack.supervisor.process("emulator").pid
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: _emulator(on_localstack).detail == LOST)
    assert on_localstack.status().state == "degraded"
    assert on_localstack.up() is True
    assert on_localstack.status().state == "running"


def test_and_again_after_localstack_has_lost_its_state(on_localstack: Platform) -> None:
    on_localstack.down()
    on_localstack.up()
    assert on_localstack.status().state == "running"
    assert len(_play(on_localstack).steps) > 20
    assert asyncio.run(verify(Running.load(on_localstack.state))).differences == []
