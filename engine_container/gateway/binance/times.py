"""Times in microseconds, for clients who ask for them."""

from __future__ import annotations

from typing import Any, Final

TIMES: Final = frozenset(
    {
        "serverTime",
        "time",
        "updateTime",
        "transactTime",
        "transactionTime",
        "workingTime",
        "openTime",
        "closeTime",
        "T",
    }
)


def in_microseconds(answer: Any) -> Any:
    """The same answer; rows of candles have been made so by themselves."""
    if isinstance(answer, dict):
        return {
            name: value * 1_000 if name in TIMES and type(value) is int and value > 0 else in_microseconds(value)
            for name, value in answer.items()
        }
    if isinstance(answer, list):
        return [in_microseconds(item) for item in answer]
    return answer
