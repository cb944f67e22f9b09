"""Binance's error codes and texts, which clients match to the letter, and what our problems are among them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from mycrypto.errors import ProblemError


class BinanceError(Exception):
    """A refusal as clients of Binance know it. ``data`` goes with it where an answer has parts."""

    def __init__(self, code: int, message: str, status: int = HTTPStatus.BAD_REQUEST, *, retry_after: int = 0, data: Any = None) -> None:
        self.code = code
        self.message = message
        self.status = int(status)
        self.retry_after = retry_after
        self.data = data
        super().__init__(f"{code}: {message}")

    def body(self) -> dict[str, Any]:
        return {"code": self.code, "msg": self.message} | ({} if self.data is None else {"data": self.data})


def missing(name: str) -> BinanceError:
    return BinanceError(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")


def illegal(name: str, legal: str) -> BinanceError:
    return BinanceError(-1100, f"Illegal characters found in parameter '{name}'; legal range is '{legal}'.")


def not_required(name: str) -> BinanceError:
    return BinanceError(-1106, f"Parameter '{name}' sent when not required.")


def invalid(name: str) -> BinanceError:
    return BinanceError(-1130, f"Data sent for parameter '{name}' is not valid.")


def filter_failure(name: str) -> BinanceError:
    return BinanceError(-1013, f"Filter failure: {name}")


def repeated() -> BinanceError:
    return BinanceError(-1101, "Duplicate values for a parameter detected.")


def unsupported(what: str = "This operation") -> BinanceError:
    return BinanceError(-1013, f"{what} is not supported.")


def no_such_path(status: int = HTTPStatus.NOT_FOUND) -> BinanceError:
    return BinanceError(-1020, "This operation is not supported.", status)


def bad_symbol() -> BinanceError:
    return BinanceError(-1121, "Invalid symbol.")


def duplicate_order() -> BinanceError:
    return BinanceError(-2010, "Duplicate order sent.")


def unknown_order() -> BinanceError:
    """Nothing to cancel."""
    return BinanceError(-2011, "Unknown order sent.")


def no_such_order() -> BinanceError:
    return BinanceError(-2013, "Order does not exist.")


def key_format() -> BinanceError:
    return BinanceError(-2014, "API-key format invalid.", HTTPStatus.UNAUTHORIZED)


def key_refused() -> BinanceError:
    return BinanceError(-2015, "Invalid API-key, IP, or permissions for action.", HTTPStatus.UNAUTHORIZED)


def bad_signature() -> BinanceError:
    return BinanceError(-1022, "Signature for this request is not valid.")


def outside_window() -> BinanceError:
    return BinanceError(-1021, "Timestamp for this request is outside of the recvWindow.")


def ahead() -> BinanceError:
    return BinanceError(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")


def not_less() -> BinanceError:
    return BinanceError(-2038, "The requested quantity must be lower than the order's and greater than what was filled.")


def outcome_unknown() -> BinanceError:
    return BinanceError(-1007, "Unknown error, please check your request or try again later.", HTTPStatus.SERVICE_UNAVAILABLE)


def internal() -> BinanceError:
    return BinanceError(-1000, "An unknown error occurred while processing the request.", HTTPStatus.INTERNAL_SERVER_ERROR)


_PLAIN: Final = {
    "ORDER_001": (-1121, "Invalid symbol."),
    "ORDER_002": (-1013, "Filter failure: PRICE_FILTER"),
    "INVALID_QUANTITY": (-1013, "Filter failure: LOT_SIZE"),
    "MIN_NOTIONAL": (-1013, "Filter failure: NOTIONAL"),
    "PRICE_BAND": (-1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
    "MARKET_CLOSED": (-1013, "Market is closed."),
    "WALLET_001": (-2010, "Account has insufficient balance for requested action."),
    "POST_ONLY_WOULD_TRADE": (-2010, "Order would immediately match and take."),
    "STOP_PRICE_REACHED": (-2010, "Stop price would trigger immediately."),
    "DAILY_VOLUME_LIMIT": (-2010, "This action is disabled on this account."),
    "SELF_TRADE_PREVENTION": (-2010, "This action is disabled on this account."),
    "IDEMPOTENCY_CONFLICT": (-2010, "Duplicate order sent."),
    "NO_LIQUIDITY": (-2010, "Order would not execute: there is no liquidity."),
    "FOK_NOT_FILLABLE": (-2010, "Order would not be filled whole."),
    "ORDER_003": (-2013, "Order does not exist."),
    "ORDER_004": (-2011, "Unknown order sent."),
    "INVALID_ORDER": (-1128, "Combination of optional parameters invalid."),
    "VALIDATION_ERROR": (-1130, "Data sent for a parameter is not valid."),
}
_OTHER: Final = {
    "UNAUTHORIZED": key_refused,
    "INVALID_TOKEN": key_refused,
    "FORBIDDEN": key_refused,
    "OUTCOME_UNKNOWN": outcome_unknown,
}


def of_problem(problem: ProblemError) -> BinanceError:
    """The same refusal in Binance's words."""
    code = problem.kind.code
    if code == "OPEN_ORDER_LIMIT":
        return filter_failure("MAX_NUM_ORDERS" if problem.extra.get("scope") == "symbol" else "EXCHANGE_MAX_NUM_ORDERS")
    if code in _PLAIN:
        return BinanceError(*_PLAIN[code])
    if code in _OTHER:
        return _OTHER[code]()
    if code == "SERVICE_UNAVAILABLE":
        if "too many orders" in problem.detail:
            return BinanceError(-1008, "Server is currently overloaded with other requests. Please try again in a few minutes.", 503)
        return BinanceError(-1001, "Internal error; unable to process your request. Please try again.", 503, retry_after=1)
    if code == "PAYLOAD_TOO_LARGE":
        return BinanceError(-1130, "The request is too large.", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return internal()
