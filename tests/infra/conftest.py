"""Templates of every stage, made once per run: the first synth costs seconds, each further one little. Needs neither network nor credentials."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from infra import templates
from infra.templates import Templates

ON_AWS = ("dev", "staging", "prod")
LOCAL = {
    "database_host": "127.0.0.1",
    "database_port": "5432",
    "redis_url": "redis://127.0.0.1:6379/0",
    "kafka_bootstrap": "127.0.0.1:9092",
    "aws_endpoint": "http://127.0.0.1:4566",
}

Synth = Callable[..., Templates]


@pytest.fixture(scope="session")
def dependency_layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A layer built earlier, so that a synth needs no package index."""
    folder = tmp_path_factory.mktemp("layer")
    (folder / "python").mkdir()
    (folder / "python" / "placeholder.py").write_text("")
    return folder


@pytest.fixture(scope="session")
def synth(dependency_layer: Path, tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """Synthesise a stage with more context, once for each combination. The rule packs run with every stage on AWS: a finding raises."""
    made: dict[tuple[tuple[str, str], ...], Templates] = {}

    def run(stage: str, **context: str) -> Templates:
        key = (("stage", stage), *sorted(context.items()))
        if key not in made:
            more = LOCAL if stage == "local" else {"dependency_layer": str(dependency_layer)}
            folder = tmp_path_factory.mktemp(f"cdk-{stage}")
            made[key] = templates.synthesise(stage, folder, {**more, **context}, checked=stage != "local")
        return made[key]

    return run


@pytest.fixture(scope="session", params=ON_AWS)
def on_aws(request: pytest.FixtureRequest, synth: Synth) -> Templates:
    """Each stage on AWS."""
    return synth(request.param)


@pytest.fixture(scope="session")
def local(synth: Synth) -> Templates:
    return synth("local")


@pytest.fixture(scope="session")
def prod(synth: Synth) -> Templates:
    return synth("prod")
