"""What is sealed opens with our key, for its purpose, for its owner, and not otherwise."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mycrypto.security.sealing import IV_BYTES, KEY_BYTES, TAG_BYTES, Sealer, SealError, mark_of, with_new_key

OLD, NEW = b"o" * KEY_BYTES, b"n" * KEY_BYTES


@given(st.text(), st.text())
def test_what_is_sealed_opens_again(text: str, label: str) -> None:
    sealer = Sealer([NEW], "test")
    sealed = sealer.seal(text, label)
    assert sealer.open(sealed, label) == text
    assert sealer.seal(text, label) != sealed


def test_the_form_is_the_keys_mark_and_iv_tag_and_ciphertext_in_base64() -> None:
    mark, _, text = Sealer([NEW], "test").seal("abc", "x").partition(".")
    assert mark == mark_of(NEW) != mark_of(OLD)
    raw = base64.b64decode(text, validate=True)
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
    mark, _, text = sealer.seal("abc", "x").partition(".")
    raw = base64.b64decode(text)
    for place in range(len(raw)):
        damaged = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        for named in (mark + ".", ""):
            with pytest.raises(SealError):
                sealer.open(named + base64.b64encode(damaged).decode(), "x")


def test_a_text_from_before_there_were_marks_opens_with_any_key() -> None:
    unmarked = Sealer([OLD], "test").seal("abc", "x").partition(".")[2]
    assert Sealer([NEW, OLD], "test").open(unmarked, "x") == "abc"


def test_a_text_of_a_younger_key_has_the_keys_fetched_once_more() -> None:
    fetched: list[int] = []

    def renew() -> dict[str, object]:
        fetched.append(1)
        return {"key": base64.b64encode(NEW).decode(), "previous": [base64.b64encode(OLD).decode()]}

    late = Sealer([OLD], "test", renew)
    sealed = Sealer([NEW, OLD], "test").seal("abc", "x")
    assert late.open(sealed, "x") == "abc"
    assert late.open(sealed, "x") == "abc"
    assert late.mark == mark_of(NEW)
    assert len(fetched) == 1
    with pytest.raises(SealError):
        late.open(Sealer([b"x" * KEY_BYTES], "test").seal("abc", "x"), "x")


@pytest.mark.parametrize("text", ["", "not base64!", "YWJj", ".", "a.b.c", "00000000."])
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


def test_a_new_key_comes_in_front_of_all_earlier_ones() -> None:
    first = {"key": base64.b64encode(OLD).decode()}
    twice = with_new_key(with_new_key(first))
    assert twice["previous"][-1] == first["key"]
    assert len({twice["key"], *twice["previous"]}) == 3
    before, after = Sealer.from_secret(first, "test"), Sealer.from_secret(twice, "test")
    assert after.open(before.seal("abc", "x"), "x") == "abc"
    assert after.fingerprint("abc") == before.fingerprint("abc")
    assert after.mark != before.mark
    with pytest.raises(SealError):
        with_new_key({"key": "damaged"})


@pytest.mark.parametrize("document", [{}, {"key": "%%"}, {"key": "YWJj"}, {"key": base64.b64encode(NEW).decode(), "previous": ["YWJj"]}])
def test_a_key_of_the_wrong_form_is_named(document: dict[str, object]) -> None:
    with pytest.raises(SealError, match="sealing key"):
        Sealer.from_secret(document, "test")
