"""Each code of a field error has words in both languages, and they use no figure that the code does not bring."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from mycrypto import field_faults

WORDS: Final = Path(__file__).parents[3] / "web" / "src" / "i18n"
_LINE: Final = re.compile(r"^  ([A-Z0-9_]+): (.+),$", re.MULTILINE)
_FIGURE: Final = re.compile(r"\bp\.([a-z_]+)")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_code_has_words(language: str) -> None:
    said = dict(_LINE.findall((WORDS / f"faults-{language}.ts").read_text()))
    assert said.keys() == field_faults.SENTENCES.keys()
    strange = {code: left for code, words in said.items() if (left := set(_FIGURE.findall(words)) - field_faults.figures_of(code))}
    assert strange == {}
