"""CloudFormation's own linter finds nothing in the templates of prod, which holds every resource that any stage has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from infra.templates import Templates

ROOT = Path(__file__).resolve().parents[2]


def test_cfn_lint_is_silent(prod: Templates) -> None:
    paths = sorted(str(path) for path in prod.folder.glob("*.template.json"))
    done = subprocess.run([str(Path(sys.executable).with_name("cfn-lint")), *paths], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
