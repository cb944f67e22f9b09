"""What is sealed opens with our key, for its purpose, for its owner, and not otherwise."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mycrypto.security.sealing import IV_BYTES, KEY_BYTES, TAG_BYTES, Sealer, SealError

OLD, NEW = b"o" * KEY_BYTES, b"n" * KEY_BYTES


@given(st.text(), st.text())
def test_what_is_sealed_opens_again(text: str, label: str) -> None:
    sealer = Sealer([NEW], "test")
    sealed = sealer.seal(text, label)
    assert sealer.open(sealed, label) == text
    assert sealer.seal(text, label) != sealed


def test_the_form_is_iv_tag_and_ciphertext_in_base64() -> None:
    raw = base64.b64decode(Sealer([NEW], "test").seal("abc", "x"), validate=True)
    assert len(raw) == IV_BYTES + TAG_BYTES + 3


@pytest.mark.parametrize(
    ("keys", "purpose", "label"),
    [([OLD], "test", "owner"), ([NEW], "other", "owner"), ([NEW], "test", "another user")],
)
def test_another_key_purpose_or_owner_opens_nothing(keys: list[bytes], purpose: str, label: str) -> None:
    sealed = Sealer([NEW], "test").seal("abc", "owner")
    with pytest.raises(SealError):
        Sealer(keys, purpose).open(sealed, label)


def test_a_changed_byte_anywhere_is_noticed() -> None:
    sealer = Sealer([NEW], "test")
    raw = base64.b64decode(sealer.seal("abc", "x"))
    for place in range(len(raw)):
        damaged = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises(SealError):
            sealer.open(base64.b64encode(damaged).decode(), "x")


@pytest.mark.parametrize("text", ["", "not base64!", "YWJj"])
def test_what_was_never_sealed_does_not_open(text: str) -> None:
    with pytest.raises(SealError):
        Sealer([NEW], "test").open(text, "x")


def test_while_keys_rotate_old_texts_open_and_fingerprints_stay() -> None:
    before, after = Sealer([OLD], "test"), Sealer([NEW, OLD], "test")
    assert after.open(before.seal("abc", "x"), "x") == "abc"
    assert after.fingerprint("abc") == before.fingerprint("abc") != before.fingerprint("abd")
    with pytest.raises(SealError):
        before.open(after.seal("abc", "x"), "x")


def test_the_secret_names_the_key_and_earlier_ones() -> None:
    document = {"key": base64.b64encode(NEW).decode(), "previous": [base64.b64encode(OLD).decode()]}
    assert Sealer.from_secret(document, "test").open(Sealer([OLD], "test").seal("abc", "x"), "x") == "abc"


@pytest.mark.parametrize("document", [{}, {"key": "%%"}, {"key": "YWJj"}, {"key": base64.b64encode(NEW).decode(), "previous": ["YWJj"]}])
def test_a_key_of_the_wrong_form_is_named(document: dict[str, object]) -> None:
    with pytest.raises(SealError, match="sealing key"):
        Sealer.from_secret(document, "test")
