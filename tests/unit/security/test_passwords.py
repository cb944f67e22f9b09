"""Passwords: today's parameters are written, yesterday's still open the door and are renewed."""

from __future__ import annotations

import bcrypt
import pytest
from argon2 import PasswordHasher, extract_parameters

from mycrypto.security import onetime, passwords

PASSWORD = "Correct-Horse1!ğüş"


def test_the_hash_carries_the_decided_parameters() -> None:
    stored = passwords.hash_password(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=47104,t=1,p=1$")
    assert passwords.verify_password(stored, PASSWORD) == passwords.Verification(matches=True, outdated=False)
    assert passwords.hash_password(PASSWORD) != stored


@pytest.mark.parametrize("wrong", ["", PASSWORD + " ", PASSWORD.lower(), "x" * 128])
def test_a_wrong_password_does_not_match(wrong: str) -> None:
    assert not passwords.verify_password(passwords.hash_password(PASSWORD), wrong).matches


def test_other_argon2_parameters_verify_and_ask_for_renewal() -> None:
    weak = PasswordHasher(time_cost=2, memory_cost=1024, parallelism=1).hash(PASSWORD)
    assert passwords.verify_password(weak, PASSWORD) == passwords.Verification(matches=True, outdated=True)


@pytest.mark.parametrize("password", [PASSWORD, "Long1!" + "ş" * 60])
def test_bcrypt_verifies_and_asks_for_renewal(password: str) -> None:
    old = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(4)).decode()
    assert passwords.verify_password(old, password) == passwords.Verification(matches=True, outdated=True)
    assert not passwords.verify_password(old, "wrong").matches


@pytest.mark.parametrize("damaged", ["", "plain", "$argon2id$v=19$m=47104", "$2b$10$short", "$5$rounds=1$x$y"])
def test_a_damaged_hash_matches_nothing(damaged: str) -> None:
    assert not passwords.verify_password(damaged, PASSWORD).matches


def test_an_unknown_user_costs_what_a_known_one_costs() -> None:
    assert extract_parameters(passwords.DUMMY_HASH) == extract_parameters(passwords.hash_password("x"))


def test_a_one_time_token_is_64_hex_characters_and_only_its_digest_is_kept() -> None:
    first, second = onetime.new_token(), onetime.new_token()
    assert onetime.has_form(first.text)
    assert first.text != second.text
    assert onetime.digest(first.text) == first.digest != first.text


@pytest.mark.parametrize("text", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, "a" * 64 + "\n"])
def test_other_forms_are_no_tokens(text: str) -> None:
    assert not onetime.has_form(text)
