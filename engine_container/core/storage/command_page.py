"""The layout of the command memory: pages of rows, eight native integers each, and the words of their client_order_ids."""

from __future__ import annotations

from typing import Final

from librt.vecs import vec
from mypy_extensions import i64

from engine_container.core.storage.packed_text import folded_mark, mixed, word_at

ROWS: Final = 128
"""Of one page: few enough that to begin one takes a microsecond or two."""
ROW_BITS: Final = 7
CELLS: Final = 8

HIGH: Final = 0
LOW: Final = 1
CREATED: Final = 2
NUMBER: Final = 3
FINGERPRINT: Final = 4
QUANTITY: Final = 5
PRICE: Final = 6
OWNER: Final = 7
"""The index of the command's user + 1, 0 for none; above these bits where the words of its client_order_id begin, 0 for none."""
USER_MASK: Final = 0xFFFFFFFF
WORDS_SHIFT: Final = 32


class CommandPage:
    __slots__ = ("figures", "ids", "more", "rows", "words")

    def __init__(self) -> None:
        self.rows: vec[i64] = vec[i64]([0] * (ROWS * CELLS))
        self.words: vec[i64] = vec[i64](capacity=ROWS * 2)
        """client_order_ids, each after how many bytes it has."""
        self.ids: dict[int, bytes] = {}
        """Command ids that have not 16 bytes, by the row's number."""
        self.figures: dict[int, tuple[int, int]] = {}
        """Quantities and prices that are beyond 64 bits."""
        self.more: dict[int, tuple[object, ...]] = {}

    def has(self, words_at: i64, source: bytes, at: i64, end: i64) -> bool:
        """Whether the client_order_id that begins at a word is the text that stands in ``source``."""
        words = self.words
        if words_at == 0 or words[words_at - 1] != end - at:
            return False
        while at < end:
            if words[words_at] != word_at(source, at, end):
                return False
            words_at += 1
            at += 8
        return True

    def mark_of(self, owner: i64) -> i64:
        """Where the client_order_id of a row is looked for, given the cell that says whose it is."""
        words = self.words
        at = owner >> WORDS_SHIFT
        end = at + (words[at - 1] + 7) // 8
        mark = mixed(0, (owner & USER_MASK) - 1)
        while at < end:
            mark = mixed(mark, words[at])
            at += 1
        return folded_mark(mark)
