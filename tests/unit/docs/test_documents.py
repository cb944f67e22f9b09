"""Documents that can be wrong are checked: links lead somewhere, and an invariant's tests exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]+\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`")
NAMED_MODULE = re.compile(r"`((?:engine_container|functions|infra|layers|localstack|web)/[\w/.-]+\.\w+)`")
NUMBERED = re.compile(r"^\| (\d+) \|", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files(document: Path) -> None:
    missing = [target for target in LINK.findall(document.read_text()) if not (document.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_named_tests_exist(document: Path) -> None:
    for file, test in NAMED_TEST.findall(document.read_text()):
        source = ROOT / file
        assert source.exists(), f"{document.name} names {file}"
        assert not test or f"def {test}(" in source.read_text(), f"{document.name} names {file}::{test}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_named_modules_exist(document: Path) -> None:
    missing = [name for name in NAMED_MODULE.findall(document.read_text()) if not (ROOT / name).exists()]
    assert missing == [] or "adr" in document.parts, "a decision may speak of what is gone; other pages say what is true now"


def test_the_architecture_shows_the_five_paths() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    paths = text.split("## The five paths", 1)[1].split("\n## ", 1)[0].split("\n### ")[1:]
    assert [path.splitlines()[0] for path in paths] == ["An order", "A trade's settlement", "A deposit", "A withdrawal", "A registration"]
    assert all(len(NAMED_MODULE.findall(path)) >= 4 for path in paths)


def test_every_invariant_of_the_architecture_names_a_test() -> None:
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
    table = text.split("## Invariants", 1)[1].split("## ", 1)[0]
    rows = [line for line in table.splitlines() if NUMBERED.match(line)]
    assert [int(row.split("|")[1]) for row in rows] == list(range(1, 14))
    assert all(NAMED_TEST.search(row) for row in rows)


def test_every_term_of_the_glossary_has_one_sentence_and_a_module() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text().split("## Where to look first")[0]
    rows = [line.split(" | ") for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| term", "| ---"))]
    assert len(rows) > 40
    for term, meaning, module in rows:
        assert meaning[0].isupper(), term
        assert meaning.endswith("."), term
        assert NAMED_MODULE.search(module), term


@pytest.mark.parametrize("folder", ["docs/adr", "functions/migrations/exchange_dev", "functions/migrations/mytrader_trade_engine"])
def test_no_number_is_given_twice(folder: str) -> None:
    """Two changes that are made at the same time take the same number easily."""
    numbers = [found[0] for path in (ROOT / folder).iterdir() if (found := re.match(r"\d{4}[a-z]?", path.name))]
    assert sorted(numbers) == sorted(set(numbers))
