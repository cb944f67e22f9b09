"""Names of people, as banks and passports write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.wallet.names import same_name

SAME = [
    ("Ayşe Yılmaz", "AYŞE YILMAZ"),
    ("İbrahim Işık", "IBRAHIM ISIK"),
    ("İbrahim Işık", "ibrahim ışık"),
    ("I\u0307brahim Işık", "İBRAHİM IŞIK"),
    ("Ağrı Çığ", "agri cig"),
    ("Ayşe Yılmaz", "YILMAZ,  AYŞE"),
    ("Ayşe Yılmaz", "\u00a0Ayşe\tYılmaz\n"),
    ("Ayşe Nur Yılmaz", "Ayşenur Yılmaz"),
    ("Ayşe Yılmaz-Demir", "AYSE YILMAZ DEMIR"),
    ("Şahin İnce", "ÞAHÝN ÝNCE"),
    ("Ayşe Yılmaz", "Prof. Dr. Ayşe Yılmaz"),
    ("Ali Sayın", "SAYIN ALİ"),
    ("Zoë Müller", "ZOE MULLER"),
    ("Søren Strauß", "SOREN STRAUSS"),
    ("Мария Иванова", "МАРИЯ ИВАНОВА"),
]
DIFFERENT = [
    ("Ayşe Yılmaz", "Mehmet Yılmaz"),
    ("Ayşe Yılmaz", "Ayşe"),
    ("Ayşe Yılmaz", "Ayşe Yılmaz Demir"),
    ("Ayşe Yılmaz", "A. Yılmaz"),
    ("Ayşe Yılmaz", "Ayşe Yılmaz ve Mehmet Yılmaz"),
    ("Ali Sayın", "Ali"),
    ("Мария Иванова", "Иван Иванов"),
    ("", ""),
    ("...", "..."),
    ("Ayşe Yılmaz", ""),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_person_in_two_spellings(one: str, other: str) -> None:
    assert same_name(one, other)
    assert same_name(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_people(one: str, other: str) -> None:
    assert not same_name(one, other)
    assert not same_name(other, one)


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_text_has_an_answer(one: str, other: str) -> None:
    assert same_name(one, other) == same_name(other, one)
