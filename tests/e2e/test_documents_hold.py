"""The three documents against the running platform: what they allow is accepted, what they do not is refused, and every answer is one that they
describe. Requests are drawn by schemathesis from a fixed seed; ``make fuzz-api SECONDS=n SEED=s`` draws others for as long as one likes.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from mycrypto_local.running import Running
from tests.e2e.everybody import Actor, NoLimits, everybody
from tests.e2e.fuzzed import DOCUMENTS, Fuzz

SEED = 20_261_130
FEW = 2
MORE = pytest.param(4, marks=pytest.mark.slow)
"""Examples of each operation, half of them with data that fits the document and half with data that does not, as each actor."""


@pytest.fixture(scope="module")
def actors(platform: Running) -> dict[str, Actor]:
    return everybody(platform)


@pytest.fixture(scope="module")
def limits(platform: Running) -> Iterator[NoLimits]:
    found = NoLimits(platform)
    yield found
    found.close()


@pytest.mark.parametrize("examples", [FEW, MORE])
@pytest.mark.parametrize("actor", ["USER", "ADMIN"])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_document_says_is_so(
    door: httpx.Client, actors: dict[str, Actor], limits: NoLimits, name: str, actor: str, examples: int
) -> None:
    fuzz = Fuzz(name, door, actors[actor], limits.forget)
    faults = [fault for operation in fuzz.operations for fault in fuzz.run(operation, SEED, examples)]
    assert not faults, "\n\n".join(faults)
    assert fuzz.sent >= 2 * len(fuzz.operations), "there were requests"
    assert fuzz.accepted > len(fuzz.operations) // 4, "and not all of them were refused"
