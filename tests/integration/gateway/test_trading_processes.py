"""Orders through real processes: matched, cancelled, found again, and nothing lost or doubled when a process is killed."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import redis
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord

from engine_container.publisher.envelopes import ORDER_TOPIC, TRADE_TOPIC, EnvelopeMaker
from engine_container.publisher.topics import partition_of
from engine_container.views.projection import Projection
from mycrypto.contracts.events import decode_record
from mycrypto.money import parse_amount
from tests.integration.gateway.conftest import Trading
from tests.waiting import wait_until


def balances(trading: Trading, user: UUID) -> dict[str, tuple[str, str]]:
    rows = trading.call("GET", "/api/v1/account/balances", user=user).json()["data"]
    return {row["asset"]: (row["available"], row["locked"]) for row in rows}


def records(bootstrap: str, topic: str, partition_count: int) -> list[ConsumerRecord]:
    """Every record of a topic, each partition in its order."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest", consumer_timeout_ms=500)
    partitions = [TopicPartition(topic, number) for number in range(partition_count)]
    consumer.assign(partitions)
    consumer.seek_to_beginning(*partitions)
    found = list(consumer)
    consumer.close()
    return found


def published(bootstrap: str, topic: str) -> list[dict[str, Any]]:
    """Every envelope on a public topic."""
    return [json.loads(record.value) for record in records(bootstrap, topic, 12)]


def wait_for_envelopes(trading: Trading, topic: str, wanted: set[str], field: str) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 30
    while True:
        found = [envelope for envelope in published(trading.bootstrap, topic) if envelope["payload"].get(field) in wanted]
        if {envelope["payload"][field] for envelope in found} == wanted:
            return found
        assert time.monotonic() < deadline, f"{len(found)} of {len(wanted)} on {topic}"


def test_two_traders_meet_and_everybody_sees_it(trading: Trading, valkey: str) -> None:
    seller, buyer = trading.user(BTC="1"), trading.user(USDT="50000")
    placed = trading.limit(seller, "SELL", "0.5", "40000")
    assert placed.status_code == 201, placed.text
    assert balances(trading, seller) == {"BTC": ("0.5", "0.5")}
    book = trading.call("GET", "/api/v1/orderbook/BTCUSDT").json()
    assert book["asks"] == [["40000", "0.5", 1]]
    bought = trading.limit(buyer, "BUY", "0.2", "41000").json()
    assert (bought["order"]["status"], bought["order"]["average_price"]) == ("FILLED", "40000")
    assert [(trade["price"], trade["quantity"], trade["fee"], trade["is_maker"]) for trade in bought["trades"]] == [
        ("40000", "0.2", "8", False)
    ]
    assert balances(trading, buyer) == {"BTC": ("0.2", "0"), "USDT": ("41992", "0")}
    maker = trading.call("GET", f"/api/v1/orders/{placed.json()['order']['id']}", user=seller).json()
    assert (maker["status"], maker["filled_quantity"], [fill["is_maker"] for fill in maker["fills"]]) == ("PARTIALLY_FILLED", "0.2", [True])
    assert trading.call("GET", "/api/v1/trades?symbol=BTC-USDT&limit=1").json()["data"][0]["price"] == "40000"
    assert trading.call("GET", "/api/v1/markets/BTCUSDT/ticker").json()["last_price"] == "40000"
    own = trading.call("GET", "/api/v1/account/trades", user=buyer).json()["data"]
    assert [(row["side"], row["order_id"]) for row in own] == [("BUY", bought["order"]["id"])]
    public = trading.call("GET", f"/api/v1/trades/{own[0]['id']}").json()
    assert str(seller) not in json.dumps([public, own, bought])
    cancelled = trading.call("DELETE", f"/api/v1/orders/{placed.json()['order']['id']}", user=seller).json()
    assert (cancelled["status"], cancelled["filled_quantity"]) == ("CANCELLED", "0.2")
    trades = wait_for_envelopes(trading, "trade-events", {own[0]["id"]}, "trade_id")
    assert len(trades) == 1
    cache = redis.Redis.from_url(valkey)
    wait_until(lambda: json.loads(cache.get("ticker:BTCUSDT") or b"{}").get("last_price") == "40000")
    assert cache.pttl("ticker:BTCUSDT") <= 1_000
    cache.close()


