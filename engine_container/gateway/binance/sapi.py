"""The few paths below ``/sapi``, ``/fapi`` and ``/dapi`` that clients ask for before they do anything else."""

from __future__ import annotations

from typing import Any

from engine_container.gateway.binance import wallet
from engine_container.gateway.binance.account import assets, rate, rates
from engine_container.gateway.binance.admission import known_key
from engine_container.gateway.binance.asked import Asked, Handler, every_symbol, spot
from engine_container.gateway.binance.names import amount, symbol_name
from mycrypto.permissions import READING
from mycrypto.security.api_keys import Scope

FIAT = frozenset({"TRY"})
_OTHER_MARKETS = (
    "enableInternalTransfer",
    "permitsUniversalTransfer",
    "enableMargin",
    "enableFutures",
    "enableVanillaOptions",
    "enablePortfolioMarginTrading",
    "enableFixApiTrade",
    "enableFixReadOnly",
)


@spot("get", "/sapi/v1/system/status", "Whether the platform is well")
async def system_status(asked: Asked) -> dict[str, Any]:  # noqa: ARG001 - the shape of an answer
    return {"status": 0, "msg": "normal"}


def _empty(path: str) -> Handler:
    """A list of a kind of market that there is none of here."""

    @spot("get", path, "Nothing")
    async def empty(asked: Asked) -> list[Any]:  # noqa: ARG001 - the shape of an answer
        return []

    return empty


def _no_symbols(path: str) -> Handler:
    @spot("get", path, "No symbols")
    async def no_symbols(asked: Asked) -> dict[str, Any]:  # noqa: ARG001 - the shape of an answer
        return {"symbols": []}

    return no_symbols


margin_pairs = _empty("/sapi/v1/margin/allPairs")
isolated_pairs = _empty("/sapi/v1/margin/isolated/allPairs")
margin_assets = _empty("/sapi/v1/margin/allAssets")
delist_schedule = _empty("/sapi/v1/spot/delist-schedule")
equities = _no_symbols("/sapi/v1/equity/market/exchangeInfo")
futures = _no_symbols("/fapi/v1/exchangeInfo")
coin_futures = _no_symbols("/dapi/v1/exchangeInfo")


@spot("get", "/sapi/v1/capital/config/getall", "Every asset", permission=READING, weight=10)
async def coins(asked: Asked) -> list[dict[str, Any]]:
    """Every asset with the caller's balance and its networks. Deposits and withdrawals go through the wallet, which keys do not open."""
    own, offered = asked.views.balances.of(asked.caller.user_id), await wallet.offered(asked)
    found: list[dict[str, Any]] = []
    for asset in assets(asked):
        balance = own.get(asset)
        networks = [wallet.shown(network) for network in offered if network.currency == asset]
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
                "depositAllEnable": bool(networks),
                "withdrawAllEnable": bool(networks),
                "networkList": networks,
            }
        )
    return found


@spot("get", "/sapi/v1/asset/tradeFee", "Rates of symbols", permission=READING)
async def trade_fee(asked: Asked) -> list[dict[str, Any]]:
    one = asked.optional_symbol()
    symbols = [one] if one is not None else every_symbol(asked.views)
    found: list[dict[str, Any]] = []
    for symbol in symbols:
        maker, taker = rates(asked, symbol)
        found.append({"symbol": symbol_name(symbol.symbol), "makerCommission": rate(maker), "takerCommission": rate(taker)})
    return found


@spot("get", "/sapi/v1/account/apiRestrictions", "What the key may do", permission=READING)
async def key_restrictions(asked: Asked) -> dict[str, Any]:
    key, _ = await known_key(asked.gateway, asked.key_id)
    return {
        "ipRestrict": bool(key.ip_list),
        "enableReading": Scope.READ in key.scopes,
        "enableSpotAndMarginTrading": Scope.TRADE in key.scopes,
        "enableWithdrawals": Scope.WITHDRAW in key.scopes,
        **dict.fromkeys(_OTHER_MARKETS, False),
    }
