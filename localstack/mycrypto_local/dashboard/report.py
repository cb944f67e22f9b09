"""The dashboards of a running platform: read what was written, draw, and put into words."""

from __future__ import annotations

import math
import tempfile
import time
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.dashboards import DASHBOARDS
from mycrypto_local.aws import of_emulator
from mycrypto_local.containers import ContainerError, ContainerPlatform, runs_from
from mycrypto_local.dashboard import measures, page
from mycrypto_local.dashboard.measures import LogsClient, Measures
from mycrypto_local.dashboard.series import Drawn, Window, draw
from mycrypto_local.running import Running

BUCKETS: Final = 60
FIGURES_GO_BACK_HOURS: Final = 720


class UnreadableError(RuntimeError):
    """The numbers cannot be had; the message says why and what to do."""


class Shown(msgspec.Struct, frozen=True):
    """A dashboard with its numbers."""

    key: str
    title: str
    panels: list[Drawn]


def client_of(service: Literal["lambda", "logs"], running: Running) -> Any:
    """A client that waits for long answers, and not for one that does not begin."""
    return of_emulator(service, running.aws_endpoint, Config(retries={"max_attempts": 1}, connect_timeout=2, read_timeout=60))


def logs_client(running: Running) -> LogsClient:
    """CloudWatch Logs of the emulator."""
    client: LogsClient = client_of("logs", running)
    return client


def read(running: Running, since_ms: int, *, processes_since_ms: int | None = None) -> Measures:
    """Everything that processes and functions wrote about themselves since then. Raises :class:`UnreadableError`."""
    found = Measures()
    since = since_ms if processes_since_ms is None else processes_since_ms
    if runs_from(running.state):
        hours = max(1, math.ceil((time.time() * 1000 - since) / 3_600_000))
        with tempfile.TemporaryDirectory() as folder:
            try:
                ContainerPlatform(running.state).save_logs(Path(folder), hours)
            except ContainerError as error:
                raise UnreadableError(str(error)) from error
            measures.read_files(found, Path(folder), since)
    else:
        measures.read_files(found, running.state / "logs", since)
    try:
        measures.read_functions(found, logs_client(running), since_ms)
    except (BotoCoreError, ClientError) as error:
        raise UnreadableError(f"the logs of the functions cannot be read ({error}); is the emulator up? See: mycrypto status") from error
    return found


def look(running: Running, minutes: float) -> tuple[list[Shown], Window]:
    """The four dashboards over the last minutes."""
    window = Window(time.time_ns() // 1_000_000, minutes, BUCKETS)
    month_ago = window.end_ms - FIGURES_GO_BACK_HOURS * 3_600_000  # what counts over days is told by the publisher, a process
    found = read(running, window.start_ms, processes_since_ms=month_ago)
    return [Shown(board.key, board.title, [draw(panel, found, window) for panel in board.panels]) for board in DASHBOARDS], window


def html(running: Running, minutes: float) -> str:
    """The page."""
    boards, window = look(running, minutes)
    return page.render(((board.key, board.title, board.panels) for board in boards), window)
