"""Everything that is a key has one spelling: other ways of writing it are brought into that spelling, and what is not such a key is refused.

A pattern that ends in a bare dollar sign lets a line break through in Python: no model and no module has one.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from uuid import UUID

import msgspec
import pytest
from msgspec import inspect as models

from engine_container.views.symbols import compact
from functions.auth.rules import normal_email
from functions.wallet import chains, reports
from functions.wallet.iban import parse_iban, parse_swift
from functions.wallet.withdrawal_rules import parse_destination
from mycrypto import currencies, networks
from mycrypto.contracts import api

ROOT = Path(__file__).resolve().parents[3]
HASH = "ab12" * 16
ETH = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"
BTC = "bc1qmxrw6qdh5g3ztfcwm0et5l8mvws4eva24kmp8m"
TRON = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
BLANKS: tuple[Callable[[str], str], ...] = (str, "{}\n".format, " {}".format, "\t{}\r\n".format, "\u00a0{}".format)

Reader = Callable[[str], object]
KEYS: dict[str, tuple[Reader, object, tuple[str, ...], tuple[str, ...]]] = {
    "transaction on Bitcoin": (lambda text: chains.parse_tx_hash(text, networks.find("BTC")), HASH, (HASH, HASH.upper(), "0x" + HASH), (HASH[1:], HASH + "a", "0x0x" + HASH)),
    "transaction on Ethereum": (lambda text: chains.parse_tx_hash(text, networks.find("ETH")), "0x" + HASH, (HASH, "0x" + HASH, "0X" + HASH.upper()), (HASH[1:], "x" + HASH, HASH[:63] + "g")),
    "transaction of a token": (lambda text: chains.parse_tx_hash(text, networks.find("USDT")), "0x" + HASH, (HASH, "0x" + HASH.upper()), ("\u0661" * 64, "")),
    "transaction on Tron": (lambda text: chains.parse_tx_hash(text, networks.find("USDT", "TRC20")), HASH, (HASH, HASH.upper(), "0x" + HASH), ("0x", HASH[:32] + "\n" + HASH[32:])),
    "address on Bitcoin": (lambda text: chains.parse_address(text, networks.find("BTC")), BTC, (BTC, BTC.upper()), ()),
    "address on Ethereum": (lambda text: chains.parse_address(text, networks.find("ETH")), ETH, (ETH, ETH.lower(), ETH[2:], "0X" + ETH[2:].upper()), (ETH[:-1], ETH + "0", "0x" + ETH)),
    "address on Tron": (lambda text: chains.parse_address(text, networks.find("USDT", "TRC20")), TRON, (TRON,), (TRON.lower(), TRON[:-1], TRON + "t")),
    "destination on Bitcoin": (lambda text: parse_destination(text, networks.find("BTC")), BTC, (BTC, BTC.upper()), (BTC[:-1], BTC.title())),
    "destination on Ethereum": (lambda text: parse_destination(text, networks.find("ETH")), ETH, (ETH, ETH.lower()), (ETH[2:], ETH.swapcase(), ETH[:-1])),
    "destination on Tron": (lambda text: parse_destination(text, networks.find("USDT", "TRC20")), TRON, (TRON,), (TRON.lower(), TRON[:-1])),
    "network": (lambda text: networks.find("USDT", text).name, "TRC20", ("TRC20", "trc20", "Trc20"), ("TRC-20", "TRC2", "\uff34RC20")),
    "IBAN": (parse_iban, "TR330006100519786457841326", ("tr33 0006 1005 1978 6457 8413 26", "TR330006100519786457841326"), ("TR33000610051978645784132", "TR33-0006100519786457841326")),
    "IBAN with letters": (parse_iban, "GB82WEST12345698765432", ("gb82 west 1234 5698 7654 32",), ("GB82WE\u017fT12345698765432",)),
    "SWIFT code": (parse_swift, "ISBKTRIS", ("isbktris", "\u0130SBKTR\u0130S", "\u0131sbktr\u0131s", "ISBK TR IS"), ("ISBKTRI", "ISBKTRISX")),
    "transaction id of a bank": (reports.transaction_key, "BANK-I1", ("BANK-I1", "bank-i1", "BANK-\u01301", "bank-\u01311", "BANK -I1"), ()),
    "currency": (lambda text: currencies.find(text).code, "USDT", ("USDT", "usdt", "Usdt"), ("USD", "\uff35SDT")),
    "symbol": (compact, "BTCTRY", ("BTC/TRY", "btc-try", "btc_try"), ()),
    "e-mail address": (normal_email, "ali@example.com", ("ali@example.com", "ALI@EXAMPLE.COM", "AL\u0130@EXAMPLE.COM"), ()),
    "id": (UUID, UUID("01a20969-8b47-7b80-b714-07cb0c733fb3"), ("01A20969-8B47-7B80-B714-07CB0C733FB3", "01a209698b477b80b71407cb0c733fb3"), ("01a20969",)),
}  # fmt: skip
NO_BLANKS = {"id", "symbol", "currency"}
"""A blank beside one of these makes it another text, which names nothing."""


@pytest.mark.parametrize("key", KEYS)
def test_a_key_has_one_spelling(key: str) -> None:
    read, canonical, spellings, refused = KEYS[key]
    for spelling in spellings:
        for blanks in BLANKS[:1] if key in NO_BLANKS else BLANKS:
            assert read(blanks(spelling)) == canonical, blanks(spelling)
    for text in refused:
        with pytest.raises(Exception):  # noqa: B017, PT011 - each reader has an error of its own
            read(text)


def _modules(*folders: str) -> list[ModuleType]:
    names = [str(path.relative_to(ROOT if "functions" in folder or "engine" in folder else ROOT / "layers/common/python").with_suffix("")).replace("/", ".")
             for folder in folders for path in (ROOT / folder).rglob("*.py") if path.name in {"models.py", "protocol.py"} or path.parent.name == "api"]  # fmt: skip
    return [importlib.import_module(name) for name in names]


def _patterns() -> dict[str, type]:
    """Every text with a pattern that a request may hold, as a model of one field."""
    found: dict[str, type] = {}
    for module in _modules("functions", "engine_container/gateway/sockets", "layers/common/python/mycrypto/contracts"):
        for name, kind in inspect.getmembers(module, lambda member: inspect.isclass(member) and issubclass(member, msgspec.Struct)):
            for field in msgspec.structs.fields(kind):
                if "pattern='" in repr(models.type_info(field.type)):
                    found[f"{module.__name__}.{name}.{field.name}"] = field.type
    return found


def test_no_pattern_of_a_request_takes_a_line_break_behind_its_text() -> None:
    found = _patterns()
    assert {"functions.wallet.models.WithdrawFiat.two_fa_code", "mycrypto.contracts.api.orders.PlaceOrderRequest.client_order_id"} <= set(
        found
    )
    for name, kind in found.items():
        for pattern in re.findall(r"pattern='((?:[^'\\]|\\.)*)'", repr(models.type_info(kind))):
            assert not pattern.endswith("$"), name
    taken = {name for name, kind in found.items() for text in ("123456", "x" * 8) if _takes(kind, text) and _takes(kind, text + "\n")}
    assert taken == set()


def _takes(kind: type, text: str) -> bool:
    try:
        msgspec.convert(text, kind)
    except msgspec.ValidationError:
        return False
    return True


def test_the_name_of_an_order_has_no_line_break() -> None:
    for bad in ("mine\n", "\nmine", "mi ne", "", "x" * 101, "m\u0131ne"):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(bad, api.ClientOrderId)
    assert msgspec.convert("mine", api.ClientOrderId) == "mine"


PARTS_OF_A_TEXT = {
    r"^(?P<what>.*?) - at `(?P<path>\$[^`]*)`$",  # our own library's messages, over all their lines
    "^[^a-z]+|[^a-z]+$",  # what is cut off the ends
}


def test_no_module_judges_a_whole_text_by_a_bare_dollar_sign() -> None:
    """``re.match`` and ``re.search`` are for what is found within a text; a whole text is judged by ``fullmatch``, or up to ``\\Z``."""
    given = {
        str(node.args[0].value): f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("functions", "layers", "engine_container")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    guilty = {text: where for text, where in given.items() if text.startswith("^") and text.endswith("$")}
    assert {text: where for text, where in guilty.items() if text not in PARTS_OF_A_TEXT} == {}
