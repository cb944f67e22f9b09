"""The rounding of a fee: up, in the platform's favour, for each trade by itself."""

from __future__ import annotations

from mypy_extensions import i64

from engine_container.core.vocabulary import PPM


def fee(value: i64, rate_ppm: i64) -> i64:
    """The fee on a value in quote units, rounded up."""
    # value x rate / PPM in two parts, whose products stay within 64 bits
    return value // PPM * rate_ppm + (value % PPM * rate_ppm + (PPM - 1)) // PPM
