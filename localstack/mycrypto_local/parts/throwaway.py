"""A broker for a throw-away run, where Kafka cannot be had: noida-db (PyPI) speaks Kafka's protocol and keeps the log in memory."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from mycrypto_local.parts import kafka
from mycrypto_local.parts.part import Part, base_environment


@dataclass(frozen=True, slots=True)
class ThrowawayBroker:
    """Stands in the place of :class:`mycrypto_local.parts.kafka.Kafka`. What it holds ends with it: it writes nothing that survives a kill."""

    state: Path
    port: int

    @property
    def home(self) -> Path:
        return self.state / "throwaway-broker"

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    def prepare(self) -> None:
        """Begin with an empty log."""
        self.remove()
        self.home.mkdir(parents=True)

    def part(self) -> Part:
        words = ("start", "--only", "kafka", "--host", "127.0.0.1", "--kafka-port", str(self.port), "--data-dir", str(self.home))
        return Part(
            name="kafka",
            command=(str(_program()), *words),
            port=self.port,
            folder=self.state,
            environment=base_environment(self.state, "kafka"),
            stop_seconds_max=10,
            probe=self._probe,
        )

    def remove(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)

    def _probe(self) -> None:
        kafka.probe(self.bootstrap)


def _program() -> Path:
    package = find_spec("noida_db")
    if package is None or package.origin is None:
        raise kafka.KafkaError("the throw-away broker noida-db is not installed; install it with: make install")
    return Path(package.origin).parent / "noida-db"
