"""``python -m infra.deployable [--stage S]``: synthesise and check; prints what was found, and fails when there is anything."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra import templates
from infra.deployable import configuration, life, limits, permissions, reachability
from infra.deployable.findings import Finding
from infra.deployable.resolving import Resolver
from infra.templates import Templates

STAGES: Final = ("dev", "staging", "prod")
CHECKS: Final = {module.CHECK: module.check for module in (reachability, permissions, life, limits, configuration)}


def findings(made: Templates, *checks: str) -> list[Finding]:
    """All of a stage, or of the checks that are named, in order."""
    resolver = Resolver(made)
    return sorted({found for check in checks or CHECKS for found in CHECKS[check](resolver)})


def _of_stage(stage: str) -> Iterator[Finding]:
    with tempfile.TemporaryDirectory() as folder:
        # the content of the layer changes nothing that is checked
        (Path(folder) / "layer" / "python").mkdir(parents=True)
        yield from findings(templates.synthesise(stage, Path(folder) / "cdk", {"dependency_layer": str(Path(folder) / "layer")}))


def main() -> None:
    """Check the stages that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m infra.deployable", description="Whether a stage could be deployed and would work.")
    parser.add_argument("--stage", choices=STAGES, action="append")
    failed = False
    for stage in parser.parse_args().stage or STAGES:
        found = list(_of_stage(stage))
        failed = failed or bool(found)
        print(f"{stage}: {len(found) or 'nothing'} found")
        for each in found:
            print(f"  {each}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
