"""Passwords that are guessed first are refused in whatever dress; good ones, and those of the demo, are not."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.auth import common_passwords, rules

EMAIL = "ayse.yilmaz@kaplumbaga.example"
BASES = ["password", "sifre", "galatasaray", "istanbul", "welcome", "iloveyou", "seniseviyorum", "mehmet", "dragon", "summer", "mycrypto"]
_CAPITALS = {"i": "İ"}
_TURKISH = {"s": "ş", "u": "ü", "o": "ö", "c": "ç", "g": "ğ", "i": "ı"}
_SIGNS = {"a": "@", "e": "3", "o": "0", "i": "1", "s": "$", "t": "7"}


@pytest.mark.parametrize(
    "password",
    [
        "Password1!",
        "P@ssw0rd1!",
        "pA$$word12!",
        "!Password1",
        "Passw0rd!2026",
        "Qwerty123!",
        "1Qaz2wsx!",
        "Abcd1234!",
        "Aa123456!",
        "aA1@aA1@",
        "Şifre123!",
        "S1fre2026?",
        "Parola1!",
        "Galatasaray1905!",
        "Fenerbahçe1907!",
        "Beşiktaş1903*",
        "İstanbul1453!",
        "Atatürk1881!",
        "Türkiye1923!",
        "S3niseviyorum!",
        "Mehmet123!",
        "MyCrypto1!",
        "Ayse.Yilmaz1!",
        "AyşeYılmaz1990!",
        "Kaplumbağa1!",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    assert rules.password_problem(password) is None, "it has the form, and is bad all the same"
    assert common_passwords.problem(password, EMAIL)


@pytest.mark.parametrize(
    "password",
    [
        "Str0ng!passw0rd",
        "N3w!password",
        "C0rrect horse battery staple!",
        "xK9!mQ2v",
        "Bugun34Hava!",
        "P4ss word with spaces %",
        "Şifre1!ğü",
    ],
)
def test_what_is_not_is_taken(password: str) -> None:
    assert common_passwords.problem(password, EMAIL) is None


def test_generated_passwords_are_taken() -> None:
    for _ in range(50):
        for password in (f"Aa1!{secrets.token_urlsafe(12)}", f"Str0ng!pass-{secrets.token_hex(4)}"):
            assert common_passwords.problem(password, EMAIL) is None


@given(data=st.data(), base=st.sampled_from(BASES), start=st.text("0123456789!$*?", max_size=3), end=st.text("0123456789!*?&", max_size=5))
def test_no_dress_hides_a_common_word(data: st.DataObject, base: str, start: str, end: str) -> None:
    def worn(letter: str) -> str:
        return data.draw(st.sampled_from([letter, letter.upper(), _TURKISH.get(letter, letter), _CAPITALS.get(letter, letter)]))

    word = [worn(letter) for letter in base]
    for place in data.draw(st.lists(st.integers(1, len(base) - 2), max_size=2, unique=True)):
        word[place] = _SIGNS.get(base[place], word[place])
    assert common_passwords.problem(start + "".join(word) + end, EMAIL), (start, word, end)


@pytest.mark.parametrize("password", ["4@8({[<369!|10$57+%2z" * 6, "aA1@" * 32, "x" * 128, "1!|lLi" * 21, "\u0130\ufb01" * 60])
def test_the_work_is_bounded_whatever_is_sent(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the library is given: its time grows with the length, and without bound with kinds of substitutes."""
    asked: list[str] = []

    def noted(text: str, user_inputs: list[str]) -> dict[str, int]:
        asked.append(text)
        return {"guesses": 10**12}

    monkeypatch.setattr(common_passwords, "zxcvbn", noted)
    common_passwords.problem(password, EMAIL)
    assert 1 <= len(asked) <= 4
    for text in asked:
        assert len(text) <= 72
        assert len(set(text) & set("4@8({[<369!1|0$57+%2")) <= 6
