"""The public keys of the tokens, fetched from the published key set and kept fresh."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Final, Protocol

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from mycrypto.security.keys import KeyMaterialError, parse

AGE_SECONDS_MAX: Final = 300
PAUSE_SECONDS: Final = 5
"""Between two fetches for unknown kids: a flood of forged tokens is no flood of fetches."""
RETRY_SECONDS: Final = 1


class Reporter(Protocol):
    def warning(self, msg: object, *args: object) -> None: ...


class KeySet:
    """``keys`` is what :func:`mycrypto.security.tokens.verify_access` takes."""

    def __init__(self, url: str, path: str, reporter: Reporter) -> None:
        self._url = url
        self._path = path
        self._reporter = reporter
        self._fetched_at = -float("inf")
        self._lock = asyncio.Lock()
        self.keys: dict[str, RSAPublicKey] = {}

    async def run(self) -> None:
        """Fetch until cancelled: at once, again until it works, then every five minutes."""
        while True:
            await self.refresh(0)
            await asyncio.sleep(AGE_SECONDS_MAX if self.keys else RETRY_SECONDS)

    async def refresh(self, pause_seconds: float = PAUSE_SECONDS) -> None:
        """Fetch unless that has just been done; a failure keeps the keys that are known."""
        async with self._lock:
            if time.monotonic() - self._fetched_at < pause_seconds:
                return
            self._fetched_at = time.monotonic()
            try:
                keys = parse(await self._document())
            except (httpx.HTTPError, OSError, KeyMaterialError) as error:
                self._reporter.warning("the key set cannot be read: %r", error)
                return
            if keys:
                self.keys = keys

    async def _document(self) -> bytes:
        if self._path:
            return await asyncio.to_thread(Path(self._path).read_bytes)
        async with httpx.AsyncClient(timeout=10) as client:
            answer = await client.get(self._url)
            answer.raise_for_status()
            return answer.content
