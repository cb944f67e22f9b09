"""Every sentence about a field has a code, and the figures that the sentence holds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from mycrypto import field_faults
from mycrypto.errors import FieldError, ProblemError, invalid

ROOT: Final = Path(__file__).parents[3]
SOURCES: Final = ("layers", "functions", "engine_container")
ELSEWHERE: Final = frozenset({"binance", "field_faults.py", "mail_texts_english.py"})
"""What answers in another form, is the table, or is mail."""
SAMPLES: Final = ("7", "AB")
"""What may stand in a sentence: a number, or a name."""


@pytest.mark.parametrize(
    ("sentence", "code", "params"),
    [
        ("is required", "REQUIRED", {}),
        ("is required: the item names no user", "REQUIRED", {}),
        ("is required for GTD, and only for GTD", "REQUIRED_FOR", {"what": "GTD"}),
        ("is required for STOP_LIMIT", "REQUIRED_FOR", {"what": "STOP_LIMIT"}),
        ("or trail_bps is required for TRAILING_STOP, and only one of them", "EITHER_REQUIRED", {"other": "trail_bps"}),
        ("must be a whole number from 1 to 9999 or null", "NUMBER", {"lowest": "1", "highest": "9999"}),
        ("must be 0, or 5 to 600", "NUMBER", {"lowest": "5", "highest": "600"}),
        ("must be one of BUY, SELL", "ONE_OF", {"choices": "BUY, SELL"}),
        ("must be LEVEL_1 or LEVEL_2", "ONE_OF", {"choices": "LEVEL_1 or LEVEL_2"}),
        ("must be IOC or FOK for MARKET", "ONE_OF", {"choices": "IOC or FOK"}),
        ("must be text of 1 to 32 characters", "LENGTH", {"least": "1", "most": "32"}),
        ("must have at most 255 characters", "LENGTH_AT_MOST", {"most": "255"}),
        ("must have at most 8 decimals", "DECIMALS", {"most": "8"}),
        ("must be greater than zero", "POSITIVE", {}),
        ("must not hold the character U+202E", "CHARACTER", {"character": "U+202E"}),
        ("must contain an upper-case letter, a digit", "PASSWORD_LACKS", {"lacks": "an upper-case letter, a digit"}),
        ("must be an account in TR: TRY is paid there alone", "IBAN_OF", {"country": "TR", "currency": "TRY"}),
        ("1234.50000000 TRY", "LEFT", {"amount": "1234.50000000", "currency": "TRY"}),
    ],
)
def test_a_sentence_has_its_code_and_its_figures(sentence: str, code: str, params: dict[str, str]) -> None:
    assert field_faults.read(sentence) == (code, params)
    assert params.keys() <= field_faults.figures_of(code)


def test_a_problem_says_code_and_figures_beside_the_words_of_each_field() -> None:
    assert invalid("limit", "must be a whole number from 1 to 100").body()["errors"] == [
        {
            "field": "limit",
            "message": "must be a whole number from 1 to 100",
            "code": "NUMBER",
            "params": {"lowest": "1", "highest": "100"},
        }
    ]


def test_a_field_of_which_there_is_no_more_to_say_has_the_code_of_its_problem() -> None:
    problem = ProblemError("PRICE_BAND", errors=[FieldError("price", "The price is outside the band (lowest 90, highest 110)")])
    assert problem.body()["errors"] == [
        {"field": "price", "message": "The price is outside the band (lowest 90, highest 110)", "code": "PRICE_BAND", "params": {}}
    ]


def _text(node: ast.AST, sample: str) -> str | None:
    """What an expression says, with a sample for each of its figures; ``None`` where it says nothing by itself."""
    match node:
        case ast.Constant(value=str(words)):
            return words
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else sample for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = _text(left, sample), _text(right, sample)
            return None if first is second is None else (first or sample) + (second or sample)
        case _:
            return None


def _expressions(tree: ast.Module, *, only_said: bool) -> Iterator[ast.AST]:
    """Those that may be a sentence, each as a whole. Where routes are declared only what is given to an error is one."""
    whole: set[int] = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"invalid", "FieldError"}]
    roots: list[ast.AST] = [given for call in calls for given in call.args[1:]] if only_said else [tree]
    for root in roots:
        for node in ast.walk(root):
            if isinstance(node, ast.JoinedStr | ast.BinOp):
                whole |= {id(inner) for inner in ast.walk(node)} - {id(node)}
            if id(node) not in whole:
                yield node


def test_every_sentence_of_the_sources_has_a_code() -> None:
    unknown, known = [], set()
    for path in (path for folder in SOURCES for path in (ROOT / folder).rglob("*.py") if ELSEWHERE.isdisjoint(path.parts)):
        for node in _expressions(ast.parse(path.read_text()), only_said="routes" in path.parts):
            said = [text for sample in SAMPLES if (text := _text(node, sample))]
            if not said or not re.match(r"(must|is|or|has|was|goes|leads) ", said[0]):
                continue
            codes = {code for text in said if (code := field_faults.read(text)[0])}
            known |= codes
            if not codes:
                unknown.append(f"{path.relative_to(ROOT)}: {said[0]}")
    assert unknown == []
    assert len(known) > len(field_faults.SENTENCES) // 2, "the sources were read"