def test_the_fills_of_one_order_have_pages_too(trading: Trading) -> None:
    seller, buyer = trading.user(BTC="1"), trading.user(USDT="50000")
    ask = trading.limit(seller, "SELL", "0.5", "39000").json()["order"]["id"]
    for _ in range(5):
        assert trading.limit(buyer, "BUY", "0.01", "39000").json()["order"]["status"] == "FILLED"
    found: list[str] = []
    cursor = ""
    for rows in (2, 2, 1):
        page = trading.call("GET", f"/api/v1/account/trades?order_id={ask}&limit=2{cursor}", user=seller).json()
        assert len(page["data"]) == rows
        assert page["pagination"]["has_next"] is (page["pagination"]["next_cursor"] is not None) is (rows == 2)
        found += [fill["id"] for fill in page["data"]]
        cursor = f"&cursor={page['pagination']['next_cursor']}"
    whole = trading.call("GET", f"/api/v1/orders/{ask}", user=seller).json()["fills"]
    assert found == [fill["id"] for fill in reversed(whole)]
    trading.call("DELETE", "/api/v1/orders", user=seller)


def test_refusals_carry_their_figures(trading: Trading) -> None:
    poor = trading.user(USDT="100")
    answer = trading.limit(poor, "BUY", "1", "40000")
    assert answer.status_code == 400
    problem = answer.json()
    assert (problem["code"], problem["available"], problem["required"], problem["asset"]) == ("WALLET_001", "100", "40040", "USDT")
    tiny = trading.limit(poor, "BUY", "0.0001", "40000").json()
    assert (tiny["code"], tiny["required"]) == ("MIN_NOTIONAL", "10")
    assert trading.limit(poor, "BUY", "0.00015", "40000").json()["code"] == "INVALID_QUANTITY"
    assert trading.limit(poor, "BUY", "0.001", "40000.001").json()["code"] == "ORDER_002"
    market = {"symbol": "BTC/USDT", "side": "BUY", "type": "MARKET", "quantity": "0.01"}
    assert trading.call("POST", "/api/v1/orders", market, user=poor).status_code in {400, 409}


