"""Servers for integration tests: started once per run, on free ports, in a folder of their own, and gone with the run.

``DATABASE_URL``, ``REDIS_URL`` and ``KAFKA_BOOTSTRAP_SERVERS`` point the tests at servers that run already. Each test that
writes makes its own database, key prefix or topic, so that tests may run in any order and beside each other.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from mycrypto_local import toolchain
from mycrypto_local.parts.kafka import Kafka, ensure_topics
from mycrypto_local.parts.part import Part
from mycrypto_local.parts.postgres import Postgres
from mycrypto_local.parts.spawn import spawned
from mycrypto_local.parts.valkey import Valkey
from mycrypto_local.ports import any_free
from tests import scratch

if TYPE_CHECKING:  # a run of unit tests should not pay for importing the whole runner
    from mycrypto_local.running import Running

# No test asserts on time, not even by default. The suite draws the same examples each time, so that a change is judged by what it changed;
# with SEARCH=1 (make test-long) they are new ones each time.
settings.register_profile("unhurried", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("searching", settings.get_profile("unhurried"), derandomize=False)
settings.load_profile("searching" if os.environ.get("SEARCH") else "unhurried")

PASSWORD = "tests"

os.environ["PATH"] = toolchain.search_path()  # Node and Java may be the environment's own
LAYERS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test has the mark of its layer, which is the folder below ``tests``: ``-m "integration and not slow"``."""
    for item in items:
        item.add_marker(item.path.relative_to(LAYERS).parts[0])


@pytest.fixture(scope="module", autouse=True)
def _own_aws_session() -> None:
    """boto3 keeps the credentials that it found first: those of one module's tests are not those of the next one's."""
    if "boto3" in sys.modules:
        vars(sys.modules["boto3"])["DEFAULT_SESSION"] = None


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """Where servers keep their data; open to the user that PostgreSQL runs as, which pytest's own folders are not."""
    folder = scratch.folder(scratch.SERVERS)
    folder.mkdir(mode=0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def _servers() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def _start(servers: ExitStack, part: Part, folder: Path) -> None:
    servers.enter_context(spawned(part, folder / f"{part.name}.log"))


@pytest.fixture(scope="session")
def postgres(_servers: ExitStack, server_folder: Path) -> str:
    """DSN of a superuser on a running PostgreSQL."""
    if given := os.environ.get("DATABASE_URL"):
        return given
    server = Postgres(server_folder, any_free(1)[0], PASSWORD, durable=False)
    server.prepare()
    _servers.callback(server.remove)
    _start(_servers, server.part(), server_folder)
    return server.dsn


@pytest.fixture(scope="session")
def valkey(_servers: ExitStack, server_folder: Path) -> str:
    """URL of a running Valkey, password included."""
    if given := os.environ.get("REDIS_URL"):
        return given
    server = Valkey(server_folder, any_free(1)[0], PASSWORD)
    server.prepare()
    _start(_servers, server.part(), server_folder)
    return server.url


@pytest.fixture(scope="session")
def kafka(_servers: ExitStack, server_folder: Path) -> str:
    """Bootstrap servers of a running Kafka that has the platform's topics."""
    bootstrap = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if not bootstrap:
        server = Kafka(server_folder, *any_free(2))
        server.prepare()
        _start(_servers, server.part(), server_folder)
        bootstrap = server.bootstrap
    ensure_topics(bootstrap)
    return bootstrap


@pytest.fixture(scope="session")
def platform(request: pytest.FixtureRequest) -> Iterator[Running]:
    """A whole platform of its own: own ports, own state, ended with the run. ``MYCRYPTO_TEST_PLATFORM`` names the state folder of one
    that runs already, for those who write tests."""
    from mycrypto_local.platform import Platform
    from mycrypto_local.running import Running
    from mycrypto_local.supervision import last_words
    from tests.waking import wake_functions

    if given := os.environ.get("MYCRYPTO_TEST_PLATFORM"):
        yield Running.load(Path(given).resolve())
        return
    scratch.forget_killed_runs()
    state = scratch.folder("platform")
    whole = Platform.own(state)
    try:
        whole.up()
        running = Running.load(state)
        asyncio.run(wake_functions(running))
        yield running
    finally:
        if request.session.testsfailed:
            with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
                print(last_words(state))
        whole.reset()
