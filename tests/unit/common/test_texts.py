"""The gate for text: what passes, in which form, and what is said of the rest."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mycrypto import queue, texts
from mycrypto.errors import ProblemError

REFUSED = ["\x00", "\x1f", "\n", "\t", "\x7f", "\x9f", "\u2028", "\u202a", "\u202e", "\u2066", "\u2069", "\ufdd0", "\ufffe", "\U0010ffff", "\ud800", "\udfff"]  # fmt: skip
_DOCUMENT = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize("character", REFUSED)
@pytest.mark.parametrize("around", ["{}", "a{}", "{}b", "é{}b", "x" * 100 + "{}"])
def test_what_no_text_may_hold_is_named(character: str, around: str) -> None:
    with pytest.raises(ProblemError, match=f"name must not hold the character U\\+{ord(character):04X}") as refused:
        texts.accepted(around.format(character), "name")
    assert refused.value.errors[0].field == "name"
    assert texts.fault_of(texts.storable(around.format(character))) == ""


@pytest.mark.parametrize("text", ["", "Ayşe Yılmaz", "İIıi", "שלום", "مرحبا", "👩‍👩‍👧", "a b", "~" * 8_192, "₺1.234,56"])
def test_what_people_write_passes_as_it_is(text: str) -> None:
    assert texts.accepted(text, "name") == text
    assert texts.storable(text) == text


def test_one_name_has_one_spelling() -> None:
    assert texts.accepted("s\u0327ey", "name") == "şey"
    body = json.dumps({"name": "I\u0307zmir", "o\u0308": ["u\u0308"]})
    for raw in (body.encode(), json.dumps(json.loads(body), ensure_ascii=False).encode()):
        assert json.loads(texts.accepted_json(raw)) == {"name": "İzmir", "ö": ["ü"]}


def test_a_text_is_no_longer_than_the_gate() -> None:
    for raw in (b'{"a":"%b"}' % (b"x" * 8_193), b'{"%b":1}' % (b"x" * 8_193), b'["\\u0061%b"]' % (b"x" * 8_192)):
        with pytest.raises(ProblemError, match="at most 8192 characters"):
            texts.accepted_json(raw)
    plenty = json.dumps([{"name": "x" * 500}] * 100).encode()
    assert texts.accepted_json(plenty) == plenty


@given(_DOCUMENT, st.booleans())
def test_a_json_text_passes_if_every_text_in_it_does(document: Any, ascii_only: bool) -> None:
    def all_texts(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [*value, *(text for inner in value.values() for text in all_texts(inner))]
        return (
            [text for inner in value for text in all_texts(inner)] if isinstance(value, list) else [value] if isinstance(value, str) else []
        )

    raw = json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    is_good = not any(texts.fault_of(text) for text in all_texts(document))
    try:
        passed = texts.accepted_json(raw)
    except ProblemError:
        assert not is_good
        return
    if is_good:
        assert all(unicodedata.is_normalized("NFC", text) for text in all_texts(json.loads(passed)))
    else:  # what is not JSON is left to the decoder of its model
        with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
            msgspec.json.decode(passed)


@given(st.text(min_size=1, max_size=20))
def test_the_documents_pattern_is_the_rule_for_single_characters(text: str) -> None:
    if re.search(texts.PATTERN, text) is None and not text.endswith("\n"):
        assert texts.fault_of(text)


def test_a_message_of_a_queue_is_kept_without_what_cannot_be() -> None:
    message = {"message_id": "019a0000-0000-7000-8000-000000000000", "type": "t", "version": 1, "timestamp": "2026-01-01T00:00:00Z"}
    envelope = queue.decode(json.dumps(message | {"data": {"user_agent": "a\x00b\u202ec"}}))
    assert json.loads(bytes(envelope.data)) == {"user_agent": "a\ufffdb\ufffdc"}
