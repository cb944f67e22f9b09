"""The rules of accounts as tables."""

from __future__ import annotations

import pytest

from functions.auth import profile, recaptcha, rules
from functions.auth.app import VERIFY
from functions.auth.routes.accounts import REGISTER
from functions.auth.rules import LoginOutcome, UserStatus
from functions.auth.settings import load
from mycrypto.errors import ProblemError
from mycrypto.settings import SettingsError


@pytest.mark.parametrize("email", ["a@b.co", "ayse.yilmaz+x@mail.example.com", "o'neil@example.co.uk", "x_y-z@a-b.example", "1@2.tr"])
def test_addresses_that_exist(email: str) -> None:
    assert rules.email_problem(email) is None


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a",
        "@b.co",
        "a@",
        "a@b",
        "a@b..co",
        "a b@c.co",
        "a@-b.co",
        "a@b-.co",
        ".a@b.co",
        "a.@b.co",
        "a..b@c.co",
        "a@b.co\n",
        "a@b@c.co",
        "a@b.co,c@d.co",
        "a" * 65 + "@b.co",
        "a@" + "b" * 64 + ".co",
        "ayşe@example.com",
        "a@" + "b." * 130 + "co",
    ],
)
def test_addresses_that_do_not(email: str) -> None:
    assert rules.email_problem(email)


@pytest.mark.parametrize("password", ["Abcdef1!", "aA1@" * 32, "Şifre1!ğü", "P4ss word with spaces %"])
def test_passwords_that_do(password: str) -> None:
    assert rules.password_problem(password) is None


@pytest.mark.parametrize(
    ("password", "missing"),
    [
        ("Abcde1!", "8 to 128"),
        ("aA1@" * 33, "8 to 128"),
        ("ABCDEF1!", "lower-case"),
        ("abcdef1!", "upper-case"),
        ("Abcdefg!", "digit"),
        ("Abcdefg1", "one of @ $ ! % * ? &"),
        ("Abcdefg1#", "one of"),
        ("Abcdefg!\u0661", "digit"),
    ],
)
def test_passwords_that_do_not(password: str, missing: str) -> None:
    assert missing in str(rules.password_problem(password))


@pytest.mark.parametrize(
    ("right", "status", "verified", "second", "outcome"),
    [
        (False, UserStatus.ACTIVE, True, False, LoginOutcome.WRONG),
        (False, UserStatus.SUSPENDED, False, True, LoginOutcome.WRONG),
        (True, UserStatus.SUSPENDED, False, True, LoginOutcome.SUSPENDED),
        (True, UserStatus.LOCKED, True, True, LoginOutcome.SUSPENDED),
        (True, UserStatus.ACTIVE, False, True, LoginOutcome.UNVERIFIED),
        (True, UserStatus.ACTIVE, True, True, LoginOutcome.SECOND_FACTOR),
        (True, UserStatus.ACTIVE, True, False, LoginOutcome.OPEN),
    ],
)
def test_what_follows_from_a_password(right: bool, status: UserStatus, verified: bool, second: bool, outcome: LoginOutcome) -> None:
    assert rules.judge_login(password_right=right, status=status, email_verified=verified, second_factor=second) is outcome


@pytest.mark.parametrize("text", ["+905321234567", "05321234567", "5321234567", "0532 123 45 67", "+90 (532) 123-45-67"])
def test_phone_numbers_have_one_form(text: str) -> None:
    assert profile.normal_phone(text) == "+905321234567"


@pytest.mark.parametrize("text", ["", "+904321234567", "053212345678", "532123456", "+15321234567", "0532123456x"])
def test_other_numbers_are_refused(text: str) -> None:
    with pytest.raises(ProblemError):
        profile.normal_phone(text)


@pytest.mark.parametrize(
    ("answer", "good"),
    [
        ('{"success": true, "score": 0.5, "action": "register"}', True),
        ('{"success": true, "score": 0.9}', True),
        ('{"success": true, "score": 0.49}', False),
        ('{"success": true}', False),
        ('{"success": false, "score": 0.9}', False),
        ('{"success": true, "score": 0.9, "action": "login"}', False),
    ],
)
def test_a_score_of_one_half_passes(answer: str, good: bool) -> None:
    import msgspec

    assert recaptcha.passes(msgspec.json.decode(answer, type=recaptcha.Answer)) is good


def _environment(**changes: str) -> dict[str, str]:
    names = ("STAGE", "DATABASE_URL", "REDIS_URL", "JWT_SECRET_NAME", "TWO_FACTOR_SECRET_NAME", "PUBLIC_URL")
    return dict.fromkeys(names, "x") | {"STAGE": "local"} | changes


def test_limits_per_address_are_wide_on_one_machine_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in _environment().items():
        monkeypatch.setenv(name, value)
    local = load()
    monkeypatch.setenv("STAGE", "prod")
    with pytest.raises(SettingsError):
        load()
    monkeypatch.setenv("RECAPTCHA_SECRET_NAME", "mycrypto/prod/recaptcha")
    prod = load()
    assert (prod.limit_of(REGISTER).count, prod.limit_of(VERIFY).count, prod.proxy.header) == (5, 10, "")
    assert (local.limit_of(REGISTER).count, local.proxy.header) == (5_000, "X-Forwarded-For")
    assert local.mail_limit("resend") == prod.mail_limit("resend")
