"""Every kind of mail has its words in each language, in text and in HTML, and nothing from outside becomes markup."""

from __future__ import annotations

import re

import pytest

from functions.notifications.mail_texts_english import ENGLISH
from functions.notifications.mail_texts_turkish import TURKISH
from functions.notifications.templates import LANGUAGES, render
from functions.notifications.wording import Language, english_number, turkish_number
from mycrypto.mail import WITHOUT_MAIL, MailKind
from mycrypto.queue import MessageError

DETAILS = {
    "link": "https://exchange.example/x?token=abc",
    "code": "ABC123",
    "device": "Mozilla/5.0",
    "new_email": "new@example.com",
    "locked_until": "2026-11-23T12:00:00+00:00",
    "ip_address": "203.0.113.9",
    "remaining": "9",
    "count": "3",
    "label": "robot",
    "scopes": "read, trade",
    "level": "2",
    "reason": "Belge okunamıyor",
    "amount": "1234567.50",
    "currency": "TRY",
    "status": "COMPLETED",
    "symbol": "BTC/TRY",
    "side": "BUY",
    "quantity": "0.5",
    "price": "1500000.00",
    "orders": "3",
    "destination": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "address": "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "bank_name": "Banka",
    "iban": "TR3300****************1326",
    "condition": "ABOVE",
    "last_price": "1500001.00",
}


KINDS = [kind for kind in MailKind if kind not in {MailKind.NO_RECIPIENT, *WITHOUT_MAIL}]
EVERY_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES.values(), ids=list(LANGUAGES))


def test_a_mail_says_the_same_in_each_language() -> None:
    """The same details, the same button, the same number of paragraphs."""
    for kind in KINDS:
        mails = [language.templates[kind] for language in LANGUAGES.values()]
        marks = [sorted(part for text in mail.paragraphs for part in re.findall(r"{(\w+)}", text)) for mail in mails]
        assert marks[0] == marks[1], kind
        assert len({(len(mail.paragraphs), bool(mail.button)) for mail in mails}) == 1, kind
        assert mails[0].subject != mails[1].subject, kind


@EVERY_LANGUAGE
def test_every_kind_of_mail_can_be_written(language: Language) -> None:
    for kind in KINDS:
        mail = render(kind, DETAILS, language)
        assert mail.subject.endswith(" - MyCrypto")
        assert mail.text.startswith(f"{language.greeting}\n")
        assert f'<html lang="{language.code}">' in mail.html
        assert "{" not in mail.text.replace(DETAILS["link"], "")
        if language.templates[kind].button:
            assert DETAILS["link"] in mail.text
            assert f'href="{DETAILS["link"]}"' in mail.html


@EVERY_LANGUAGE
def test_states_have_words_in_each_language(language: Language) -> None:
    assert "COMPLETED" not in render(MailKind.WITHDRAWAL_STATUS, DETAILS, language).text
    assert set(language.status) == set(TURKISH.status)
    assert (set(language.side), set(language.condition)) == ({"BUY", "SELL"}, {"ABOVE", "BELOW"})


@EVERY_LANGUAGE
def test_the_anti_phishing_word_is_shown_and_is_no_markup(language: Language) -> None:
    mail = render(MailKind.TWO_FACTOR_ENABLED, {}, language, word="<b>mavi</b>")
    assert language.word.format(word="<b>mavi</b>") in mail.text
    assert "&lt;b&gt;mavi&lt;/b&gt;" in mail.html
    assert language.word.partition("{")[0] not in render(MailKind.TWO_FACTOR_ENABLED, {}, language).text


@EVERY_LANGUAGE
def test_a_mail_without_its_details_is_not_sent(language: Language) -> None:
    for kind in KINDS:
        if any("{" in text for text in language.templates[kind].paragraphs):
            with pytest.raises(MessageError):
                render(kind, {"link": DETAILS["link"]}, language)


def test_details_cannot_become_markup() -> None:
    mail = render(MailKind.KYC_REJECTED, {"reason": '<script>alert("x")</script> {link}'})
    assert "<script>" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert "{link}" in mail.text


@pytest.mark.parametrize(
    ("plain", "shown"),
    [
        ("0", "0"),
        ("5.00", "5,00"),
        ("999.99", "999,99"),
        ("1000", "1.000"),
        ("1234567.50", "1.234.567,50"),
        ("-1234.5", "-1.234,5"),
        ("0.00012345", "0,00012345"),
        ("1e5", "1e5"),
    ],
)
def test_numbers_are_written_as_in_turkey(plain: str, shown: str) -> None:
    assert turkish_number(plain) == shown


def test_numbers_are_written_as_in_english() -> None:
    assert english_number("1234567.50") == "1,234,567.50"


@pytest.mark.parametrize("kind", [MailKind.WITHDRAWAL_REQUESTED, MailKind.ADDRESS_CONFIRMATION])
@EVERY_LANGUAGE
def test_the_network_is_named_where_money_leaves_by_one(language: Language, kind: MailKind) -> None:
    leaves = DETAILS | {"currency": "USDT", "network": "Tron (TRC-20)"}
    assert "USDT \u00b7 Tron (TRC-20)" in render(kind, leaves, language).text
    assert "TRC-20" not in render(kind, DETAILS | {"currency": "USDT"}, language).text


def test_lira_has_its_sign() -> None:
    assert "1.234.567,50 ₺" in render(MailKind.DEPOSIT_CREDITED, DETAILS).text
    assert "1,234,567.50 ₺" in render(MailKind.DEPOSIT_CREDITED, DETAILS, ENGLISH).text
