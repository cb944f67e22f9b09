"""The command that lists a symbol, for logs that begin with one."""

from __future__ import annotations

from mycrypto.contracts.commands import SetSymbol

LISTED = SetSymbol(
    command_id=bytes(16),
    symbol="BTC/TRY",
    base="BTC",
    quote="TRY",
    tick=1_000_000,
    lot=100,
    quantity_min=100,
    quantity_max=10**16,
    notional_min=10**8,
    band_bps=1000,
    breaker_bps=1000,
    maker_fee_ppm=0,
    taker_fee_ppm=0,
)
