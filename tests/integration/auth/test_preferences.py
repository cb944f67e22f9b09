"""Language, time zone and anti-phishing word of an account, and the mails that follow them."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import PASSWORD, Account, Identity
from .test_mails import _deliver, _message, _sent_to


def _prefer(identity: Identity, account: Account, **changes: object) -> Any:
    return identity.call("PATCH", "/api/auth/profile/preferences", changes, token=account.access_token)


def _word(identity: Identity, account: Account, word: str | None, password: str = PASSWORD) -> Any:
    return identity.call("PUT", "/api/auth/profile/anti-phishing-word", {"word": word, "password": password}, token=account.access_token)


def _mail_about(identity: Identity, account: Account, kind: str = "kyc_approved", **details: str) -> Any:
    user_id = str(identity.row(account.email, "id"))
    message = _message(kind, **({"level": "2", "to": account.email, "user_id": user_id} | details))
    before = len(_sent_to(details.get("to", account.email)))
    assert _deliver(identity, message) == []
    (mail,) = _sent_to(details.get("to", account.email))[before:]
    return mail


def test_an_account_begins_in_turkish_and_in_istanbul(identity: Identity) -> None:
    account = identity.member()
    profile = identity.call("GET", "/api/auth/profile", token=account.access_token).body
    assert (profile["locale"], profile["time_zone"], profile["anti_phishing_word_set"]) == ("tr", "Europe/Istanbul", False)


def test_who_registers_in_english_is_written_to_in_english(identity: Identity) -> None:
    account, answer = identity.register(changes={"locale": "en"})
    assert answer.status == 201
    (message,) = identity.mails_to(account.email)
    assert _deliver(identity, message) == []
    (mail,) = _sent_to(account.email)
    assert mail.subject == "Confirm your e-mail address - MyCrypto"


def test_preferences_are_changed_one_by_one(identity: Identity) -> None:
    account = identity.member()
    assert _prefer(identity, account, locale="en").body["time_zone"] == "Europe/Istanbul"
    assert _prefer(identity, account, time_zone="America/New_York").body["locale"] == "en"
    assert _mail_about(identity, account).subject == "Your identity is confirmed - MyCrypto"
    _prefer(identity, account, locale="tr")
    assert _mail_about(identity, account).subject == "Kimlik doğrulamanız onaylandı - MyCrypto"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"locale": "de"}, "locale"),
        ({"time_zone": "Middle/Earth"}, "time_zone"),
        ({"time_zone": "europe/istanbul"}, "time_zone"),
        ({"time_zone": ""}, "time_zone"),
        ({"time_zone": "x" * 65}, "time_zone"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_preferences_change_nothing(identity: Identity, changes: dict[str, object], field: str) -> None:
    account = identity.member()
    answer = _prefer(identity, account, **changes)
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")
    assert field in str(answer.body["errors"])
    assert (identity.row(account.email, "locale"), identity.row(account.email, "time_zone")) == ("tr", "Europe/Istanbul")


def test_the_word_is_in_every_mail_to_the_own_address_and_in_none_to_another(identity: Identity) -> None:
    account = identity.member()
    assert _word(identity, account, "  mavi   balina 7 ").body["anti_phishing_word_set"] is True
    mail = _mail_about(identity, account)
    assert "Güvenlik kelimeniz: mavi balina 7" in mail.body
    assert "mavi balina" not in _mail_about(identity, account, to="other@example.com").body
    assert _word(identity, account, None).body["anti_phishing_word_set"] is False
    assert "Güvenlik kelimeniz" not in _mail_about(identity, account).body


def test_the_word_asks_for_the_password(identity: Identity) -> None:
    account = identity.member()
    assert _word(identity, account, "mavi balina", "wrong").code == "AUTH_001"
    assert identity.row(account.email, "mail_word") is None


@pytest.mark.parametrize("word", ["abc", "a" * 21, "http://x.example", "<b>bold</b>", "    ", "mavi\nbalina"])
def test_a_word_is_letters_and_digits_and_no_link(identity: Identity, word: str) -> None:
    account = identity.member()
    assert _word(identity, account, word).code == "VALIDATION_ERROR"
    assert identity.row(account.email, "mail_word") is None


def test_moments_in_mails_are_those_of_the_readers_clock(identity: Identity) -> None:
    account = identity.member()
    _prefer(identity, account, time_zone="America/New_York", locale="en")
    details = {"locked_until": "2026-11-23T12:00:00+00:00", "ip_address": "203.0.113.9"}
    assert "2026-11-23 07:00 (America/New_York)" in _mail_about(identity, account, "account_locked", **details).body
