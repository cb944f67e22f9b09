"""Orders in Binance's words: placed, found, cancelled, replaced, and refused with the texts that clients match."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from engine_container.gateway.binance.exchange_info import ALGO_ORDERS_MAX, ORDER_LISTS_MAX
from tests.unit.gateway.binance.conftest import Spot

Trade = Callable[..., None]
ORDER: Final[dict[str, Any]] = {"symbol": "BTCTRY", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "1000"}


def test_an_order_is_placed_found_and_cancelled(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        placed = await s.place(quantity="1", price="1000.00", newClientOrderId="mine")
        assert (placed["status"], placed["origQty"], placed["clientOrderId"]) == ("NEW", "1.00000000", "mine")
        assert placed["fills"] == []
        by_number = await s.must("GET", "/api/v3/order", symbol="BTCTRY", orderId=placed["orderId"])
        assert by_number == await s.must("GET", "/api/v3/order", symbol="BTCTRY", origClientOrderId="mine")
        assert (by_number["isWorking"], by_number["price"]) == (True, "1000.00000000")
        assert await s.must("GET", "/api/v3/openOrders", symbol="BTCTRY") == [by_number]
        account = await s.must("GET", "/api/v3/account", omitZeroBalances="true")
        assert {row["asset"]: row["locked"] for row in account["balances"]} == {"BTC": "0.00000000", "TRY": "1001.00000000"}
        gone = await s.must("DELETE", "/api/v3/order", symbol="BTCTRY", orderId=placed["orderId"])
        assert (gone["status"], gone["origClientOrderId"]) == ("CANCELED", "mine")
        again = await s.refused("DELETE", "/api/v3/order", symbol="BTCTRY", orderId=placed["orderId"])
        assert again == (400, -2011, "Unknown order sent.")
        listed = await s.must("GET", "/api/v3/allOrders", symbol="BTCTRY")
        assert [order["status"] for order in listed] == ["CANCELED"]

    trade(scenario)


def test_a_trade_is_in_the_answer_in_both_accounts_and_in_public(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        await s.place("SELL", quantity="2", price="1000", key="bob")
        bought = await s.place("BUY", "MARKET", quoteOrderQty="500.5")  # with the fee
        assert (bought["status"], bought["executedQty"], bought["cummulativeQuoteQty"]) == ("FILLED", "0.50000000", "500.00000000")
        (fill,) = bought["fills"]
        assert (fill["commission"], fill["commissionAsset"]) == ("0.50000000", "TRY")
        (own,) = await s.must("GET", "/api/v3/myTrades", symbol="BTCTRY")
        assert (own["id"], own["orderId"], own["isBuyer"], own["isMaker"]) == (fill["tradeId"], bought["orderId"], True, False)
        (theirs,) = await s.must("GET", "/api/v3/myTrades", symbol="BTCTRY", key="bob")
        assert (theirs["isBuyer"], theirs["isMaker"], theirs["commission"]) == (False, True, "0.25000000")
        assert await s.must("GET", "/api/v3/myTrades", symbol="BTCTRY", orderId=bought["orderId"]) == [own]
        (public,) = await s.get("/api/v3/trades", symbol="BTCTRY")
        assert (public["id"], public["isBuyerMaker"]) == (fill["tradeId"], False)
        (together,) = await s.get("/api/v3/aggTrades", symbol="BTCTRY", fromId=fill["tradeId"])
        assert (together["f"], together["l"], together["q"]) == (fill["tradeId"], fill["tradeId"], "0.50000000")

    trade(scenario)


WRONG: Final[list[tuple[dict[str, str], int, str]]] = [
    ({"symbol": "BTCUSD"}, -1121, "Invalid symbol."),
    ({"symbol": "BTC/TRY"}, -1121, "Invalid symbol."),
    ({"side": "HOLD"}, -1117, "Invalid side."),
    ({"type": "BRACKET"}, -1116, "Invalid orderType."),
    ({"timeInForce": "GTD"}, -1115, "Invalid timeInForce."),
    ({"quantity": "0.123456789"}, -1111, "Parameter 'quantity' has too much precision."),
    ({"quantity": "0.00001"}, -1013, "Filter failure: LOT_SIZE"),
    ({"quantity": "-1"}, -1100, r"Illegal characters found in parameter 'quantity'; legal range is '^([0-9]{1,20})(\.[0-9]{1,20})?$'."),
    ({"quantity": ""}, -1102, "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed."),
    ({"price": "1000.001"}, -1013, "Filter failure: PRICE_FILTER"),
    ({"price": "0"}, -1013, "Filter failure: PRICE_FILTER"),
    ({"quantity": "0.001"}, -1013, "Filter failure: NOTIONAL"),
    ({"quantity": "9", "price": "105000"}, -2010, "Account has insufficient balance for requested action."),
    (
        {"newClientOrderId": "two words"},
        -1100,
        "Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'.",
    ),
    ({"stopPrice": "900"}, -1106, "Parameter 'stopPrice' sent when not required."),
    ({"icebergQty": "0.001"}, -1013, "Filter failure: ICEBERG_PARTS"),
    ({"type": "MARKET", "timeInForce": "GTC"}, -1106, "Parameter 'timeInForce' sent when not required."),
    ({"type": "STOP_LOSS_LIMIT"}, -1102, "Mandatory parameter 'stopPrice' was not sent, was empty/null, or malformed."),
]


def test_what_is_wrong_with_an_order_is_said_and_nothing_is_placed(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        for changes, code, text in WRONG:
            assert await s.refused("POST", "/api/v3/order", **{**ORDER, **changes}) == (400, code, text), changes
        assert await s.must("GET", "/api/v3/openOrders") == []
        assert await s.must("GET", "/api/v3/allOrders", symbol="BTCTRY") == []
        account = await s.must("GET", "/api/v3/account")
        assert {row["locked"] for row in account["balances"]} == {"0.00000000"}

    trade(scenario)


def test_the_same_order_again_is_the_same_order_and_another_one_is_a_duplicate(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        first = await s.must("POST", "/api/v3/order", **ORDER, newClientOrderId="once")
        assert (await s.must("POST", "/api/v3/order", **ORDER, newClientOrderId="once"))["orderId"] == first["orderId"]
        other = await s.refused("POST", "/api/v3/order", **{**ORDER, "price": "999"}, newClientOrderId="once")
        assert other == (400, -2010, "Duplicate order sent.")

    trade(scenario)


def test_orders_that_must_not_or_cannot_trade(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        await s.place("SELL", quantity="1", price="1000", key="bob")
        crossing = await s.refused("POST", "/api/v3/order", symbol="BTCTRY", side="BUY", type="LIMIT_MAKER", quantity="1", price="1000")
        assert crossing == (400, -2010, "Order would immediately match and take.")
        unfilled = await s.place(quantity="5", price="1000", timeInForce="FOK")
        assert (unfilled["status"], unfilled["executedQty"]) == ("EXPIRED", "0.00000000")
        partly = await s.place(quantity="3", price="1000", timeInForce="IOC")
        assert (partly["status"], partly["executedQty"]) == ("EXPIRED", "1.00000000")
        empty = await s.place("BUY", "MARKET", quantity="1")
        assert empty["status"] == "EXPIRED"
        passed = await s.refused("POST", "/api/v3/order", symbol="BTCTRY", side="BUY", type="STOP_LOSS", quantity="1", stopPrice="990")
        assert passed == (400, -2010, "Stop price would trigger immediately.")
        waiting = await s.place("SELL", "STOP_LOSS_LIMIT", quantity="1", price="900", stopPrice="950", timeInForce="GTC")
        found = await s.must("GET", "/api/v3/order", symbol="BTCTRY", orderId=waiting["orderId"])
        assert (found["status"], found["isWorking"], found["workingTime"], found["stopPrice"]) == ("NEW", False, -1, "950.00000000")

    trade(scenario)


def test_a_purchase_for_all_that_is_there_leaves_room_for_its_fee(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        await s.place("SELL", quantity="90", price="10000", key="bob")
        bought = await s.place("BUY", "MARKET", quoteOrderQty="900000")
        assert (bought["status"], bought["executedQty"]) == ("FILLED", "89.91000000")
        left = {row["asset"]: row["free"] for row in (await s.must("GET", "/api/v3/account"))["balances"]}["TRY"]
        assert left == "0.90000000"

    trade(scenario)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("STOP_LOSS", {}),
        ("STOP_LOSS_LIMIT", {"price": "900", "timeInForce": "GTC"}),
        ("TAKE_PROFIT", {}),
        ("TAKE_PROFIT_LIMIT", {"price": "900", "timeInForce": "GTC", "icebergQty": "0.1"}),
    ],
)
def test_every_type_with_a_trigger_can_follow_the_price(trade: Trade, kind: str, more: dict[str, str]) -> None:
    async def scenario(s: Spot) -> None:
        await s.place("SELL", quantity="1", price="1000", key="bob")
        await s.place(quantity="0.5", price="1000")
        for activation in ({}, {"stopPrice": "950"}, {"stopPrice": "1050"}):  # reached or not: the order begins to follow there
            placed = await s.place("SELL", kind, quantity="1", trailingDelta="100", newOrderRespType="RESULT", **more, **activation)
            assert (placed["type"], placed["trailingDelta"], placed["status"]) == (kind, 100, "NEW")
            found = await s.must("GET", "/api/v3/order", symbol="BTCTRY", orderId=placed["orderId"])
            assert (found["type"], found["isWorking"]) == (kind, False)
        wide = await s.refused(
            "POST", "/api/v3/order", symbol="BTCTRY", side="SELL", type=kind, quantity="1", trailingDelta="10000", **more
        )
        assert wide == (400, -1013, "Filter failure: TRAILING_DELTA")

    trade(scenario)


def test_a_reached_stop_is_refused_alone_in_a_list_in_a_replacement_and_in_a_test(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        refused = (400, -2010, "Stop price would trigger immediately.")
        await s.place("SELL", quantity="1", price="1000", key="bob")
        await s.place(quantity="0.5", price="1000")
        stop: dict[str, Any] = {"symbol": "BTCTRY", "side": "SELL", "quantity": "1"}
        for kind, price in (("STOP_LOSS", "1000"), ("TAKE_PROFIT", "1000")):
            for path in ("/api/v3/order", "/api/v3/order/test"):
                assert await s.refused("POST", path, **stop, type=kind, stopPrice=price) == refused
        legs = {"aboveType": "LIMIT_MAKER", "abovePrice": "1050", "belowType": "STOP_LOSS", "belowStopPrice": "1001"}
        assert await s.refused("POST", "/api/v3/orderList/oco", **stop, **legs) == refused
        resting = await s.place("SELL", quantity="1", price="1050")
        instead = {"type": "STOP_LOSS", "stopPrice": "1001", "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": resting["orderId"]}
        answer = await s.signed("POST", "/api/v3/order/cancelReplace", **stop, **instead)
        assert (answer.status_code, answer.json()["code"]) == (409, -2021)
        assert answer.json()["data"]["newOrderResponse"] == {"code": -2010, "msg": refused[2]}
        assert await s.must("GET", "/api/v3/openOrders") == []

    trade(scenario)


def test_cancel_replace_in_both_modes(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        path = "/api/v3/order/cancelReplace"
        new: dict[str, Any] = {**ORDER, "price": "990"}
        first = await s.place(quantity="1", price="1000")
        both = await s.must("POST", path, **new, cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=first["orderId"])
        assert (both["cancelResult"], both["newOrderResult"]) == ("SUCCESS", "SUCCESS")
        assert (both["cancelResponse"]["status"], both["newOrderResponse"]["price"]) == ("CANCELED", "990.00000000")
        gone = await s.signed("POST", path, **new, cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=first["orderId"])
        assert (gone.status_code, gone.json()["code"]) == (400, -2022)
        assert gone.json()["data"]["cancelResponse"] == {"code": -2011, "msg": "Unknown order sent."}
        partly = await s.signed("POST", path, **new, cancelReplaceMode="ALLOW_FAILURE", cancelOrderId=first["orderId"])
        assert (partly.status_code, partly.json()["code"]) == (409, -2021)
        assert partly.json()["data"]["newOrderResponse"]["status"] == "NEW"
        assert len(await s.must("GET", "/api/v3/openOrders", symbol="BTCTRY")) == 2
        before = len(s.core.log.records)
        second = partly.json()["data"]["newOrderResponse"]
        swapped = await s.must("POST", path, **new, cancelReplaceMode="ALLOW_FAILURE", cancelOrderId=second["orderId"])
        assert (swapped["cancelResponse"]["status"], swapped["newOrderResponse"]["status"]) == ("CANCELED", "NEW")
        assert len(s.core.log.records) == before + 1, "nothing comes between the two"
        ended = await s.must("DELETE", "/api/v3/openOrders", symbol="BTCTRY")
        assert [order["status"] for order in ended] == ["CANCELED", "CANCELED"]
        nothing = await s.refused("DELETE", "/api/v3/openOrders", symbol="BTCTRY")
        assert nothing == (400, -2011, "Unknown order sent.")

    trade(scenario)


def test_less_of_an_order_keeps_its_place(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        path = "/api/v3/order/amend/keepPriority"
        order = await s.place(quantity="2", price="1000")
        amended = await s.must("PUT", path, symbol="BTCTRY", orderId=order["orderId"], newQty="1.5")
        assert (amended["amendedOrder"]["origQty"], amended["amendedOrder"]["status"]) == ("1.50000000", "NEW")
        for wrong in ("3", "1.5"):
            more = await s.refused("PUT", path, symbol="BTCTRY", orderId=order["orderId"], newQty=wrong)
            assert more[1] == -2038
        await s.place("SELL", quantity="1", price="1000", key="bob")
        less = await s.must("PUT", path, symbol="BTCTRY", orderId=order["orderId"], newQty="1.2")
        amended = less["amendedOrder"]
        assert (amended["origQty"], amended["executedQty"], amended["status"]) == ("1.20000000", "1.00000000", "PARTIALLY_FILLED")
        assert (await s.refused("PUT", path, symbol="BTCTRY", orderId=order["orderId"], newQty="1"))[1] == -2038

    trade(scenario)


def test_an_order_list_is_placed_found_and_ends_whole(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        await s.place("SELL", quantity="1", price="1000", key="bob")
        await s.place("BUY", quantity="0.5", price="1000")
        legs: dict[str, Any] = {
            "aboveType": "LIMIT_MAKER",
            "abovePrice": "1050",
            "belowType": "STOP_LOSS_LIMIT",
            "belowPrice": "950",
            "belowStopPrice": "960",
            "belowTimeInForce": "GTC",
        }
        pair = await s.must("POST", "/api/v3/orderList/oco", symbol="BTCTRY", side="SELL", quantity="1", **legs)
        assert (pair["contingencyType"], pair["listOrderStatus"], len(pair["orderReports"])) == ("OCO", "EXECUTING", 2)
        assert pair["orderListId"] == pair["orders"][0]["orderId"]
        found = await s.must("GET", "/api/v3/orderList", orderListId=pair["orderListId"])
        assert found["orders"] == pair["orders"]
        assert [row["orderListId"] for row in await s.must("GET", "/api/v3/openOrderList")] == [pair["orderListId"]]
        ended = await s.must("DELETE", "/api/v3/orderList", symbol="BTCTRY", orderListId=pair["orderListId"])
        assert (ended["listOrderStatus"], {report["status"] for report in ended["orderReports"]}) == ("ALL_DONE", {"CANCELED", "EXPIRED"})
        old: dict[str, Any] = {"price": "1060", "stopPrice": "940", "stopLimitPrice": "930", "stopLimitTimeInForce": "GTC"}
        assert (await s.must("POST", "/api/v3/order/oco", symbol="BTCTRY", side="SELL", quantity="1", **old))["orderListId"] > 0

    trade(scenario)


def test_a_test_order_is_looked_at_and_not_placed(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        assert await s.must("POST", "/api/v3/order/test", **ORDER) == {}
        assert (await s.refused("POST", "/api/v3/order/test", **{**ORDER, "side": "X"}))[1] == -1117
        assert await s.must("GET", "/api/v3/openOrders") == []

    trade(scenario)


def test_orders_of_others_do_not_exist(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        order = await s.place(quantity="1", price="1000", key="bob")
        query = await s.refused("GET", "/api/v3/order", symbol="BTCTRY", orderId=order["orderId"])
        assert query == (400, -2013, "Order does not exist.")
        cancel = await s.refused("DELETE", "/api/v3/order", symbol="BTCTRY", orderId=order["orderId"])
        assert cancel == (400, -2011, "Unknown order sent.")
        assert len(await s.must("GET", "/api/v3/openOrders", key="bob")) == 1

    trade(scenario)


def test_as_many_orders_wait_for_a_price_as_the_filters_say(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        await s.place("SELL", quantity="1", price="1000", key="bob")
        await s.place("BUY", quantity="1", price="1000")
        stop: dict[str, Any] = {"symbol": "BTCTRY", "side": "SELL", "type": "STOP_LOSS", "quantity": "0.1"}
        for number in range(ALGO_ORDERS_MAX):
            await s.must("POST", "/api/v3/order", **stop, stopPrice=f"{900 + number}", newClientOrderId=f"stop-{number}")
        for path in ("/api/v3/order", "/api/v3/order/test"):
            assert await s.refused("POST", path, **stop, stopPrice="950") == (400, -1013, "Filter failure: MAX_NUM_ALGO_ORDERS")
        again = await s.must("POST", "/api/v3/order", **stop, stopPrice="900", newClientOrderId="stop-0")
        assert again["clientOrderId"] == "stop-0", "the same order once more is no more of them"
        other = await s.refused("POST", "/api/v3/order", **{**stop, "symbol": "ETHTRY"}, stopPrice="950")
        assert other[1:] == (-2010, "Account has insufficient balance for requested action."), "each symbol is counted by itself"
        await s.must("DELETE", "/api/v3/openOrders", symbol="BTCTRY")
        legs = {"aboveType": "LIMIT_MAKER", "abovePrice": "1050", "belowType": "STOP_LOSS", "belowStopPrice": "960"}
        pair: dict[str, Any] = {"symbol": "BTCTRY", "side": "SELL", "quantity": "0.1", **legs}
        for _ in range(ORDER_LISTS_MAX):
            await s.must("POST", "/api/v3/orderList/oco", **pair)
        assert await s.refused("POST", "/api/v3/orderList/oco", **pair) == (400, -1013, "Filter failure: MAX_NUM_ORDER_LISTS")
        for wrong in ({"aboveIcebergQty": "0.0005"}, {"aboveIcebergQty": "0.2"}):
            assert await s.refused("POST", "/api/v3/orderList/oco", **pair, **wrong) == (400, -1013, "Filter failure: ICEBERG_PARTS")
        await s.must("DELETE", "/api/v3/openOrders", symbol="BTCTRY")
        old = {"price": "1060", "stopPrice": "940", "limitIcebergQty": "0.05"}
        placed = await s.must("POST", "/api/v3/order/oco", symbol="BTCTRY", side="SELL", quantity="0.1", **old)
        assert {report.get("icebergQty") for report in placed["orderReports"]} == {None, "0.05000000"}

    trade(scenario)


def test_what_happens_when_an_account_meets_itself_can_be_chosen(trade: Trade) -> None:
    async def scenario(s: Spot) -> None:
        met, waits = "EXPIRED_IN_MATCH", "NEW"
        for mode, taken, resting in (("EXPIRE_TAKER", met, waits), ("EXPIRE_MAKER", waits, met), ("EXPIRE_BOTH", met, met)):
            own = await s.place("SELL", quantity="1", price="1000")
            other = await s.place("BUY", quantity="1", price="1000", selfTradePreventionMode=mode)
            assert (other["selfTradePreventionMode"], other["status"]) == (mode, taken), mode
            found = await s.must("GET", "/api/v3/order", symbol="BTCTRY", orderId=own["orderId"])
            assert (found["status"], found["executedQty"]) == (resting, "0.00000000"), mode
            await s.signed("DELETE", "/api/v3/openOrders", symbol="BTCTRY")
        await s.place("SELL", quantity="1", price="1000")
        default = await s.place("BUY", quantity="1", price="1000")
        assert (default["selfTradePreventionMode"], default["status"]) == ("EXPIRE_TAKER", met)
        none = {**ORDER, "price": "900"}
        market_makers = await s.refused("POST", "/api/v3/order", **none, selfTradePreventionMode="NONE")
        assert market_makers == (400, -1128, "Combination of optional parameters invalid.")
        assert (await s.refused("POST", "/api/v3/order", **none, selfTradePreventionMode="CANCEL_TAKER"))[1] == -1130
        assert await s.must("GET", "/api/v3/myTrades", symbol="BTCTRY") == []

    trade(scenario)
