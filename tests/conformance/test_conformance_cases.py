"""Scenarios taken from the tests and documentation of other matching engines: all of them hold here too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine_container.tools.scenario import Scenario

CASES = [json.loads(line) for line in (Path(__file__).parent / "cases.jsonl").read_text(encoding="utf-8").splitlines() if line.strip()]


def test_all_cases_are_here() -> None:
    assert len(CASES) == 71


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    result = Scenario().run(case["commands"])
    expected = {key: value for key, value in case["expect"].items() if key != "events"}
    assert {key: result[key] for key in expected} == expected
