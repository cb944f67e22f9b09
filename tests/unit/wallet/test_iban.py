"""IBAN and SWIFT against published examples and every single typing error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.wallet.iban import InvalidIbanError, InvalidSwiftError, mask_iban, parse_iban, parse_swift

VALID = ("TR330006100519786457841326", "GB82WEST12345698765432", "DE89370400440532013000", "NO9386011117947", "FR1420041010050500013M02606")


@pytest.mark.parametrize("iban", VALID)
def test_published_examples_are_valid_in_every_spelling(iban: str) -> None:
    grouped = " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))
    assert parse_iban(iban) == parse_iban(grouped.lower()) == parse_iban(f" {grouped} ") == iban


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "two letters"),
        ("TR33", "two letters"),
        ("TR33000610051978645784132", "26 characters"),
        ("TR3300061005197864578413266", "26 characters"),
        ("TR33 0006-1005-1978-6457-8413-26", "two letters"),
        ("TR340006100519786457841326", "check digits"),
        ("33TR0006100519786457841326", "two letters"),
        ("TR٣٣0006100519786457841326", "two letters"),
        ("XX" + "0" * 40, "two letters"),
    ],
)
def test_what_is_no_iban_is_told_why(text: str, why: str) -> None:
    with pytest.raises(InvalidIbanError, match=why):
        parse_iban(text)


@given(iban=st.sampled_from(VALID), place=st.integers(0, 33), digit=st.sampled_from("0123456789"))
def test_one_wrong_digit_is_always_noticed(iban: str, place: int, digit: str) -> None:
    place = 4 + place % (len(iban) - 4)
    if iban[place] == digit or not iban[place].isdigit():
        return
    with pytest.raises(InvalidIbanError):
        parse_iban(iban[:place] + digit + iban[place + 1 :])


@given(iban=st.sampled_from(VALID), place=st.integers(0, 33))
def test_two_neighbours_exchanged_are_always_noticed(iban: str, place: int) -> None:
    place = 4 + place % (len(iban) - 5)
    swapped = iban[:place] + iban[place + 1] + iban[place] + iban[place + 2 :]
    if swapped == iban:
        return
    with pytest.raises(InvalidIbanError):
        parse_iban(swapped)


def test_a_masked_iban_shows_six_and_four() -> None:
    assert mask_iban("TR330006100519786457841326") == "TR3300****************1326"


@pytest.mark.parametrize("code", ["ISBKTRIS", "isbk tr is", "DEUTDEFF500", "NEDSZAJJXXX"])
def test_swift_codes_of_8_or_11(code: str) -> None:
    assert parse_swift(code) == "".join(code.split()).upper()


@pytest.mark.parametrize("code", ["", "ISBKTRI", "ISBKTRISX", "1SBKTRIS", "ISBK1RIS", "ISBKTRIS12", "ISBKTRIS1234", "ISBKTRÎS"])
def test_what_is_no_swift_code(code: str) -> None:
    with pytest.raises(InvalidSwiftError):
        parse_swift(code)
