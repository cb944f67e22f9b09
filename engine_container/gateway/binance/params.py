"""The parameters of a request: read once, each by its kind, refused in Binance's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from engine_container.gateway.binance import errors
from mycrypto.money import AMOUNT_UNITS_MAX, SCALE, UNITS_PER_ONE

PARAMETERS_MAX: Final = 100
_AMOUNT: Final = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,20}))?")
_AMOUNT_LEGAL: Final = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
_NUMBER_LEGAL: Final = "^[0-9]{1,20}$"
_NUMBER: Final = re.compile(r"[0-9]{1,20}")
_FLAGS: Final = {"true": True, "false": False}
_FILTERS: Final = {"price": "PRICE_FILTER", "stopPrice": "PRICE_FILTER"}
_ADVICE: Final = "^[\\x20-\\x7e]*$"


class Params:
    """Names with texts. Parameters that the endpoint does not know are ignored, as Binance does."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str) -> str | None:
        value = self._values.get(name)
        if value == "":
            raise errors.BinanceError(-1105, f"Parameter '{name}' was empty.")
        return value

    def needed(self, name: str) -> str:
        value = self._values.get(name)
        if not value:
            raise errors.missing(name)
        return value

    def integer(self, name: str, default: int, lowest: int = 0, highest: int = (1 << 63) - 1) -> int:
        """A whole number; above the highest one it is the highest one, as Binance does with limits."""
        value = self.optional_integer(name)
        if value is None:
            return default
        if value < lowest:
            raise errors.invalid(name)
        return min(value, highest)

    def optional_integer(self, name: str) -> int | None:
        value = self.text(name)
        if value is None:
            return None
        if _NUMBER.fullmatch(value) is None:
            raise errors.illegal(name, _NUMBER_LEGAL)
        number = int(value)
        if number >= 1 << 63:
            raise errors.invalid(name)
        return number

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name)
        if value is None:
            return default
        if value.lower() not in _FLAGS:
            raise errors.illegal(name, "^(true|false)$")
        return _FLAGS[value.lower()]

    def units(self, name: str) -> int | None:
        """An amount greater than zero, in units."""
        value = self.text(name)
        if value is None:
            return None
        match = _AMOUNT.fullmatch(value)
        if match is None:
            raise errors.illegal(name, _AMOUNT_LEGAL)
        fraction = (match[2] or "").rstrip("0")
        if len(fraction) > SCALE:
            raise errors.BinanceError(-1111, f"Parameter '{name}' has too much precision.")
        units = int(match[1]) * UNITS_PER_ONE + int(fraction.ljust(SCALE, "0"))
        if not 0 < units <= AMOUNT_UNITS_MAX:
            raise errors.filter_failure(_FILTERS.get(name, "LOT_SIZE"))
        return units

    def names(self, name: str) -> list[str] | None:
        """A JSON list of texts."""
        value = self.text(name)
        if value is None:
            return None
        try:
            found = msgspec.json.decode(value, type=list[str])
        except (msgspec.MsgspecError, UnicodeDecodeError, UnicodeEncodeError):
            raise errors.illegal(name, '^\\["[A-Z0-9-_.]{1,20}"(,"[A-Z0-9-_.]{1,20}"){0,}\\]$') from None
        if not found:
            raise errors.missing(name)
        if len(set(found)) != len(found):
            raise errors.repeated()
        return found


def of_request(query: str, body: str) -> dict[str, str]:
    """The query's and the form's parameters; the query's count where both say one. Raises -1101 for one that is said twice."""
    return _pairs(body) | _pairs(query)


def _pairs(text: str) -> dict[str, str]:
    if not text:
        return {}
    if text.count("&") >= PARAMETERS_MAX:
        raise errors.BinanceError(-1101, "Too many parameters sent for this endpoint.")
    if "%" in text or "+" in text:
        pairs = parse_qsl(text, keep_blank_values=True)
    else:  # most requests: as parse_qsl reads them, for a tenth of its time
        pairs = [(name, value) for name, _, value in (part.partition("=") for part in text.split("&") if part)]
    found = dict(pairs)
    if len(found) != len(pairs):
        raise errors.repeated()
    if any("\x00" in name or "\x00" in value for name, value in pairs):
        raise errors.illegal("parameters", _ADVICE)
    return found


def of_message(params: Mapping[str, Any]) -> dict[str, str]:
    """Those of a message of the WebSocket API, as the texts that a query would have, and that are signed."""
    return {name: _text(name, value) for name, value in params.items() if value is not None}


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        if "\x00" in value:
            raise errors.illegal(name, _ADVICE)
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return msgspec.json.encode(value).decode()
    return str(value)
