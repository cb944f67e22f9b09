"""Templates of a stage, made in this process and read back: for the tests, the cost estimate and the reference pages."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra.sources import ROOT


@dataclasses.dataclass(frozen=True, slots=True)
class Templates:
    """The stacks of one stage: ``stacks[area]`` is a template, ``folder`` the cloud assembly with their assets."""

    stage: str
    folder: Path
    stacks: Mapping[str, Mapping[str, Any]]

    def resources(self, kind: str = "") -> dict[str, dict[str, Any]]:
        """All resources of a type, or all, by ``area/logical id``."""
        return {
            f"{area}/{name}": resource
            for area, template in self.stacks.items()
            for name, resource in template.get("Resources", {}).items()
            if not kind or resource["Type"] == kind
        }

    def properties(self, kind: str) -> dict[str, dict[str, Any]]:
        """Their properties."""
        return {name: resource.get("Properties", {}) for name, resource in self.resources(kind).items()}


def read(stage: str, folder: Path) -> Templates:
    """What a synth of ``stage`` left in ``folder``."""
    prefix = f"mycrypto-{stage}-"
    stacks = {
        path.name.removeprefix(prefix).removesuffix(".template.json"): json.loads(path.read_text())
        for path in sorted(folder.glob(f"{prefix}*.template.json"))
    }
    return Templates(stage, folder, stacks)


def feature_flags() -> dict[str, Any]:
    """The context of ``cdk.json``, which the ``cdk`` command hands to the app and which is missing without it."""
    flags: dict[str, Any] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return flags


def synthesise(stage: str, folder: Path, context: Mapping[str, str], *, checked: bool = False) -> Templates:
    """Synthesise a stage into ``folder``. ``checked``: hold it against the rule packs too, and raise on a finding."""
    from aws_cdk import App

    from infra import app

    tree = App(outdir=str(folder), context={**feature_flags(), **context, "stage": stage})
    app.build(tree)
    if checked:
        from infra import packs

        packs.check(tree)
    tree.synth()
    return read(stage, folder)
