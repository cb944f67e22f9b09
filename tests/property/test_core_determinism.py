"""Invariant 7: the same commands give byte-identical events and the same state, whatever the hash seed, compiled or not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine_container.compiled import build_folder, is_fresh

ROOT = Path(__file__).resolve().parents[2]


def run(**environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.property.flow_hash", "11", "1500"],
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


def test_compiled_and_interpreted_are_the_same_machine() -> None:
    if not is_fresh(build_folder()):
        pytest.skip("no compiled core for these sources: python -m engine_container.build_core")
    compiled = run(MYCRYPTO_CORE="compiled", PYTHONHASHSEED="7")
    interpreted = run(MYCRYPTO_CORE="interpreted", PYTHONHASHSEED="8")
    assert compiled[2] == "compiled"
    assert compiled[:2] == interpreted[:2]
