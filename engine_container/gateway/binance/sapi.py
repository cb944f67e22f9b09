"""The few paths below ``/sapi``, ``/fapi`` and ``/dapi`` that clients ask for before they do anything else."""

from __future__ import annotations

from typing import Any

from engine_container.gateway.binance.account import assets, rate, rates
from engine_container.gateway.binance.asked import Asked, every_symbol
from engine_container.gateway.binance.names import amount, symbol_name

FIAT = frozenset({"TRY"})


async def system_status(asked: Asked) -> dict[str, Any]:  # noqa: ARG001 - the shape of an answer
    return {"status": 0, "msg": "normal"}


async def empty(asked: Asked) -> list[Any]:  # noqa: ARG001 - the shape of an answer
    """Of a kind of market that there is none of here."""
    return []


async def no_symbols(asked: Asked) -> dict[str, Any]:  # noqa: ARG001 - the shape of an answer
    return {"symbols": []}


async def coins(asked: Asked) -> list[dict[str, Any]]:
    """Every asset with the caller's balance. Deposits and withdrawals go through the wallet, which keys do not open."""
    own = asked.views.balances.of(asked.caller.user_id)
    found: list[dict[str, Any]] = []
    for asset in assets(asked):
        balance = own.get(asset)
        found.append(
            {
                "coin": asset,
                "name": asset,
                "free": amount(balance.available if balance else 0),
                "locked": amount(balance.locked if balance else 0),
                "freeze": amount(0),
                "withdrawing": amount(0),
                "ipoing": amount(0),
                "ipoable": amount(0),
                "storage": amount(0),
                "isLegalMoney": asset in FIAT,
                "trading": True,
                "depositAllEnable": False,
                "withdrawAllEnable": False,
                "networkList": [],
            }
        )
    return found


async def trade_fee(asked: Asked) -> list[dict[str, Any]]:
    one = asked.optional_symbol()
    symbols = [one] if one is not None else every_symbol(asked.views)
    found: list[dict[str, Any]] = []
    for symbol in symbols:
        maker, taker = rates(asked, symbol)
        found.append({"symbol": symbol_name(symbol.symbol), "makerCommission": rate(maker), "takerCommission": rate(taker)})
    return found
