"""References of bank transfers: no keyboard can turn one into another, and each is found in any text."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from functions.wallet.references import ALPHABET, new_reference, references_in
from mycrypto.spelling import fold

OLD_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
CODES = st.text(OLD_ALPHABET, min_size=6, max_size=6)
WAYS = st.sampled_from(
    [
        str.lower,
        str.title,
        lambda text: text.replace("I", "\u0130"),
        lambda text: text.replace("I", "\u0131"),
        lambda text: text.lower().replace("i", "\u0130"),
    ]
)


def test_folding_keeps_all_characters_apart() -> None:
    for alphabet in (ALPHABET, OLD_ALPHABET):
        assert len({fold(letter) for letter in alphabet}) == len(alphabet) == len(set(alphabet))


def test_new_references_have_no_characters_that_look_alike() -> None:
    made = [new_reference(datetime(2026, 11, 30, tzinfo=UTC)) for _ in range(200)]
    assert len(set(made)) == 200
    assert {reference[:13] for reference in made} == {"DEP-20261130-"}
    assert {letter for reference in made for letter in reference[13:]} <= set(ALPHABET)
    assert all(references_in(reference) == [reference] for reference in made)


@given(
    code=CODES,
    way=WAYS,
    before=st.text(max_size=60),
    after=st.text(max_size=60),
    separator=st.sampled_from(["", " ", "-", ".", "\u2013", "\n"]),
)
def test_a_reference_is_found_in_any_text(code: str, way: object, before: str, after: str, separator: str) -> None:
    assert callable(way)
    text = f"{before} {way(separator.join(('DEP', '20261130', code)))} {after}"
    assert f"DEP-20261130-{code}" in references_in(text)


@given(st.text(max_size=1_000))
def test_any_text_has_an_answer_of_bounded_length(text: str) -> None:
    assert len(references_in(text)) <= 18 * 500
