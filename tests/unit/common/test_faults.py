"""A value that a request may not hold is answered with the field's name and what it may hold."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import msgspec
import pytest
from msgspec import inspect

import functions.auth.account_models
import functions.auth.kyc_upload_models
import functions.auth.models
import functions.wallet.models
from engine_container.gateway.sockets import protocol
from mycrypto import faults, field_faults
from mycrypto.contracts import api
from mycrypto.errors import ProblemError
from mycrypto.http.request import decode_json

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT"}
MODELS = (api, functions.auth.models, functions.auth.account_models, functions.auth.kyc_upload_models, functions.wallet.models, protocol)


def _refusal(kind: type[Any], value: object) -> ProblemError:
    with pytest.raises(ProblemError) as refused:
        decode_json(msgspec.json.encode(value), kind)
    return refused.value


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"side": "buy"}, "side", "must be one of BUY, SELL"),
        ({"side": 1}, "side", "must be one of BUY, SELL"),
        ({"mode": "dry"}, "mode", "must be one of live, paper"),
        ({"symbol": ""}, "symbol", "must be text of 1 to 32 characters"),
        ({"symbol": None}, "symbol", "must be text of 1 to 32 characters"),
        ({"trail_bps": 0}, "trail_bps", "must be a whole number from 1 to 9999 or null"),
        ({"trail_bps": 1.5}, "trail_bps", "must be a whole number from 1 to 9999 or null"),
        ({"post_only": "yes"}, "post_only", "must be true or false"),
        (
            {"quantity": 0.25},
            "quantity",
            'must be a decimal number in quotes, such as "0.25" (JSON numbers lose digits on the way) or null',
        ),
        ({"client_order_id": "a b"}, "client_order_id", "must be 1 to 100 printable ASCII characters without spaces or null"),
        ({"colour": "red"}, "colour", "is not a known field"),
    ],
)
def test_an_order_is_told_what_its_field_may_hold(change: dict[str, object], field: str, words: str) -> None:
    problem = _refusal(api.PlaceOrderRequest, ORDER | change)
    assert problem.kind.code == "VALIDATION_ERROR"
    assert [(item.field, item.message) for item in problem.errors] == [(field, words)]
    assert problem.detail == f"{field} {words}"


@pytest.mark.parametrize(
    ("kind", "value", "field", "words"),
    [
        (api.BatchCancelRequest, {"client_order_ids": ["good", "a b"]}, "client_order_ids[1]", "must be 1 to 100 printable"),
        (api.BatchCancelRequest, {"order_ids": "x"}, "order_ids", "must be a list"),
        (api.SetSymbolRequest, {"trading_hours": {"opens_minute": -1, "closes_minute": 0}}, "trading_hours.opens_minute", "from 0 to 1439"),
        (api.SetSymbolRequest, {"trading_hours": {"opens_minute": 1}}, "trading_hours.closes_minute", "is required"),
        (api.SetSymbolRequest, {"trading_hours": 5}, "trading_hours", "must be an object or null"),
        (protocol.ClientMessage, {"action": "ping", "last_sequence": -1}, "last_sequence", f"from 0 to {2**62 - 1}"),
        (functions.wallet.models.OpenFiatDeposit, {"amount": "1", "fiat_account_id": "mine"}, "fiat_account_id", "must be a UUID"),
        (functions.auth.models.RolesChange, {"roles": ["KING"], "reason": ""}, "roles[0]", "must be one of USER, ADMIN, SUPPORT"),
        (api.PlaceOrderRequest, [], "body", "must be an object"),
    ],
)
def test_the_field_is_found_at_any_depth(kind: type[Any], value: object, field: str, words: str) -> None:
    (item,) = _refusal(kind, value).errors
    assert item.field == field
    assert words in item.message


def _requests(module: ModuleType) -> Iterator[type[msgspec.Struct]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__struct_config__.forbid_unknown_fields:
            yield value


def _inner(node: inspect.Type) -> Iterator[inspect.Type]:
    yield node
    for choice in faults._choices(node):
        if (item := faults._inside(faults._plain(choice), None)) is not None:
            yield from _inner(item)


@pytest.mark.parametrize("kind", sorted({kind for module in MODELS for kind in _requests(module)}, key=str))
def test_every_field_of_every_request_can_be_described_and_patterns_are_put_into_words(kind: type[msgspec.Struct]) -> None:
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    for field in described.fields:
        for node in _inner(field.type):
            if isinstance(faults._plain(node), inspect.AnyType | inspect.RawType):
                continue  # nothing that it could be at fault of
            words = f"must be {faults._accepted(node)}"
            assert field_faults.read(words)[0], f"{kind.__name__}.{field.name} {words}: has no code"
            for choice in faults._choices(node):
                plain = faults._plain(choice)
                if isinstance(plain, inspect.StrType) and plain.pattern:
                    assert isinstance(choice, inspect.Metadata), f"{kind.__name__}.{field.name} has a pattern and no words for it"
                    assert faults.MUST_BE in (choice.extra or {})
