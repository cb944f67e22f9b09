"""Orders through the front door: amending, batches, cancelling all, paging, and what others may see of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Api, ApiError, Trader
from mycrypto_local.running import Running

SYMBOL = "ETH/TRY"
FIRST_PRICE = Decimal(1500)
"""Of a market without a trade."""


def with_seller(platform: Running, play: Callable[[Trader, Exchange], Awaitable[None]]) -> None:
    """Run a story with a fresh user who has ten ETH."""

    async def run() -> None:
        async with Api(platform.base_url) as api:
            exchange = Exchange(api, platform.webhooks)
            seller = await exchange.new_trader("seller")
            await exchange.deposit_crypto(seller, "ETH", "10")
            await exchange.wait_until_tradable(seller, "ETH", Decimal(10))
            await play(seller, exchange)

    asyncio.run(run())


def offer(price: str, quantity: str = "1", **more: object) -> dict[str, object]:
    return {"symbol": SYMBOL, "side": "SELL", "type": "LIMIT", "quantity": quantity, "price": price, **more}


async def quiet_price(seller: Trader) -> Decimal:
    """The last price, or what bids more: offers somewhat above it lie within the band and rest, whatever was traded here before."""
    ticker = await seller.call("GET", "/api/v1/markets/ETHTRY/ticker")
    book = await seller.call("GET", "/api/v1/orderbook/ETHTRY", query={"depth": 1})
    last = Decimal(ticker["last_price"]) if ticker.get("last_price") else FIRST_PRICE
    return max([last, *(Decimal(price) for price, *_ in book["bids"])])


def test_an_order_is_amended_and_its_lock_follows(platform: Running) -> None:
    async def play(seller: Trader, _exchange: Exchange) -> None:
        placed = await seller.place(**offer("1500.00", "2"))
        path = f"/api/v1/orders/{placed['order']['id']}"
        smaller = await seller.call("PATCH", path, {"remaining_quantity": "0.5"})
        assert (smaller["remaining_quantity"], smaller["status"]) == ("0.5", "OPEN")
        assert (await seller.trading_balance("ETH"))["locked"] == "0.5"
        dearer = await seller.call("PATCH", path, {"price": "1510.00"})
        assert dearer["price"] == "1510"
        for body in ({}, {"remaining_quantity": "0"}, {"price": "1.001"}, {"remaining_quantity": "11"}):
            with pytest.raises(ApiError) as refused:
                await seller.call("PATCH", path, body)
            assert refused.value.status == 400
        await seller.cancel(placed["order"]["id"])
        with pytest.raises(ApiError, match="ORDER_004"):
            await seller.call("PATCH", path, {"price": "1520.00"})

    with_seller(platform, play)


def test_a_batch_is_judged_item_by_item_and_cancelled_at_once(platform: Running) -> None:
    async def play(seller: Trader, _exchange: Exchange) -> None:
        orders = [offer(f"15{number}0.00") for number in range(5)] + [offer("1500.001"), offer("1500.00", "100")]
        answer = await seller.call("POST", "/api/v1/orders/batch", {"orders": orders})
        assert [item["status"] for item in answer["results"]] == [201] * 5 + [400, 400]
        assert [item["error"]["code"] for item in answer["results"][5:]] == ["ORDER_002", "WALLET_001"]
        assert (await seller.trading_balance("ETH"))["locked"] == "5"
        gone = await seller.call("DELETE", "/api/v1/orders", query={"symbol": "ethtry"})
        assert gone["cancelled"] == 5
        assert (await seller.trading_balance("ETH"))["locked"] == "0"

    with_seller(platform, play)


def test_orders_are_listed_page_by_page_and_only_to_their_owner(platform: Running) -> None:
    async def play(seller: Trader, exchange: Exchange) -> None:
        placed = [(await seller.place(**offer(f"16{number}0.00")))["order"]["id"] for number in range(5)]
        seen: list[str] = []
        query: dict[str, str | int] = {"symbol": SYMBOL, "limit": 2}
        while True:
            page = await seller.call("GET", "/api/v1/orders", query=query)
            seen += [order["id"] for order in page["data"]]
            if not page["pagination"]["has_next"]:
                break
            query["cursor"] = page["pagination"]["next_cursor"]
        assert seen == placed[::-1]
        stranger = await exchange.new_trader("stranger")
        with pytest.raises(ApiError) as refused:
            await stranger.call("GET", f"/api/v1/orders/{placed[0]}")
        assert refused.value.status in {403, 404}
        assert (await stranger.call("GET", "/api/v1/orders"))["data"] == []
        await seller.call("DELETE", "/api/v1/orders")

    with_seller(platform, play)


def test_pairs_and_replacements_over_the_front_door_are_linked_and_come_again_as_they_were(platform: Running) -> None:
    async def play(seller: Trader, _exchange: Exchange) -> None:
        quiet = await quiet_price(seller)
        dearest, stop, first_price, second_price = (f"{quiet * percent / 100:.2f}" for percent in (106, 60, 103, 105))
        legs = [{"type": "LIMIT", "price": dearest}, {"type": "STOP", "stop_price": stop}]
        body = {"symbol": SYMBOL, "side": "SELL", "quantity": "2", "orders": legs, "list_client_order_id": "pair"}
        pair = await seller.call("POST", "/api/v1/orders/oco", body)
        first, second = pair["orders"]
        assert (first["oco"]["sibling_id"], second["oco"]["sibling_id"]) == (second["id"], first["id"])
        assert (await seller.trading_balance("ETH"))["locked"] == "2", "one lock for both"
        assert await seller.call("POST", "/api/v1/orders/oco", body) == pair | {"duplicate": True}
        old = (await seller.place(**offer(first_price)))["order"]
        new = {"side": "SELL", "type": "LIMIT", "quantity": "8", "price": second_price, "client_order_id": "new"}
        replaced = await seller.call("POST", f"/api/v1/orders/{old['id']}/replace", new)
        assert (replaced["cancelled"]["reason"], replaced["order"]["status"], replaced["order"]["replaces"]) == (
            "REPLACED",
            "OPEN",
            old["id"],
        )
        assert await seller.call("POST", f"/api/v1/orders/{old['id']}/replace", new) == replaced | {"duplicate": True}
        gone = await seller.call("DELETE", f"/api/v1/orders/oco/{pair['list_id']}")
        assert [order["reason"] for order in gone["orders"]] == ["USER", "OCO"]
        assert (await seller.trading_balance("ETH"))["locked"] == "8"

    with_seller(platform, play)


def test_a_refusal_comes_again_as_a_refusal(platform: Running) -> None:
    async def play(seller: Trader, _exchange: Exchange) -> None:
        for _ in range(2):
            with pytest.raises(ApiError, match="WALLET_001") as refused:
                await seller.place(**offer("1500.00", "11", client_order_id="dear"))
            assert refused.value.status == 400

    with_seller(platform, play)
