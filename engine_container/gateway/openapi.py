"""The OpenAPI 3.1 document of the trading API, made from the models of :mod:`mycrypto.contracts.api` and the declared operations.

``python -m engine_container.gateway.openapi`` prints it; ``docs/api/openapi.json`` is that, and a test compares them.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any, Final

from engine_container.gateway.alerts import ALERTS_MAX
from engine_container.gateway.candles import INTERVALS_MS
from engine_container.gateway.declared import OPERATIONS
from engine_container.gateway.order_query import SORTS
from engine_container.gateway.routes.market import DEPTH_MAX
from engine_container.trade_history.pages import OFFSET_MAX
from engine_container.views.symbols import SPELLING_LENGTH_MAX
from mycrypto.contracts import api
from mycrypto.contracts.trading import OrderType, Side
from mycrypto.http.openapi import API_KEY, BEARER, Service, components, texts_told
from mycrypto.security.api_keys import SCHEME, VERSION, VERSION_HEADER

_FIGURES: Final[dict[str, dict[str, str | int]]] = {
    "BATCH_TOO_LARGE": {"limit": api.BATCH_ITEMS_MAX},
    "WALLET_001": {"asset": "USDT", "available": "100", "required": "40040"},
    "MIN_NOTIONAL": {"required": "10", "notional": "4"},
    "OUTCOME_UNKNOWN": {"client_order_id": "mine-1"},
    "ORDER_004": {"status_now": "FILLED"},
    "ALERT_LIMIT": {"limit": ALERTS_MAX},
    "SIGNATURE_VERSION": {"supported": VERSION},
}
"""Members that carry the figures of a case, as an example shows them."""

_SHAPES: Final[dict[str, dict[str, Any]]] = {
    "order_id": {"format": "uuid"},
    "list_id": {"format": "uuid"},
    "alert_id": {"format": "uuid"},
    "trade_id": {"format": "uuid"},
    "user_id": {"format": "uuid"},
    "symbol": {"maxLength": SPELLING_LENGTH_MAX, "examples": ["BTCUSDT"]},
    "side": {"enum": [side.name for side in Side]},
    "type": {"enum": [kind.name for kind in OrderType]},
    "interval": {"enum": list(INTERVALS_MS)},
    "sort": {"enum": list(SORTS)},
    "mode": {"enum": ["live", "paper"]},
    "depth": {"minimum": 1, "maximum": DEPTH_MAX},
    "limit": {"minimum": 1},
    "offset": {"minimum": 0, "maximum": OFFSET_MAX},
}
"""More about parameters of these names."""

_BATCHES: Final = (
    ("BatchPlaceRequest", api.PlaceOrderRequest, api.BATCH_ITEMS_MAX),
    ("BatchReplaceRequest", api.BatchReplaceItem, api.BATCH_ITEMS_MAX),
    ("BatchOcoRequest", api.PlaceOcoRequest, api.BATCH_ITEMS_MAX // 2),
)
"""Bodies whose items are read one by one, with the form of an item and the most of them."""

_AT_LEAST_ONE: Final[dict[str, dict[str, Any]]] = {
    "BatchCancelRequest": {"order_ids": {"minItems": 1}, "client_order_ids": {"minItems": 1}},
    "AmendOrderRequest": {"remaining_quantity": {"type": "string"}, "price": {"type": "string"}},
    "ChangeAlertRequest": {"condition": {"type": "string"}, "price": {"type": "string"}},
}
"""Models of which some member must be given, and what counts as given."""


class _TradingService(Service, frozen=True, kw_only=True):
    """With what the tables cannot say."""

    def document(self) -> dict[str, Any]:
        made = super().document()
        # items are read one by one, so that a bad one spoils no other
        schemas = made["components"]["schemas"]
        for batch, item, most in _BATCHES:
            schemas[batch]["properties"]["orders"] |= {
                "items": {"$ref": f"#/components/schemas/{item.__name__}"},
                "minItems": 1,
                "maxItems": most,
            }
            schemas |= texts_told(components((item,))) | schemas
        for name, members in _AT_LEAST_ONE.items():
            schemas[name]["anyOf"] = [{"required": [member], "properties": {member: rule}} for member, rule in members.items()]
        return made


SERVICE: Final = _TradingService(
    title="MyCrypto trading API",
    description="Amounts are decimal strings, times ISO-8601 UTC. Every refusal is a problem document with a code of the catalogue.",
    operations=[operation for operation in OPERATIONS if operation.documented],
    security={
        "bearer": BEARER,
        API_KEY: {
            "type": "apiKey",
            "in": "header",
            "name": "X-API-Key",
            "description": f"With X-API-Timestamp (epoch milliseconds), {VERSION_HEADER}: {VERSION}, optionally X-API-Recv-Window, and"
            f" X-API-Signature: hex HMAC-SHA256 under the key's secret of seven lines, joined by newlines: {SCHEME}, timestamp, receive"
            " window (empty without one), METHOD, path, query (empty without one), hex SHA-256 of the body.",
        },
    },
    figures=_FIGURES,
    shapes=_SHAPES,
)


@cache
def text() -> str:
    """The document as it is committed and served; made once, for it costs as much as the rest of a gateway's routes together."""
    return SERVICE.text()


if __name__ == "__main__":
    sys.stdout.write(text())
