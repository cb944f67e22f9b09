"""Every kind of mail has its Turkish words, in text and in HTML, and nothing from outside becomes markup."""

from __future__ import annotations

import pytest

from functions.notifications.templates import TEMPLATES, render, turkish_number
from mycrypto.mail import MailKind
from mycrypto.queue import MessageError

DETAILS = {
    "link": "https://exchange.example/x?token=abc",
    "code": "ABC123",
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


@pytest.mark.parametrize("kind", [kind for kind in MailKind if kind is not MailKind.NOBODY])
def test_every_kind_of_mail_can_be_written(kind: MailKind) -> None:
    mail = render(kind, DETAILS)
    assert mail.subject.endswith(" - MyCrypto")
    assert mail.text.startswith("Merhaba,\n")
    assert '<html lang="tr">' in mail.html
    assert "{" not in mail.text.replace(DETAILS["link"], "")
    if TEMPLATES[kind].button:
        assert DETAILS["link"] in mail.text
        assert f'href="{DETAILS["link"]}"' in mail.html


@pytest.mark.parametrize(
    "kind", [kind for kind in MailKind if kind is not MailKind.NOBODY and any("{" in text for text in TEMPLATES[kind].paragraphs)]
)
def test_a_mail_without_its_details_is_not_sent(kind: MailKind) -> None:
    with pytest.raises(MessageError):
        render(kind, {"link": DETAILS["link"]})


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


def test_lira_has_its_sign() -> None:
    assert "1.234.567,50 ₺" in render(MailKind.DEPOSIT_CREDITED, DETAILS).text
