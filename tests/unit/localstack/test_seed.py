"""The symbols that a fresh exchange lists obey the exchange's own rules."""

from __future__ import annotations

import pytest

from mycrypto.money import notional_units
from mycrypto_local.seeding import Listing, listings


def test_the_five_markets() -> None:
    assert [listing.symbol for listing in listings()] == ["BTC/USDT", "ETH/USDT", "BTC/TRY", "ETH/TRY", "USDT/TRY"]


@pytest.mark.parametrize("listing", listings(), ids=lambda listing: listing.symbol)
def test_a_fill_never_rounds(listing: Listing) -> None:
    command = listing.command()
    assert command.tick * command.lot % 100_000_000 == 0
    assert notional_units(command.tick, command.lot) * 100_000_000 == command.tick * command.lot
    assert command.quantity_min % command.lot == command.quantity_max % command.lot == 0
    assert 0 < command.quantity_min <= command.quantity_max
    assert (command.base, command.quote) == tuple(listing.symbol.split("/"))
