"""From the words of a request to the commands of the log. Checked here is what can be checked without state; the engine judges the rest."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from uuid import UUID

from engine_container.views.minutes import DAY_MS
from engine_container.views.symbols import Symbols
from engine_container.web.fast_path.uuid7 import new_uuid_bytes
from mycrypto.contracts.api import PlaceOrderRequest
from mycrypto.contracts.commands import PlaceOrder
from mycrypto.contracts.events import SymbolChanged
from mycrypto.contracts.trading import OrderType, SelfTradePrevention, Side, TimeInForce
from mycrypto.errors import FieldError, ProblemError, invalid
from mycrypto.ids import TradingId, parse_trading_uuid, uuid_text
from mycrypto.money import AmountError, parse_amount, parse_positive

_DATE_LENGTH: Final = len("2026-01-31")
_TIME_AT: Final = _DATE_LENGTH + 1
_TIME_MAX: Final = (1 << 43) - 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# as plain dictionaries and constants: an enumeration's own look-up costs three times as much
_TYPES: Final = dict(OrderType.__members__)
_SIDES: Final = dict(Side.__members__)
_TIMES: Final = dict(TimeInForce.__members__)
_PREVENTIONS: Final = dict(SelfTradePrevention.__members__)
_MARKET: Final = OrderType.MARKET

_CODES: Final = {
    "quantity": "INVALID_QUANTITY",
    "quote_quantity": "INVALID_QUANTITY",
    "display_quantity": "INVALID_QUANTITY",
    "remaining_quantity": "INVALID_QUANTITY",
    "price": "ORDER_002",
    "stop_price": "ORDER_002",
    "activation_price": "ORDER_002",
}

_TRIGGERS: Final = ("stop_price", "trail_bps", "activation_price")
_STOPS: Final = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT})
"""They fire at a stop price, or when the price turns by the distance at which they follow it."""

_NEEDED: Final = {
    OrderType.LIMIT: ("quantity", "price"),
    OrderType.MARKET: (),
    OrderType.STOP: ("quantity",),
    OrderType.STOP_LIMIT: ("quantity", "price"),
    OrderType.TAKE_PROFIT: ("quantity",),
    OrderType.TAKE_PROFIT_LIMIT: ("quantity", "price"),
    OrderType.TRAILING_STOP: ("quantity", "trail_bps"),
}
_ALLOWED: Final = {
    OrderType.LIMIT: frozenset({"quantity", "price", "display_quantity", "expires_at"}),
    OrderType.MARKET: frozenset({"quantity", "quote_quantity"}),
    OrderType.STOP: frozenset({"quantity", *_TRIGGERS, "expires_at"}),
    OrderType.STOP_LIMIT: frozenset({"quantity", "price", *_TRIGGERS, "display_quantity", "expires_at"}),
    OrderType.TAKE_PROFIT: frozenset({"quantity", *_TRIGGERS, "expires_at"}),
    OrderType.TAKE_PROFIT_LIMIT: frozenset({"quantity", "price", *_TRIGGERS, "display_quantity", "expires_at"}),
    OrderType.TRAILING_STOP: frozenset({"quantity", "trail_bps", "activation_price", "expires_at"}),
}
_OPTIONAL: Final = (
    "quantity",
    "quote_quantity",
    "price",
    "stop_price",
    "display_quantity",
    "trail_bps",
    "activation_price",
    "expires_at",
)


def place_command(request: PlaceOrderRequest, symbols: Symbols, user_id: bytes) -> PlaceOrder:
    """The command of a new order. Raises ORDER_001, ORDER_002, INVALID_QUANTITY or INVALID_ORDER."""
    kind = _TYPES[request.type]
    symbol = known_symbol(symbols, request.symbol)
    _check_fields(request, kind)
    command_id = new_uuid_bytes()
    return PlaceOrder(
        command_id,
        user_id,
        symbol.symbol,
        _SIDES[request.side],
        kind,
        _time_in_force(request, kind),
        amount("quantity", request.quantity),
        amount("price", request.price),
        request.client_order_id or uuid_text(command_id),
        0 if request.quote_quantity is None else amount("quote_quantity", request.quote_quantity),
        request.post_only,
        _PREVENTIONS[request.self_trade_prevention],
        0 if request.stop_price is None else amount("stop_price", request.stop_price),
        0 if request.display_quantity is None else amount("display_quantity", request.display_quantity),
        request.trail_bps or 0,
        0 if request.activation_price is None else amount("activation_price", request.activation_price),
        0 if request.expires_at is None else parse_time("expires_at", request.expires_at),
    )


def known_symbol(symbols: Symbols, spelling: str) -> SymbolChanged:
    """The symbol meant; raises ORDER_001."""
    symbol = symbols.find(spelling)
    if symbol is None:
        raise ProblemError("ORDER_001", "the symbol is not listed", errors=[FieldError("symbol", "is not listed")])
    return symbol


@lru_cache(maxsize=16_384)
def amount(field: str, text: str | None) -> int:
    """Units of 10^-8, 0 for absent; raises the field's error. Remembered: orders say the same few thousand amounts again and again."""
    if text is None:
        return 0
    try:
        return parse_positive(text)
    except AmountError as error:
        raise ProblemError(_CODES[field], f"{field} {error}", errors=[FieldError(field, str(error))]) from None


