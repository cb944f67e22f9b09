"""API keys see own deposits, withdrawals and addresses through the Binance-compatible API, read from the wallet's tables by a role that only reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import msgspec
import pytest

from engine_container.gateway.binance.wallet import shown
from mycrypto import networks
from mycrypto.security import keys
from tests.unit.gateway.binance.conftest import ALICE, BOB, Scenario, Spot, spot, stored_key

if TYPE_CHECKING:
    from tests.integration.conftest import TestDatabase

NOW: Final = datetime.now(UTC).replace(microsecond=0)
DEPOSITS: Final = "/sapi/v1/capital/deposit/hisrec"
WITHDRAWALS: Final = "/sapi/v1/capital/withdraw/history"
ADDRESS: Final = "/sapi/v1/capital/deposit/address"
Read = Callable[[Scenario], None]


def fill(database: TestDatabase) -> None:
    """Alice has two deposits, two withdrawals and an address, Bob a deposit."""
    with database.connect() as admin:
        admin.execute("SET session_replication_role = replica")  # no users and bank accounts behind the rows
        for number, (user, currency, network, status, age) in enumerate(
            (
                (ALICE, "BTC", "BITCOIN", "CREDITED", 1),
                (ALICE, "USDT", "ERC20", "PENDING", 2),
                (BOB, "BTC", "BITCOIN", "CREDITED", 1),
                (ALICE, "BTC", "BITCOIN", "CREDITED", 120),
                (ALICE, "USDT", "TRC20", "PENDING", 150),
            )
        ):
            admin.execute(
                """INSERT INTO crypto_addresses (id, user_id, currency, network, address, coin_type, address_index, derivation_path, public_key, email, is_active)
                   VALUES (%s, %s, %s, %s, %s, 0, %s, 'm/0', 'k', 'a@example.com', %s)""",
                (uuid4(), user, currency, network, f"address-{number}", number, number != 3),
            )
            when = NOW - timedelta(days=age)
            admin.execute(
                """INSERT INTO blockchain_transactions (id, tx_hash, output_index, address, user_id, currency, network, chain_amount, amount, status,
                          confirmations, required_confirmations, created_at, credited_at, value_try)
                   VALUES (%s, %s, 0, %s, %s, %s, %s, 1.5, 1.5, %s, 7, 3, %s, %s, 0)""",
                (
                    uuid4(),
                    f"{number:064x}",
                    f"address-{number}",
                    user,
                    currency,
                    network,
                    status,
                    when,
                    when if status == "CREDITED" else None,
                ),
            )
        for status, age in (("COMPLETED", 3), ("PENDING", 1)):
            when = NOW - timedelta(days=age)
            done = when if status == "COMPLETED" else None
            admin.execute(
                """INSERT INTO withdrawals (id, user_id, kind, currency, amount, platform_fee, network_fee, destination, network, status,
                          requires_approval, email, payout_reference, confirmations, created_at, debited_at, completed_at, value_try)
                   VALUES (%s, %s, 'CRYPTO', 'BTC', 0.25, 0.0001, 0.0002, 'elsewhere', 'BITCOIN', %s, false, 'a@example.com', %s, 6, %s, %s, %s, 0)""",
                (uuid4(), ALICE, status, f"paid-{status}" if done else None, when, done, done),
            )


@pytest.fixture
def read(exchange: TestDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    monkeypatch.setattr("mycrypto.secrets.get", stored_key)
    stored = keys.generate("2026-01-01T00:00:00Z", bits=2048)
    signing = keys.signing_key({"keys": [msgspec.to_builtins(stored)]})
    key_file = tmp_path / "jwks.json"
    key_file.write_bytes(msgspec.json.encode(keys.publish({signing.kid: signing.public_key})))
    fill(exchange)

    def run(scenario: Scenario) -> None:
        async def all_of_it() -> None:
            async with spot(signing, key_file, wallet_database_url=exchange.dsn("wallet_readonly")) as found:
                await scenario(found)

        asyncio.run(all_of_it())

    return run


def stamp(when: datetime) -> int:
    return int(when.timestamp() * 1_000)


def test_own_deposits_are_told_newest_first(read: Read) -> None:
    async def scenario(s: Spot) -> None:
        found: list[dict[str, Any]] = await s.must("GET", DEPOSITS)
        assert [(row["coin"], row["status"], row["confirmTimes"]) for row in found] == [("BTC", 1, "3/3"), ("USDT", 0, "3/3")]
        assert found[0]["amount"] == "1.50000000"
        assert (found[0]["txId"], found[0]["network"], found[0]["address"]) == ("0" * 64, "BITCOIN", "address-0")
        assert (found[0]["insertTime"], found[0]["completeTime"]) == (stamp(NOW - timedelta(days=1)),) * 2
        assert found[1]["completeTime"] is None
        for narrowed, count in (
            ({"coin": "USDT"}, 1),
            ({"status": 1}, 1),
            ({"status": 2}, 0),
            ({"txId": "1".zfill(64)}, 1),
            ({"limit": 1}, 1),
        ):
            assert len(await s.must("GET", DEPOSITS, **narrowed)) == count, narrowed
        (second,) = await s.must("GET", DEPOSITS, offset=1)
        assert second == found[1]
        assert found[1]["network"] == "ERC20"
        old = {"startTime": stamp(NOW - timedelta(days=130)), "endTime": stamp(NOW - timedelta(days=110))}
        assert len(await s.must("GET", DEPOSITS, **old)) == 1

    read(scenario)


def test_own_withdrawals_are_told_newest_first(read: Read) -> None:
    async def scenario(s: Spot) -> None:
        waiting, done = await s.must("GET", WITHDRAWALS)
        assert (waiting["status"], waiting["txId"], "completeTime" in waiting) == (2, "", False)
        assert (done["status"], done["txId"], done["amount"], done["transactionFee"]) == (6, "paid-COMPLETED", "0.25000000", "0.00030000")
        assert done["completeTime"] == (NOW - timedelta(days=3)).strftime("%Y-%m-%d %H:%M:%S")
        assert len(await s.must("GET", WITHDRAWALS, status=6, coin="BTC")) == 1
        assert await s.must("GET", WITHDRAWALS, key="bob") == []

    read(scenario)


def test_an_address_is_told_and_none_is_made(read: Read, exchange: TestDatabase) -> None:
    async def scenario(s: Spot) -> None:
        assert await s.must("GET", ADDRESS, coin="BTC") == {"coin": "BTC", "address": "address-0", "tag": "", "url": ""}
        assert (await s.must("GET", ADDRESS, coin="USDT", network="ERC20"))["address"] == "address-1"
        assert (await s.must("GET", ADDRESS, coin="USDT"))["address"] == "address-1"
        assert (await s.must("GET", ADDRESS, coin="USDT", network="TRC20"))["address"] == "address-4"
        assert (await s.refused("GET", ADDRESS, coin="ETH"))[1] == -4001
        assert (await s.refused("GET", ADDRESS, coin="BTC", network="ERC20"))[1] == -1130
        assert (await s.refused("GET", ADDRESS, coin="TRY"))[1] == -1130
        assert (await s.refused("GET", ADDRESS))[1] == -1102

    read(scenario)
    assert exchange.connect().execute("SELECT count(*) FROM crypto_addresses").fetchone() == (5,)


def test_deposits_on_another_network_are_told_with_it(read: Read) -> None:
    async def scenario(s: Spot) -> None:
        (row,) = await s.must("GET", DEPOSITS, startTime=stamp(NOW - timedelta(days=160)), endTime=stamp(NOW - timedelta(days=140)))
        assert (row["coin"], row["network"], row["address"]) == ("USDT", "TRC20", "address-4")

    read(scenario)


def test_the_networks_are_those_that_the_wallet_offers(read: Read, exchange: TestDatabase) -> None:
    async def listed(s: Spot) -> dict[str, list[tuple[str, bool, str, str, int]]]:
        coins: list[dict[str, Any]] = await s.must("GET", "/sapi/v1/capital/config/getall")
        for coin in coins:
            assert coin["depositAllEnable"] == coin["withdrawAllEnable"] == bool(coin["networkList"])
        shown = ("network", "isDefault", "withdrawFee", "withdrawMin", "minConfirm")
        return {coin["coin"]: [tuple(one[name] for name in shown) for one in coin["networkList"]] for coin in coins}

    async def scenario(s: Spot) -> None:
        assert await listed(s) == {"BTC": [], "TRY": [], "ETH": []}
        offered = [("BTC", "BITCOIN"), ("ETH", "ETHEREUM"), ("USDT", "TRC20")]
        with exchange.connect("wallet_app") as wallet:
            wallet.cursor().executemany("INSERT INTO offered_networks (currency, network) VALUES (%s, %s)", offered)
        found = await listed(s)
        assert found["BTC"] == [("BITCOIN", True, "0.00051000", "0.00100000", 3)]
        assert (found["TRY"], [each[0] for each in found["ETH"]]) == ([], ["ETHEREUM"])

    read(scenario)


def test_a_network_is_shown_as_binance_writes_it() -> None:
    erc20, trc20 = (shown(network) for network in networks.of_currency("USDT"))
    assert [each["isDefault"] for each in (erc20, trc20)] == [True, False]
    assert (trc20["network"], trc20["coin"], trc20["minConfirm"], trc20["withdrawFee"]) == ("TRC20", "USDT", 19, "1.00000000")
    assert (trc20["withdrawMin"], trc20["withdrawIntegerMultiple"]) == ("10.00000000", "0.00000100")


def test_what_cannot_be_asked_for_is_refused(read: Read) -> None:
    async def scenario(s: Spot) -> None:
        day = 86_400_000
        for params, code in (
            ({"coin": "XYZ"}, -1130),
            ({"status": 9}, -1130),
            ({"status": "done"}, -1100),
            ({"startTime": 2, "endTime": 1}, -1128),
            ({"startTime": 0, "endTime": 91 * day}, -1127),
            ({"limit": 0}, -1130),
            ({"endTime": 10**18}, -1127),
        ):
            assert (await s.refused("GET", DEPOSITS, **({"startTime": 0} if "endTime" in params else {}) | params))[1] == code, params

    read(scenario)
