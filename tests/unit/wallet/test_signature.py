"""Webhook signatures."""

from __future__ import annotations

import pytest

from mycrypto.errors import ProblemError
from mycrypto.security.signature import require_signed, sign

BODY = b'{"amount": "1"}'


def test_the_form_of_a_signature() -> None:
    assert sign("secret", BODY, 1_795_000_000).startswith("t=1795000000,v1=")
    require_signed("secret", sign("secret", BODY, 1_795_000_000), BODY, 1_795_000_300)
    require_signed("secret", sign("secret", BODY, 1_795_000_000), BODY, 1_794_999_700)


@pytest.mark.parametrize(
    ("header", "body", "now"),
    [
        (None, BODY, 1000),
        ("", BODY, 1000),
        ("t=1000", BODY, 1000),
        ("v1=" + "0" * 64, BODY, 1000),
        ("t=1000,v1=" + "0" * 64, BODY, 1000),
        (sign("other", BODY, 1000), BODY, 1000),
        (sign("secret", BODY, 1000), BODY + b" ", 1000),
        (sign("secret", BODY, 1000).replace("t=1000", "t=1001"), BODY, 1001),
        (sign("secret", BODY, 1000).upper(), BODY, 1000),
        (sign("secret", BODY, 1000), BODY, 1301),
        (sign("secret", BODY, 1000), BODY, 699),
        ("t=\u0660,v1=" + "0" * 64, BODY, 0),
    ],
)
def test_anything_else_is_refused(header: str | None, body: bytes, now: int) -> None:
    with pytest.raises(ProblemError) as caught:
        require_signed("secret", header, body, now)
    assert caught.value.kind.code == "INVALID_WEBHOOK_SIGNATURE"


def test_an_empty_secret_signs_nothing() -> None:
    with pytest.raises(ProblemError):
        require_signed("", sign("", BODY, 1000), BODY, 1000)
