"""A deposit is found by webhook, by asking, by both in either order or at once: it is one deposit."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.wallet import polling
from functions.wallet.polling import HttpSource, Page
from functions.wallet.store import partner_cursors
from mycrypto.partners import AwayError
from tests.integration.wallet.conftest import User, Wallet

ORDERS = (("webhook",), ("poll",), ("webhook", "poll"), ("poll", "webhook"), ("poll", "poll"))


def poll(wallet: Wallet) -> dict[str, dict[str, int]]:
    return polling.run(wallet.context, wallet.partners.sources)


def arrive(wallet: Wallet, partner: str, report: dict[str, Any], how: str) -> None:
    if how == "webhook":
        assert wallet.report(partner, report).status == 200
        return
    wallet.partners.ledger.report(partner, json.dumps(report))
    poll(wallet)


def transfer(wallet: Wallet, user: User) -> dict[str, Any]:
    return wallet.bank_report(wallet.fiat_deposit(user, "750").body)


def output(wallet: Wallet, user: User) -> dict[str, Any]:
    address = wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": "ETH"}, user=user).body["address"]
    return wallet.chain_report(address, "ETH", "0.5", tx_hash="0x" + "ab" * 32)


CASES: dict[str, tuple[Callable[[Wallet, User], dict[str, Any]], str, str]] = {
    "bank": (transfer, "TRY", "750"),
    "chain": (output, "ETH", "0.5"),
}


def entries(wallet: Wallet) -> int:
    row = wallet.database.connect().execute("SELECT count(*) FROM ledger_entries WHERE effect_key LIKE 'crossing:%'").fetchone()
    return int(row[0]) if row else 0


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
@pytest.mark.parametrize("partner", CASES)
def test_however_often_and_by_whichever_way_it_comes_it_is_credited_once(wallet: Wallet, partner: str, order: tuple[str, ...]) -> None:
    make, currency, amount = CASES[partner]
    user = User()
    report = make(wallet, user)
    for how in order:
        arrive(wallet, partner, report, how)
        wallet.run_engine()
    assert wallet.balance(user, currency) == amount
    assert entries(wallet) == 1
    assert wallet.database.connect().execute("SELECT count(*) FROM reconciliation_items").fetchone() == (0,)


@pytest.mark.parametrize("partner", CASES)
def test_both_ways_at_once_are_one_deposit(wallet: Wallet, partner: str) -> None:
    """The webhook is taken while the same report, polled, is about to be taken in another execution environment."""
    make, currency, amount = CASES[partner]
    user = User()
    report = make(wallet, user)
    wallet.partners.ledger.report(partner, json.dumps(report))
    source = wallet.partners.sources[partner]

    class Late:
        """Answers, and lets the webhook in before the answer is read."""

        def reports(self, after: str) -> Page:
            page = source.reports(after)
            if page.data:
                webhook = threading.Thread(target=lambda: arrive(wallet, partner, report, "webhook"))
                webhook.start()
                webhook.join()
            return page

    counted = polling.run(wallet.context, {partner: Late()})
    assert counted[partner] == {"REPEATED": 1}
    wallet.run_engine()
    assert wallet.balance(user, currency) == amount
    assert entries(wallet) == 1


def test_a_report_in_another_spelling_is_the_same_deposit(wallet: Wallet) -> None:
    user = User()
    report = output(wallet, user)
    arrive(wallet, "chain", report, "webhook")
    arrive(wallet, "chain", report | {"tx_hash": report["tx_hash"].upper().replace("0X", "0x"), "amount": "0.50"}, "poll")
    other = User()
    paid = transfer(wallet, other)
    arrive(wallet, "bank", paid, "poll")
    arrive(wallet, "bank", paid | {"transaction_id": f" {paid['transaction_id'].lower()} "}, "webhook")
    wallet.run_engine()
    assert (wallet.balance(user, "ETH"), wallet.balance(other, "TRY")) == ("0.5", "750")
    assert entries(wallet) == 2


def test_confirmations_grow_by_either_way(wallet: Wallet) -> None:
    user = User()
    report = output(wallet, user)
    arrive(wallet, "chain", report | {"confirmations": 1}, "webhook")
    arrive(wallet, "chain", report | {"confirmations": 5}, "poll")
    wallet.run_engine()
    assert wallet.balance(user, "ETH") == "0"
    arrive(wallet, "chain", report | {"confirmations": 12}, "poll")
    arrive(wallet, "chain", report | {"confirmations": 13}, "webhook")
    wallet.run_engine()
    assert wallet.balance(user, "ETH") == "0.5"


def test_what_is_too_little_or_too_late_waits_for_people_by_either_way(wallet: Wallet) -> None:
    user = User()
    small = output(wallet, user) | {"amount": "0.0000001"}
    late = transfer(wallet, User())
    wallet.database.connect().execute("UPDATE deposit_requests SET expires_at = created_at")
    for how in ("poll", "webhook"):
        arrive(wallet, "chain", small, how)
        arrive(wallet, "bank", late, how)
    rows = wallet.database.connect().execute("SELECT source, reason FROM reconciliation_items ORDER BY source").fetchall()
    assert rows == [("BANK", "DEPOSIT_EXPIRED"), ("CHAIN", "BELOW_MINIMUM")]


def test_pages_are_read_to_the_end_and_once(wallet: Wallet) -> None:
    for place in range(250):
        wallet.partners.ledger.report(
            "bank", json.dumps({"transaction_id": f"T{place}", "reference": "?", "amount": "1", "sender_iban": ""})
        )
    assert poll(wallet)["bank"] == {"RECONCILIATION": 250}
    assert poll(wallet)["bank"] == {}
    assert partner_cursors.find(wallet.database.connect("wallet_app"), "bank") == "250"


def test_reports_that_cannot_be_read_do_not_hold_up_those_behind_them(wallet: Wallet) -> None:
    user = User()
    wallet.partners.ledger.report("chain", json.dumps({"tx_hash": "nonsense"}))
    wallet.partners.ledger.report("chain", json.dumps({}))
    report = output(wallet, user)
    wallet.partners.ledger.report("chain", json.dumps(report))
    assert poll(wallet)["chain"] == {"REFUSED": 2, "ACCEPTED": 1}
    wallet.run_engine()
    assert wallet.balance(user, "ETH") == "0.5"


def test_a_partner_that_is_away_or_lies_about_its_form_stops_only_itself(wallet: Wallet) -> None:
    user = User()
    wallet.partners.ledger.report("chain", json.dumps(output(wallet, user)))
    answers = [httpx.Response(500), httpx.Response(200, text="nonsense"), httpx.Response(404), httpx.Response(422), httpx.Response(200, json={"data": [], "next": "x" * 300})]  # fmt: skip
    banks = [
        HttpSource(httpx.Client(transport=httpx.MockTransport(lambda _, given=answer: given), base_url="http://bank/"), "x")
        for answer in answers
    ]
    for bank in banks:
        with pytest.raises(AwayError):
            bank.reports("")
        assert polling.run(wallet.context, {"bank": bank})["bank"] == {}
    assert polling.run(wallet.context, wallet.partners.sources | {"bank": banks[0]})["chain"] == {"ACCEPTED": 1}


def test_a_crash_before_the_cursor_is_kept_repeats_the_page(wallet: Wallet, monkeypatch: pytest.MonkeyPatch) -> None:
    user = User()
    wallet.partners.ledger.report("bank", json.dumps(transfer(wallet, user)))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(partner_cursors, "keep", crash)
        with pytest.raises(KeyboardInterrupt):
            poll(wallet)
    assert poll(wallet)["bank"] == {"REPEATED": 1}
    wallet.run_engine()
    assert wallet.balance(user, "TRY") == "750"


def test_the_schedule_asks_the_partners_that_the_stage_has(wallet: Wallet) -> None:
    assert wallet.module.handler({"job": "deposits"}, LambdaContext()) == {"deposits": {}}
