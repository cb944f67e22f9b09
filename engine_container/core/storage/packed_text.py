"""client_order_ids in native integers: the UTF-8 bytes of a text, eight to a word, the last word filled up with zeros.

Users choose these ids. The hash is therefore keyed with secrets of the process, derived from Python's own string hash, so that a user cannot choose
ids that collide. The hash has no effect on any event.
"""

from __future__ import annotations

from typing import Final

from librt.strings import BytesWriter, read_i64_be, write_i64_be
from librt.vecs import vec
from mypy_extensions import i64

from engine_container.core.storage.hash_slots import MARK_MASK

PADDING: Final = b"\0\0\0\0\0\0\0\0"
"""A word is read in one piece: these, or any other eight bytes, follow a text."""

_SECRET_BITS: Final = 0x3FFFFFFF
_FIRST: Final = i64((hash("the factor of the lower half of a word") & _SECRET_BITS) | 1)
_SECOND: Final = i64((hash("the factor of the upper half of a word") & _SECRET_BITS) | 1)


def word_at(source: bytes, at: i64, end: i64) -> i64:
    """The word of a text that begins here; the text ends at ``end``, which is further on."""
    word = read_i64_be(source, at)
    missing = at + 8 - end
    return word if missing <= 0 else word >> (missing * 8) << (missing * 8)


def first_word(text: bytes) -> i64:
    """The first 8 bytes of a text, filled up with zeros where it is shorter."""
    return read_i64_be(text + PADDING, 0)


def mixed(mark: i64, word: i64) -> i64:
    """A number from 0 on that depends on both."""
    both = mark ^ word  # the products of 32 and 30 bits and their sum stay within 63
    return (both & 0xFFFFFFFF) * _FIRST + ((both >> 32) & 0xFFFFFFFF) * _SECOND


def folded_mark(mark: i64) -> i64:
    """A mark of as many bits as the tables have."""
    return (mark ^ (mark >> 32)) & MARK_MASK


def mark_of_client(user_index: i64, source: bytes, at: i64, end: i64) -> i64:
    """Where a user's client_order_id is looked for."""
    mark = mixed(0, user_index)
    while at < end:
        mark = mixed(mark, word_at(source, at, end))
        at += 8
    return folded_mark(mark)


def text_of(words: vec[i64], at: i64, size: i64) -> str:
    """The text of so many bytes whose words begin here."""
    out = BytesWriter()
    while i64(len(out)) < size:
        write_i64_be(out, words[at])
        at += 1
    out.truncate(size)
    return out.getvalue().decode()
