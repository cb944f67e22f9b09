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
        ("", "letters and digits"),
        ("TR33", "check digits"),
        ("TR33000610051978645784132", "check digits"),
        ("TR090006100519786457841326", "check digits"),
        ("TR33 0006-1005-1978-6457-8413-26", "letters and digits"),
        ("TR340006100519786457841326", "check digits"),
        ("TR٣٣0006100519786457841326", "letters and digits"),
        ("XX" + "0" * 40, "check digits"),
        ("US" + "370006100519786457841326", "country"),
        ("TR" + "42" + "000A100519786457841326", "form"),
        ("TR" + "03" + "000610051978645784132", "form"),
    ],
)
def test_what_is_no_iban_is_told_why(text: str, why: str) -> None:
    if why in {"country", "form"}:  # these are wrong by that alone
        text = text[:2] + f"{98 - int(''.join(str(int(letter, 36)) for letter in text[4:] + text[:2] + '00')) % 97:02}" + text[4:]
    with pytest.raises(InvalidIbanError, match=why):
        parse_iban(text)


@pytest.mark.parametrize("iban", VALID[1:])
def test_lira_is_paid_in_turkey_alone(iban: str) -> None:
    assert parse_iban(VALID[0], currency="TRY") == VALID[0]
    assert parse_iban(iban, currency="EUR") == iban
    with pytest.raises(InvalidIbanError, match="account in TR"):
        parse_iban(iban, currency="TRY")


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


@pytest.mark.parametrize("code", ["", "ISBKTRI", "ISBKTRISX", "1SBKTRIS", "ISBK1RIS", "ISBKTRIS12", "ISBKTRIS1234", "ISBKTRÎS", "ISBKXXIS"])
def test_what_is_no_swift_code(code: str) -> None:
    with pytest.raises(InvalidSwiftError):
        parse_swift(code)
