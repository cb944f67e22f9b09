"""Crypto deposits: one address for each user, confirmations, fractions, and deposits that fit no user or currency."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from mycrypto.ledger import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wallet.conftest import User, Wallet

FIRST_BTC = "bc1qmxrw6qdh5g3ztfcwm0et5l8mvws4eva24kmp8m"
FIRST_ETH = "0x9858EfFD232B4033E47d90003D41EC34EcaEda94"


def address(wallet: Wallet, user: User, currency: str) -> dict[str, Any]:
    answer = wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": currency}, user=user)
    assert answer.status in {200, 201}, answer
    found: dict[str, Any] = answer.body
    return found


def items(wallet: Wallet) -> list[tuple[Any, ...]]:
    return wallet.database.connect().execute("SELECT source, reason FROM reconciliation_items ORDER BY id").fetchall()


def test_an_address_is_derived_once_and_shown_again(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    first = wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": "BTC"}, user=user)
    assert (first.status, first.body["address"], first.body["required_confirmations"]) == (201, FIRST_BTC, 3)
    assert first.body["qr_code_url"].startswith("data:image/png;base64,iVBOR")
    again = wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": "btc", "network": "bitcoin"}, user=user)
    assert (again.status, again.body) == (200, first.body)
    assert wallet.call("GET", "/api/wallet/deposit/crypto/address/BTC", user=user).body == first.body
    missing = wallet.call("GET", "/api/wallet/deposit/crypto/address/ETH", user=user)
    assert (missing.status, missing.code) == (404, "ADDRESS_NOT_FOUND")


def test_eth_and_usdt_share_a_sequence_so_that_no_two_users_share_an_address(wallet: Wallet, new_user: Callable[..., User]) -> None:
    users = [new_user() for _ in range(3)]
    found = [address(wallet, user, currency)["address"] for user in users for currency in ("USDT", "ETH", "BTC")]
    assert len(set(found)) == 9
    assert found[0] == FIRST_ETH
    paths = wallet.database.connect().execute("SELECT derivation_path FROM crypto_addresses WHERE coin_type = 60 ORDER BY address_index")
    assert [row[0] for row in paths.fetchall()] == [f"m/44'/60'/0'/0/{index}" for index in range(6)]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"currency": "TRY"}, 404, "CURRENCY_NOT_SUPPORTED"),
        ({"currency": "DOGE"}, 404, "CURRENCY_NOT_SUPPORTED"),
        ({"currency": "USDT", "network": "BITCOIN"}, 400, "VALIDATION_ERROR"),
        ({"currency": "BTC", "network": "TRC20"}, 400, "VALIDATION_ERROR"),
        ({}, 400, "VALIDATION_ERROR"),
        ({"currency": "BTC", "extra": 1}, 400, "VALIDATION_ERROR"),
    ],
)
def test_a_wrong_request_for_an_address_is_refused(
    wallet: Wallet, new_user: Callable[..., User], body: dict[str, object], status: int, code: str
) -> None:
    answer = wallet.call("POST", "/api/wallet/deposit/crypto", body, user=new_user())
    assert (answer.status, answer.code) == (status, code)


def test_an_address_needs_a_confirmed_e_mail(wallet: Wallet, new_user: Callable[..., User]) -> None:
    answer = wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": "BTC"}, user=new_user(kyc_level=0))
    assert (answer.status, answer.code) == (403, "KYC_REQUIRED")


def test_confirmations_grow_until_the_deposit_is_credited_once(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    report = wallet.chain_report(address(wallet, user, "BTC")["address"].upper(), "BTC", "0.5", confirmations=0)
    outcomes = []
    for confirmations in (0, 2, 1, 3, 4, 3):
        outcomes.append(wallet.report("chain", report | {"confirmations": confirmations}).body["outcome"])
        if confirmations == 1:
            waiting = wallet.call("GET", f"/api/wallet/deposit/crypto/transaction/{report['tx_hash']}", user=user).body
            assert (waiting["status"], waiting["confirmations"]) == ("PENDING", 2)
    assert outcomes == ["PENDING", "PENDING", "PENDING", "ACCEPTED", "REPEATED", "REPEATED"]
    assert [mail["type"] for mail in wallet.sqs.messages()] == ["deposit_detected"]
    wallet.run_engine()
    assert wallet.balance(user, "BTC") == "0.5"
    listed = wallet.call("GET", "/api/wallet/deposit/crypto/history", user=user).body
    assert [(row["status"], row["amount"]) for row in listed["data"]] == [("CREDITED", "0.5")]
    wallet.context.flush()
    assert [mail["type"] for mail in wallet.sqs.messages()] == ["deposit_detected", "deposit_credited"]
    assert wallet.call("GET", "/api/wallet/transactions", user=user).body["data"][0]["metadata"] == {}
    assert verify.run(wallet.database.connect()).ok


def test_outputs_of_one_transaction_are_deposits_of_their_own(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    own = address(wallet, user, "BTC")["address"]
    report = wallet.chain_report(own, "BTC", "0.5")
    wallet.report("chain", report)
    wallet.report("chain", report | {"output_index": 1, "amount": "0.25"})
    wallet.run_engine()
    assert wallet.balance(user, "BTC") == "0.75"


def test_wei_below_the_scale_become_dust_that_adds_up(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    own = address(wallet, user, "ETH")["address"]
    for amount in ("1.000000000600000000", "1.000000000600000001", "1.123456789"):
        assert wallet.report("chain", wallet.chain_report(own.lower(), "ETH", amount)).body["outcome"] == "ACCEPTED"
    wallet.run_engine()
    assert wallet.balance(user, "ETH") == "3.12345678"
    admin = wallet.database.connect()
    remainder = admin.execute("SELECT remainder FROM dust_remainders").fetchone()
    dust = admin.execute("SELECT balance FROM ledger_accounts WHERE kind = 'dust'").fetchone()
    custody = admin.execute("SELECT balance FROM ledger_accounts WHERE kind = 'custody:hot'").fetchone()
    assert remainder is not None
    assert dust is not None
    assert custody is not None
    received = Decimal("1.0000000006") + Decimal("1.000000000600000001") + Decimal("1.123456789")
    assert -custody[0] + remainder[0] == received
    assert dust[0] + remainder[0] == received - Decimal("3.12345678")
    assert verify.run(admin).ok


@pytest.mark.parametrize(
    ("currency", "amount", "reason", "booked"),
    [("BTC", "0.00009999", "BELOW_MINIMUM", "0.00009999"), ("ETH", "0.000000001", "BELOW_MINIMUM", "0")],
)
def test_too_little_is_booked_and_kept_for_a_person(
    wallet: Wallet, new_user: Callable[..., User], currency: str, amount: str, reason: str, booked: str
) -> None:
    user = new_user()
    report = wallet.chain_report(address(wallet, user, currency)["address"], currency, amount)
    assert wallet.report("chain", report).body["reason"] == reason
    assert wallet.report("chain", report).body["outcome"] == "REPEATED"
    assert items(wallet) == [("CHAIN", reason)]
    wallet.run_engine()
    assert wallet.balance(user, currency) == "0"
    external = wallet.database.connect().execute("SELECT coalesce(sum(balance), 0) FROM ledger_accounts WHERE kind = 'external'").fetchone()
    assert external == (Decimal(booked),)
    assert verify.run(wallet.database.connect()).ok


def test_the_wrong_coin_at_an_address_is_booked_and_kept_for_a_person(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    report = wallet.chain_report(address(wallet, user, "USDT")["address"], "ETH", "2")
    assert wallet.report("chain", report | {"confirmations": 1}).body["outcome"] == "PENDING"
    assert wallet.report("chain", report).body["reason"] == "CURRENCY_MISMATCH"
    wallet.run_engine()
    assert (wallet.balance(user, "ETH"), wallet.balance(user, "USDT")) == ("0", "0")
    assert verify.run(wallet.database.connect()).ok


def test_an_address_without_a_user_and_a_changed_amount_wait_for_a_person(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    assert wallet.report("chain", wallet.chain_report(FIRST_BTC, "BTC", "1")).body["reason"] == "UNKNOWN_ADDRESS"
    report = wallet.chain_report(address(wallet, user, "BTC")["address"], "BTC", "1", confirmations=1)
    wallet.report("chain", report)
    assert wallet.report("chain", report | {"amount": "2", "confirmations": 3}).body["reason"] == "CONFLICTING_REPORT"
    assert wallet.report("chain", report | {"confirmations": 3}).body["outcome"] == "ACCEPTED"
    wallet.run_engine()
    assert wallet.balance(user, "BTC") == "1"
    assert items(wallet) == [("CHAIN", "UNKNOWN_ADDRESS"), ("CHAIN", "CONFLICTING_REPORT")]


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": "1.123456789"},
        {"amount": "-1"},
        {"amount": "0"},
        {"amount": "1e3"},
        {"amount": "9" * 64},
        {"amount": 1.5},
        {"currency": "DOGE"},
        {"currency": "TRY"},
        {"currency": "B" * 300},
        {"address": "no address \u0000 at all", "currency": "ETH"},
        {"address": "a" * 300},
        {"network": "LIGHTNING"},
        {"output_index": -1},
        {"output_index": 2**70},
        {"confirmations": "many"},
        {"state": "LOST"},
        {"more": 1},
        {"amount": None},
    ],
)
def test_a_report_that_cannot_be_read_is_kept_once_for_a_person(
    wallet: Wallet, new_user: Callable[..., User], changes: dict[str, object]
) -> None:
    report = wallet.chain_report(address(wallet, new_user(), "BTC")["address"], "BTC", "1") | changes
    answer = wallet.report("chain", report)
    assert (answer.status, answer.body["outcome"], answer.body["reason"]) == (200, "RECONCILIATION", "UNREADABLE_REPORT")
    again = report | {"tx_hash": "0x" + report["tx_hash"].upper()}
    assert wallet.report("chain", again).body["outcome"] == "REPEATED"
    assert items(wallet) == [("CHAIN", "UNREADABLE_REPORT")]


@pytest.mark.parametrize(
    "tx_hash", ["short", "0x" + "a" * 63, "a" * 65, "g" * 64, "0x0x" + "a" * 64, "a" * 32 + "\n" + "a" * 32, "", 5, None]
)
def test_a_report_without_a_transaction_is_refused(wallet: Wallet, new_user: Callable[..., User], tx_hash: object) -> None:
    report = wallet.chain_report(address(wallet, new_user(), "BTC")["address"], "BTC", "1") | {"tx_hash": tx_hash}
    answer = wallet.report("chain", report)
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")
    assert "tx_hash" in [error["field"] for error in answer.body["errors"]]
    assert items(wallet) == []