def limit_amount(field: str, text: str) -> int:
    """Units of a rule or limit, where zero has a meaning; raises VALIDATION_ERROR."""
    try:
        return parse_amount(text)
    except AmountError as error:
        raise invalid(field, str(error)) from None


def parse_time(field: str, text: str) -> int:
    """Epoch milliseconds of an ISO-8601 time with offset, or of a date (its first moment, UTC); raises VALIDATION_ERROR. Before 1970 and after
    2248 there is nothing: such a time means the end of time on its side.
    """
    try:
        # the "+" of an offset arrives as a space where a query was not encoded
        moment = datetime.fromisoformat(text[:_TIME_AT] + text[_TIME_AT:].replace(" ", "+"))
    except ValueError:
        raise invalid(field, "must be an ISO-8601 time such as 2026-01-31T12:00:00Z") from None
    if moment.tzinfo is None:
        if len(text) != _DATE_LENGTH:
            raise invalid(field, "must carry an offset, such as Z")
        moment = moment.replace(tzinfo=UTC)
    delta = moment - _EPOCH
    milliseconds = delta.days * 86_400_000 + delta.seconds * 1_000 + delta.microseconds // 1_000
    return min(max(milliseconds, 0), _TIME_MAX)


def parse_end(field: str, text: str) -> int:
    """As :func:`parse_time`, for the end of a period: a date means its whole day."""
    return min(parse_time(field, text) + (DAY_MS if len(text) == _DATE_LENGTH else 0), _TIME_MAX)


def trading_id(text: str, field: str = "id") -> tuple[UUID, TradingId | None]:
    """The parts of an order's or trade's id, ``None`` for a UUID that cannot be one; raises VALIDATION_ERROR for no UUID at all."""
    try:
        value = UUID(text) if len(text) == 36 else None
    except ValueError:
        value = None
    if value is None:
        raise invalid(field, "must be a UUID")
    return value, parse_trading_uuid(value)


def _check_fields(request: PlaceOrderRequest, kind: OrderType) -> None:
    present = (  # in the order of _OPTIONAL; written out, because a loop costs more than all the rest
        request.quantity is not None,
        request.quote_quantity is not None,
        request.price is not None,
        request.stop_price is not None,
        request.display_quantity is not None,
        request.trail_bps is not None,
        request.activation_price is not None,
        request.expires_at is not None,
    )
    errors = _errors_of(kind, present, request.time_in_force, request.post_only)
    if errors:
        raise ProblemError("INVALID_ORDER", f"{errors[0].field} {errors[0].message}", errors=list(errors))


@lru_cache(maxsize=4_096)
def _errors_of(kind: OrderType, present: tuple[bool, ...], time_in_force: str | None, post_only: bool) -> tuple[FieldError, ...]:
    """What is wrong with the shape of an order, whatever its figures are. There are few shapes, and the right ones come all the time."""
    given = {field for field, is_present in zip(_OPTIONAL, present, strict=True) if is_present}
    errors = [FieldError(field, f"is required for {kind.name}") for field in _NEEDED[kind] if field not in given]
    errors += [FieldError(field, f"is not allowed for {kind.name}") for field in _OPTIONAL if field in given - _ALLOWED[kind]]
    if kind is _MARKET and ("quantity" in given) is ("quote_quantity" in given):
        errors.append(FieldError("quantity", "or quote_quantity is required, and only one of them"))
    if kind in _STOPS and ("stop_price" in given) is ("trail_bps" in given):
        errors.append(FieldError("stop_price", f"or trail_bps is required for {kind.name}, and only one of them"))
    if kind in _STOPS and "activation_price" in given and "trail_bps" not in given:
        errors.append(FieldError("activation_price", "goes with trail_bps"))
    if (time_in_force == "GTD") is not ("expires_at" in given):
        errors.append(FieldError("expires_at", "is required for GTD, and only for GTD"))
    if post_only and (kind is not OrderType.LIMIT or time_in_force not in {None, "GTC", "GTD", "DAY"}):
        errors.append(FieldError("post_only", "is only possible for a LIMIT order that may rest"))
    return tuple(errors)


def _time_in_force(request: PlaceOrderRequest, kind: OrderType) -> TimeInForce:
    if kind is not _MARKET:
        return _TIMES[request.time_in_force or "GTC"]
    if request.time_in_force in {None, "GTC", "IOC"}:
        return TimeInForce.IOC  # a market order never rests
    if request.time_in_force == "FOK":
        return TimeInForce.FOK
    raise ProblemError(
        "INVALID_ORDER", "a MARKET order is IOC or FOK", errors=[FieldError("time_in_force", "must be IOC or FOK for MARKET")]
    )
