"""One-time codes by the test vectors of RFC 6238, and each only once."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlparse

import pytest

from mycrypto.security import totp

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
NOW = 1_800_000_015


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(moment: int, code: str) -> None:
    assert totp.code_at(RFC_SECRET, moment) == code
    assert totp.matching_step(RFC_SECRET, code, now_s=moment, after_step=0) == moment // 30


@pytest.mark.parametrize(("away", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_of_clock_difference_is_forgiven(away: int, accepted: bool) -> None:
    code = totp.code_at(RFC_SECRET, NOW + away * 30)
    step = totp.matching_step(RFC_SECRET, code, now_s=NOW, after_step=0)
    assert (step == NOW // 30 + away) is accepted
    assert (step is None) is not accepted


def test_a_step_that_was_used_and_those_before_it_open_nothing() -> None:
    step = NOW // 30
    code, earlier = totp.code_at(RFC_SECRET, NOW), totp.code_at(RFC_SECRET, NOW - 30)
    assert totp.matching_step(RFC_SECRET, code, now_s=NOW, after_step=step - 1) == step
    assert totp.matching_step(RFC_SECRET, code, now_s=NOW, after_step=step) is None
    assert totp.matching_step(RFC_SECRET, earlier, now_s=NOW, after_step=step) is None


@pytest.mark.parametrize("code", ["", "12345", "1234567", "12345a", " 123456", "\uff11\uff12\uff13\uff14\uff15\uff16", "123456\n"])
def test_other_forms_are_no_codes(code: str) -> None:
    assert not totp.has_form(code)
    assert totp.matching_step(RFC_SECRET, code, now_s=NOW, after_step=0) is None


def test_a_secret_has_32_bytes_and_an_address_for_authenticators() -> None:
    secret = totp.new_secret()
    assert len(base64.b32decode(secret + "====")) == 32
    assert totp.new_secret() != secret
    address = urlparse(totp.uri(secret, "ayse@example.com"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert parse_qs(address.query) == {"secret": [secret], "issuer": ["MyCrypto Exchange"]}
