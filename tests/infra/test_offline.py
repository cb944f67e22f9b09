"""Templates are made without a network, and what is not whole cannot be deployed by accident."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import dependencies, sources, templates
from infra.errors import LayerNotBuiltError
from infra.templates import Templates

AREAS_WITH_FUNCTIONS = {"identity", "wallet", "data", "observability"}


@pytest.fixture
def no_index(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing was built, and pip reaches no index."""

    def ensure(_root: Path) -> Path:
        dependencies._pip("download", "--index-url=http://127.0.0.1:9/", "--retries=0", "no-such-package")
        raise AssertionError("there is no index there")

    monkeypatch.setattr(dependencies, "ensure", ensure)
    sources._built_layer.cache_clear()
    yield
    sources._built_layer.cache_clear()


def _refusals(stage: Templates) -> dict[str, str]:
    return {
        area: template["Rules"]["DependenciesAreBuilt"]["Assertions"][0]["AssertDescription"]
        for area, template in stage.stacks.items()
        if "DependenciesAreBuilt" in template.get("Rules", {})
    }


def test_without_the_layer_there_are_templates_that_cloudformation_turns_down(no_index: None, tmp_path: Path) -> None:
    refusals = _refusals(templates.synthesise("dev", tmp_path, {}))
    assert set(refusals) == AREAS_WITH_FUNCTIONS
    for sentence in refusals.values():
        assert "run 'python -m infra.dependencies' with a network" in sentence
        assert "no-such-package" in sentence, "pip's own last word is in it"


def test_with_the_layer_nothing_is_refused(on_aws: Templates) -> None:
    assert _refusals(on_aws) == {}


def test_the_sentence_holds_no_colours() -> None:
    with pytest.raises(LayerNotBuiltError) as caught:
        dependencies._pip("download", "--no-index", "no-such-package")
    assert "\033" not in str(caught.value)