def test_a_client_order_id_is_one_order(trading: Trading) -> None:
    trader = trading.user(USDT="10000")
    first = trading.limit(trader, "BUY", "0.01", "30000", client_order_id="once")
    again = trading.limit(trader, "BUY", "0.01", "30000", client_order_id="once")
    other = trading.limit(trader, "BUY", "0.02", "30000", client_order_id="once")
    assert again.json()["order"]["id"] == first.json()["order"]["id"]
    assert again.json()["duplicate"] is True
    assert (other.status_code, other.json()["code"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert trading.call("DELETE", "/api/v1/orders", user=trader).json()["cancelled"] == 1


def test_killing_every_process_loses_and_doubles_nothing(trading: Trading) -> None:
    traders = [trading.user(USDT="100000", BTC="10") for _ in range(3)]

    def place(number: int) -> str:
        """Places one order as a careful client does: the same client_order_id until it is answered."""
        name = f"k-{uuid4()}"
        side = "BUY" if number % 2 else "SELL"
        for _ in range(200):
            try:
                answer = trading.limit(traders[number % 3], side, "0.01", str(40_000 + number % 7), client_order_id=name)
            except Exception:  # noqa: BLE001 - whatever breaks while the gateway is down, try again
                time.sleep(0.1)
                continue
            if answer.status_code == 201:
                return str(answer.json()["order"]["id"])
            assert answer.status_code in {409, 503, 504}, answer.text
            if answer.status_code == 409:
                return ""
            time.sleep(0.1)
        raise AssertionError("no answer")

    with ThreadPoolExecutor(8) as pool:
        placed = [pool.submit(place, number) for number in range(120)]
        for process in (trading.publisher, trading.gateway, trading.engine, trading.publisher):
            time.sleep(0.4)
            process.kill()
            process.start()
        ids = [future.result() for future in placed]
    orders: dict[str, dict[str, Any]] = {}
    for trader in traders:
        cursor = ""
        while cursor is not None:
            page = trading.call("GET", f"/api/v1/orders?limit=100{f'&cursor={cursor}' if cursor else ''}", user=trader).json()
            orders |= {row["id"]: row for row in page["data"]}
            cursor = page["pagination"]["next_cursor"]
    accepted = {key for key, row in orders.items() if row["status"] != "REJECTED"}
    assert {found for found in ids if found} == accepted, "one order per client_order_id, and every acknowledged one is there"
    fills = {fill["id"]: fill for fill in both_sides(trading, traders)}
    assert fills
    envelopes = wait_for_envelopes(trading, "trade-events", set(fills), "trade_id")
    assert len({envelope["event_id"] for envelope in envelopes}) == len(fills)
    wait_for_envelopes(trading, "order-events", accepted, "order_id")
    held = dict.fromkeys(("BTC", "USDT"), 0)
    for trader in traders:
        for asset, parts in balances(trading, trader).items():
            held[asset] += sum(parse_amount(part) for part in parts)
    assert held["BTC"] == parse_amount("30")
    assert held["USDT"] + sum(parse_amount(fill["fee"]) for fill in both_sides(trading, traders)) == parse_amount("300000")


def test_the_public_topics_are_exactly_what_the_event_log_makes_of_them(trading: Trading) -> None:
    """After all the kills above, and one more under load: nothing missing, nothing twice, each partition in order."""
    traders = [trading.user(USDT="100000", BTC="10") for _ in range(2)]
    with ThreadPoolExecutor(4) as pool:
        placing = [
            pool.submit(trading.limit, traders[number % 2], ("BUY", "SELL")[number % 2], "0.01", str(40_000 + number % 3))
            for number in range(80)
        ]
        time.sleep(0.1)
        trading.publisher.kill()
        trading.publisher.start()
        for future in placing:
            future.result()
    log = records(trading.bootstrap, "engine-events", 1)
    maker = EnvelopeMaker(0)
    views = Projection(maker)
    for record in log:
        views.apply(decode_record(record.value))
    expected: dict[tuple[str, int], list[bytes]] = {}
    for message in maker.take():
        expected.setdefault((message.topic, partition_of(message.key)), []).append(message.value)
    assert sum(map(len, expected.values())) > 300
    deadline = time.monotonic() + 30
    while True:
        found: dict[tuple[str, int], list[bytes]] = {}
        for topic in (ORDER_TOPIC, TRADE_TOPIC):
            for record in records(trading.bootstrap, topic, 12):
                found.setdefault((topic, record.partition), []).append(record.value)
        if found == expected or time.monotonic() > deadline:
            break
    assert {place: len(values) for place, values in found.items()} == {place: len(values) for place, values in expected.items()}
    assert found == expected


def both_sides(trading: Trading, traders: list[UUID]) -> list[dict[str, Any]]:
    """Every trader's fills; a trade is two of them."""
    return [fill for trader in traders for fill in trading.call("GET", "/api/v1/account/trades?limit=500", user=trader).json()["data"]]


def test_a_gateway_begins_with_the_publishers_snapshot(trading: Trading) -> None:
    seller = trading.user(BTC="1")
    resting = trading.limit(seller, "SELL", "0.5", "47000").json()["order"]
    folder = trading.folder / "snapshots" / "views" / "shard-0"
    newest = max((path.name for path in folder.glob("*.snapshot")), default="")
    deadline = time.monotonic() + 30
    while max((path.name for path in folder.glob("*.snapshot")), default="") == newest:
        assert time.monotonic() < deadline, "no snapshot was saved"
        trading.limit(seller, "SELL", "0.0001", "48000")
        time.sleep(0.1)
    before = {path: trading.call("GET", path).json() for path in ("/api/v1/orderbook/BTCUSDT", "/api/v1/trades?symbol=BTCUSDT")}
    trading.gateway.kill()
    trading.gateway.start()
    assert "beginning with snapshot" in trading.gateway.log_text()
    assert {path: trading.call("GET", path).json() for path in before} == before
    shown = trading.call("GET", f"/api/v1/orders/{resting['id']}", user=seller).json()
    assert (shown["status"], shown["client_order_id"]) == ("OPEN", resting["client_order_id"])
