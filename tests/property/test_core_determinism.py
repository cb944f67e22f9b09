"""Invariant 7: the same commands give byte-identical events and the same state, whatever the hash seed, compiled or not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine_container.compiled import build_folder, is_fresh

ROOT = Path(__file__).resolve().parents[2]


FLOW = ("flow_hash", "11", "1500")


def run(*program: str, **environment: str) -> list[str]:
    name, *arguments = program or FLOW
    done = subprocess.run(
        [sys.executable, "-m", f"tests.property.{name}", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_the_hash_seed_changes_nothing() -> None:
    first = run(PYTHONHASHSEED="1", MYCRYPTO_CORE="interpreted")
    assert first == run(PYTHONHASHSEED="4242", MYCRYPTO_CORE="interpreted")
    assert first[2] == "interpreted"


@pytest.mark.parametrize("program", [FLOW, ("failing_hash",)])
def test_compiled_and_interpreted_are_the_same_machine(program: tuple[str, ...]) -> None:
    if not is_fresh(build_folder()):
        pytest.skip("no compiled core for these sources: python -m engine_container.build_core")
    compiled = run(*program, MYCRYPTO_CORE="compiled", PYTHONHASHSEED="7")
    interpreted = run(*program, MYCRYPTO_CORE="interpreted", PYTHONHASHSEED="8")
    assert compiled[2] == "compiled"
    assert compiled[:2] == interpreted[:2]
