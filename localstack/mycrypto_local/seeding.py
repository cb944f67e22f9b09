"""The symbols of a fresh exchange, listed through the log like every other change of rules."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

import httpx
import msgspec

from mycrypto.contracts.commands import RULES_LATEST, Command, SetRules, SetSymbol
from mycrypto.ids import new_uuid
from mycrypto.log_producer import LogProducer
from mycrypto.money import parse_amount
from mycrypto_local.paths import REPOSITORY

SYMBOLS: Final = REPOSITORY / "localstack" / "seed" / "symbols.json"
LISTED_SECONDS_MAX: Final = 30


class SeedError(RuntimeError):
    """A symbol that was put on the log did not get listed: the engine refused it."""


class Listing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One symbol as the seed file writes it: amounts as decimal strings, fees in parts per million."""

    symbol: str
    tick: str
    lot: str
    quantity_min: str
    quantity_max: str
    notional_min: str
    band_bps: int
    breaker_bps: int
    maker_fee_ppm: int
    taker_fee_ppm: int

    def command(self) -> SetSymbol:
        base, quote = self.symbol.split("/")
        return SetSymbol(
            command_id=new_uuid().bytes,
            symbol=self.symbol,
            base=base,
            quote=quote,
            tick=parse_amount(self.tick),
            lot=parse_amount(self.lot),
            quantity_min=parse_amount(self.quantity_min),
            quantity_max=parse_amount(self.quantity_max),
            notional_min=parse_amount(self.notional_min),
            band_bps=self.band_bps,
            breaker_bps=self.breaker_bps,
            maker_fee_ppm=self.maker_fee_ppm,
            taker_fee_ppm=self.taker_fee_ppm,
        )


def listings(path: Path = SYMBOLS) -> list[Listing]:
    """The seed file."""
    return msgspec.json.decode(path.read_bytes(), type=list[Listing])


def _listed(client: httpx.Client) -> set[str]:
    answer = client.get("/api/v1/markets")
    answer.raise_for_status()
    return {market["symbol"] for market in answer.json()["data"]}


def seed(base_url: str, bootstrap: str) -> list[str]:
    """List the symbols that the exchange does not have; their names. A symbol that is there keeps the rules it has.

    An exchange without any is new and begins with the latest version of the matching rules.
    """
    with httpx.Client(base_url=base_url, timeout=10, trust_env=False) as client:
        present = _listed(client)
        absent = [listing for listing in listings() if listing.symbol not in present]
        if not absent:
            return []
        producer = LogProducer(bootstrap)
        try:
            first: list[Command] = [] if present else [SetRules(new_uuid().bytes, RULES_LATEST)]
            producer.append_commands([*first, *(listing.command() for listing in absent)])
        finally:
            producer.close()
        names = {listing.symbol for listing in absent}
        deadline = time.monotonic() + LISTED_SECONDS_MAX
        while missing := names - _listed(client):
            if time.monotonic() > deadline:
                raise SeedError(f"not listed after {LISTED_SECONDS_MAX} s: {', '.join(sorted(missing))}; see: mycrypto logs engine")
            time.sleep(0.1)
        return sorted(names)
