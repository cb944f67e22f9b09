"""Engines of these tests listen nowhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from engine_container.web import probes


@pytest.fixture(autouse=True)
def _no_listening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unit tests open no sockets."""

    @asynccontextmanager
    async def listening(*_: object) -> AsyncIterator[None]:
        yield

    monkeypatch.setattr(probes, "listening", listening)
