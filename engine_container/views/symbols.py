"""The listed symbols with their rules, and every way to spell them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mycrypto.contracts.events import SymbolChanged

_SEPARATORS: Final = str.maketrans("", "", "/-_")
_TO_SLASH: Final = str.maketrans("-_", "//")
SPELLING_LENGTH_MAX: Final = 32


def compact(symbol: str) -> str:
    """The spelling of paths and cache keys: ``BTC/USDT`` is ``BTCUSDT``."""
    return symbol.translate(_SEPARATORS).upper()


class Symbols:
    """Canonical names are ``BASE/QUOTE``."""

    def __init__(self) -> None:
        self._rules: dict[str, SymbolChanged] = {}
        self._changed_ms: dict[str, int] = {}
        self._by_compact: dict[str, str] = {}

    def put(self, event: SymbolChanged, time_ms: int) -> None:
        self._rules[event.symbol] = event
        self._changed_ms[event.symbol] = time_ms
        self._by_compact.setdefault(compact(event.symbol), event.symbol)

    def find(self, spelling: str) -> SymbolChanged | None:
        """The symbol meant by ``BTC/USDT``, ``BTC-USDT``, ``BTC_USDT``, ``BTCUSDT``, in upper or lower case; else ``None``."""
        known = self._rules.get(spelling)
        if known is not None or len(spelling) > SPELLING_LENGTH_MAX or not spelling.isascii():
            return known
        upper = spelling.upper()
        slashed = upper.translate(_TO_SLASH)
        if "/" in slashed:
            return self._rules.get(slashed)
        name = self._by_compact.get(upper)
        return None if name is None else self._rules[name]

    def rules(self, symbol: str) -> SymbolChanged:
        """The rules of a canonical name that is known to exist."""
        return self._rules[symbol]

    def quote(self, symbol: str) -> str:
        """The quote asset of a canonical name, also of one that is not known (yet)."""
        rules = self._rules.get(symbol)
        return symbol.rpartition("/")[2] if rules is None else rules.quote

    def changed_ms(self, symbol: str) -> int:
        return self._changed_ms[symbol]

    def all(self) -> Iterable[SymbolChanged]:
        """In the order of listing."""
        return self._rules.values()

    def __contains__(self, symbol: str) -> bool:
        return symbol in self._rules
