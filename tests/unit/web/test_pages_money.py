"""The page reckons cost, fee and lock of an order as the engine does: a thousand random orders are put to both."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from engine_container.core.fees import fee
from mycrypto.contracts import commands
from tests.unit.core.trading_desk import Desk, units

WEB: Final = Path(__file__).parents[3] / "web"
ORDERS: Final = 1_000
KINDS: Final = ("LIMIT", "MARKET", "STOP", "STOP_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT", "TRAILING_STOP", "OCO")
LAST: Final = "50000"


def text(value: int) -> str:
    whole, fraction = divmod(value, 10**8)
    return f"{whole}.{fraction:08d}"


def _rules(chance: random.Random) -> dict[str, int]:
    return {
        "tick": units(chance.choice(["0.01", "0.05", "1"])),
        "lot": units(chance.choice(["0.0001", "0.001", "0.01"])),
        "quantity_min": units("0.01"),
        "notional_min": 0,
        "band_bps": chance.choice([0, 500, 1_000]),
        "maker_fee_ppm": chance.randrange(0, 3_000),
        "taker_fee_ppm": chance.randrange(0, 3_000),
    }


def _market(chance: random.Random) -> tuple[Desk, dict[str, int]]:
    """A market with a last price and asks above it."""
    rules = _rules(chance)
    desk = Desk(**rules)
    desk.fund("maker", BTC="100000")
    desk.trade_at(LAST)
    for _ in range(6):
        price = units(LAST) + chance.randrange(1, 2_000) * rules["tick"]
        desk.place("maker", "SELL", text(chance.randrange(1, 60) * rules["lot"] + units("0.01")), text(price))
    return desk, rules


def _order(chance: random.Random, rules: dict[str, int]) -> dict[str, Any]:
    kind = chance.choice(KINDS)
    price = units(LAST) + chance.randrange(-2_000, 2_000) * rules["tick"]
    order: dict[str, Any] = {"side": "BUY", "quantity": units("0.01") + chance.randrange(0, 400) * rules["lot"], "kind": kind}
    if kind in {"LIMIT", "STOP_LIMIT", "TAKE_PROFIT_LIMIT"}:
        order["price"] = price
    if kind in {"STOP", "STOP_LIMIT"}:
        order["stop"] = units(LAST) + chance.randrange(1, 2_000) * rules["tick"]
    if kind in {"TAKE_PROFIT", "TAKE_PROFIT_LIMIT"}:
        order["stop"] = units(LAST) - chance.randrange(1, 2_000) * rules["tick"]
    if kind == "OCO":
        order["price"] = units(LAST) - chance.randrange(1, 2_000) * rules["tick"]
        order["stop"] = units(LAST) + chance.randrange(1, 2_000) * rules["tick"]
        if chance.random() < 0.5:
            order["stop_limit"] = order["stop"] + chance.randrange(-2_000, 2_000) * rules["tick"]
    if kind == "TRAILING_STOP":
        order["trail_bps"] = chance.randrange(1, 1_000)
    return order


def _required(desk: Desk, order: dict[str, Any]) -> int | None:
    """What the engine says that the order needs, to a user who has nothing; ``None`` where it refuses it for something else."""
    if order["kind"] == "OCO":
        event = _pair(desk, order)[0]
        return int(event.details["required"]) if getattr(event, "code", "") == "WALLET_001" else None
    more = {"stop_price": text(order["stop"])} if "stop" in order else {}
    if "trail_bps" in order:
        more["trail_bps"] = order["trail_bps"]
    price = text(order["price"]) if "price" in order else "0"
    tif = "IOC" if order["kind"] == "MARKET" else "GTC"
    (event, *_) = desk.place("poor", order["side"], text(order["quantity"]), price, kind=order["kind"], tif=tif, **more)
    return int(event.details["required"]) if getattr(event, "code", "") == "WALLET_001" else None


def _pair(desk: Desk, order: dict[str, Any]) -> list[Any]:
    quantity, stop = text(order["quantity"]), text(order["stop"])
    limit = desk.order("poor", order["side"], quantity, text(order["price"]))
    if "stop_limit" in order:
        other = desk.order("poor", order["side"], quantity, text(order["stop_limit"]), kind="STOP_LIMIT", stop_price=stop)
    else:
        other = desk.order("poor", order["side"], quantity, kind="STOP", stop_price=stop)
    return desk.do(commands.PlaceOco(desk.new_id(), limit, other))


def vectors(seed: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    found: list[dict[str, Any]] = []
    while len(found) < ORDERS:
        desk, rules = _market(chance)
        levels = [[text(abs(int(level.key)) * desk.symbol.tick), text(level.open * desk.symbol.lot)] for level in _asks(desk)]
        for _ in range(40):
            order = _order(chance, rules)
            required = _required(desk, order)
            if required is not None:
                value = chance.randrange(1, 10**15)
                figures = {name: str(figure) for name, figure in order.items()} | {"required": str(required)}
                found.append(
                    {
                        "rules": {name: str(figure) for name, figure in rules.items()},
                        "levels": levels,
                        "last": LAST,
                        "fee": [str(value), str(fee(value, rules["taker_fee_ppm"]))],
                        **figures,
                    }
                )
    return found[:ORDERS]


def _asks(desk: Desk) -> list[Any]:
    from engine_container.core.book import level_at

    side = desk.symbol.asks
    return [level_at(side, key) for key in reversed(side.keys)]


def test_a_thousand_orders_cost_on_the_page_what_they_cost_in_the_engine(tmp_path: Path) -> None:
    if not (WEB / "node_modules" / "vitest").exists() or shutil.which("npx") is None:
        pytest.skip("the page's tools are missing; get them with: npm ci --prefix web")
    made = vectors(seed=15)
    kinds = {each["kind"] for each in made}
    assert kinds == set(KINDS)
    path = tmp_path / "vectors.json"
    path.write_bytes(msgspec.json.encode(made))
    words = ["npx", "vitest", "run", "tests/vectors.test.ts", "--reporter=dot"]
    done = subprocess.run(words, cwd=WEB, env={**os.environ, "VECTORS": str(path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-2_000:]


def test_the_pages_own_tests_and_types_hold() -> None:
    """The book against a model, amounts as people type them, both languages; and what the compiler and the linter say."""
    if not (WEB / "node_modules" / "vitest").exists() or shutil.which("npx") is None:
        pytest.skip("the page's tools are missing; get them with: npm ci --prefix web")
    for words in (["npx", "vitest", "run", "--reporter=dot"], ["npm", "run", "--silent", "check"]):
        done = subprocess.run(words, cwd=WEB, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-2_000:]
