"""USDT on Tron beside USDT on Ethereum: an address for each, one balance, and each way out with its own rules."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.wallet import polling
from functions.withdrawals import reconciling
from mycrypto import networks, telemetry
from mycrypto.ledger import verify
from tests.integration.wallet.conftest import SECRETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wallet.conftest import Answer, User, Wallet

FIRST_TRON = "TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH"
OUTSIDE = "TSeJkUh4Qv67VNFwY8LaAxERygNdy6NQZK"
ETHEREUM_OUTSIDE = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
HASH = "ab" * 32


def open_address(wallet: Wallet, user: User, network: str | None = "TRC20", currency: str = "USDT") -> Answer:
    wallet.context.redis.delete(f"ratelimit:{user.id}:deposit")
    body = {"currency": currency} | ({} if network is None else {"network": network})
    return wallet.call("POST", "/api/wallet/deposit/crypto", body, user=user)


def address(wallet: Wallet, user: User, network: str | None = "TRC20") -> str:
    return str(open_address(wallet, user, network).body["address"])


def report(wallet: Wallet, to: str, amount: str = "300", confirmations: int = 19, **changes: Any) -> dict[str, Any]:
    return wallet.chain_report(to, "USDT", amount, confirmations, network="TRC20", **changes)


def items(wallet: Wallet) -> list[tuple[Any, ...]]:
    return wallet.database.connect().execute("SELECT source, reason FROM reconciliation_items ORDER BY id").fetchall()


@pytest.fixture
def user(wallet: Wallet, new_user: Callable[..., User]) -> User:
    """With 300 USDT that came by Tron."""
    found = new_user(kyc_level=3)
    wallet.enable_second_factor(found)
    wallet.report("chain", report(wallet, address(wallet, found)))
    wallet.run_engine()
    return found


@pytest.fixture
def without_tron(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SECRETS, "wallet", {name: key for name, key in SECRETS["wallet"].items() if name != "trx_xpub"})


def withdraw(wallet: Wallet, user: User, **changes: Any) -> Answer:
    wallet.context.redis.delete(f"ratelimit:{user.id}:withdraw")
    headers = changes.pop("headers", None)
    body = {
        "currency": "USDT",
        "network": "TRC20",
        "destination_address": OUTSIDE,
        "amount": "50",
        "two_fa_code": wallet.code(user),
    } | changes
    return wallet.call(
        "POST", "/api/wallet/withdraw/crypto", {name: value for name, value in body.items() if value}, user=user, headers=headers
    )


def test_each_network_has_an_address_of_its_own_that_is_shown_again(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user, other = new_user(), new_user()
    made = open_address(wallet, user, "trc20")
    assert (made.status, made.body["address"], made.body["network"]) == (201, FIRST_TRON, "TRC20")
    assert (made.body["required_confirmations"], made.body["minimum_amount"]) == (19, "1")
    default = open_address(wallet, user, None)
    assert (default.status, default.body["network"], default.body["address"][:2]) == (201, "ERC20", "0x")
    assert (open_address(wallet, user).body, open_address(wallet, user, "usdt").body) == (made.body, default.body)
    path = "/api/wallet/deposit/crypto/address/USDT"
    assert wallet.call("GET", path, user=user).body == default.body
    assert wallet.call("GET", path, user=user, query={"network": "TRC20"}).body == made.body
    assert wallet.call("GET", path, user=other, query={"network": "TRC20"}).code == "ADDRESS_NOT_FOUND"
    assert wallet.call("GET", path, user=user, query={"network": "BITCOIN"}).code == "VALIDATION_ERROR"
    assert address(wallet, other) == OUTSIDE, "the next one of Tron's own sequence"
    rows = wallet.database.connect().execute("SELECT coin_type, derivation_path FROM crypto_addresses ORDER BY coin_type, address_index")
    assert rows.fetchall() == [(60, "m/44'/60'/0'/0/0"), (195, "m/44'/195'/0'/0/0"), (195, "m/44'/195'/0'/0/1")]


@pytest.mark.usefixtures("without_tron")
def test_a_platform_without_a_key_of_tron_does_not_offer_it(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user(kyc_level=3)
    wallet.enable_second_factor(user)
    listed = wallet.call("GET", "/api/wallet/networks", user=user).body["data"]
    assert [row["network"] for row in listed] == ["BITCOIN", "ETHEREUM", "ERC20"]
    named = {"currency": "USDT", "network": "TRC20", "destination_address": OUTSIDE, "label": "x"}
    for refused in (
        open_address(wallet, user),
        withdraw(wallet, user),
        wallet.call("GET", "/api/wallet/withdraw/crypto/fees/USDT", user=user, query={"network": "TRC20"}),
        wallet.call("GET", "/api/wallet/deposit/crypto/address/USDT", user=user, query={"network": "TRC20"}),
        wallet.call("POST", "/api/wallet/whitelist", named, user=user),
    ):
        assert (refused.status, refused.code) == (404, "NETWORK_NOT_SUPPORTED")
    assert open_address(wallet, user, None).status == 201


def test_what_is_offered_is_listed_and_written_down_for_the_gateway(
    wallet: Wallet, new_user: Callable[..., User], request: pytest.FixtureRequest
) -> None:
    def kept() -> set[tuple[str, str]]:
        wallet.module.handler({"job": "deposits"}, LambdaContext())
        return set(wallet.database.connect().execute("SELECT currency, network FROM offered_networks").fetchall())

    listed = wallet.call("GET", "/api/wallet/networks", user=new_user()).body["data"]
    assert [(row["currency"], row["network"], row["is_default"]) for row in listed] == [
        ("BTC", "BITCOIN", True),
        ("ETH", "ETHEREUM", True),
        ("USDT", "ERC20", True),
        ("USDT", "TRC20", False),
    ]
    everything = {(network.currency, network.name) for network in networks.DECLARED}
    assert kept() == kept() == everything
    request.getfixturevalue("without_tron")
    assert kept() == everything - {("USDT", "TRC20")}


def test_a_secret_that_was_not_brought_offers_nothing(
    wallet: Wallet, new_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mycrypto.secrets import _decoder

    monkeypatch.setattr(wallet.context, "read_secret", lambda _name: _decoder.decode("made-up-by-cloudformation"))
    assert wallet.call("GET", "/api/wallet/networks", user=new_user()).body["data"] == []
    assert open_address(wallet, new_user(), None).code == "NETWORK_NOT_SUPPORTED"


@pytest.mark.parametrize("order", [("webhook", "poll"), ("poll", "webhook")], ids="-".join)
def test_a_deposit_is_credited_once_after_nineteen_confirmations(
    wallet: Wallet, new_user: Callable[..., User], order: tuple[str, ...]
) -> None:
    user = new_user()
    found = report(wallet, address(wallet, user), "1", 18, tx_hash=HASH)
    assert wallet.report("chain", found).body["outcome"] == "PENDING"
    waiting = wallet.call("GET", f"/api/wallet/deposit/crypto/transaction/{HASH}", user=user).body
    assert (waiting["network"], waiting["confirmations"], waiting["required_confirmations"]) == ("TRC20", 18, 19)
    for how in order:
        if how == "webhook":
            wallet.report("chain", found | {"confirmations": 19})
        else:
            said = found | {"confirmations": 19, "tx_hash": HASH.upper(), "network": "trc20"}
            wallet.partners.ledger.report("chain", json.dumps(said))
            polling.run(wallet.context, wallet.partners.sources)
        wallet.run_engine()
    assert wallet.balance(user, "USDT") == "1"
    (row,) = wallet.call("GET", "/api/wallet/deposit/crypto/history", user=user).body["data"]
    assert (row["status"], row["network"], row["tx_hash"]) == ("CREDITED", "TRC20", HASH)
    assert items(wallet) == []
    assert verify.run(wallet.database.connect()).ok


def test_both_networks_fill_one_balance(wallet: Wallet, user: User) -> None:
    wallet.report("chain", wallet.chain_report(address(wallet, user, None), "USDT", "200", 12))
    wallet.run_engine()
    assert wallet.balance(user, "USDT") == "500"
    custody = wallet.database.connect().execute("SELECT balance FROM ledger_accounts WHERE kind = 'custody:hot' AND currency = 'USDT'")
    assert custody.fetchall() == [(Decimal(-500),)]
    assert verify.run(wallet.database.connect()).ok


def test_what_is_below_the_minimum_waits_for_a_person(wallet: Wallet, new_user: Callable[..., User]) -> None:
    assert wallet.report("chain", report(wallet, address(wallet, new_user()), "0.999999")).body["reason"] == "BELOW_MINIMUM"
    assert items(wallet) == [("CHAIN", "BELOW_MINIMUM")]


@pytest.mark.parametrize("said", ["ERC20", None, "BEP20"])
def test_a_report_on_another_network_than_that_of_the_address_waits_for_a_person(
    wallet: Wallet, new_user: Callable[..., User], said: str | None
) -> None:
    user = new_user()
    wrong = report(wallet, address(wallet, user), tx_hash=HASH) | {"network": said}
    assert wallet.report("chain", wrong).body["reason"] == "UNREADABLE_REPORT"
    on_tron = report(wallet, address(wallet, user, "ERC20"), tx_hash="cd" * 32)
    assert wallet.report("chain", on_tron).body["reason"] == "UNREADABLE_REPORT"
    wallet.run_engine()
    assert wallet.balance(user, "USDT") == "0"
    assert items(wallet) == [("CHAIN", "UNREADABLE_REPORT")] * 2


def test_reported_again_on_the_right_network_it_is_credited_and_needs_no_person(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    right = report(wallet, address(wallet, user), tx_hash=HASH)
    other = report(wallet, address(wallet, new_user()), tx_hash=HASH)
    wallet.report("chain", right | {"network": "ERC20"})
    assert wallet.report("chain", other).body["outcome"] == "ACCEPTED"
    rows = "SELECT status, resolution FROM reconciliation_items"
    assert wallet.database.connect().execute(rows).fetchall() == [("OPEN", None)], "another output of the transaction says nothing about it"
    assert wallet.report("chain", right).body["outcome"] == "ACCEPTED"
    wallet.run_engine()
    assert wallet.balance(user, "USDT") == "300"
    assert wallet.database.connect().execute(rows).fetchall() == [("RESOLVED", "OVERTAKEN")]


def test_what_people_have_credited_meanwhile_is_not_credited_again(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user, proposer, decider = new_user(), new_user(roles="USER,ADMIN"), new_user(roles="USER,ADMIN")
    wallet.enable_second_factor(user)  # its row among the users with it
    right = report(wallet, address(wallet, user), tx_hash=HASH)
    wallet.report("chain", right | {"network": "ERC20"})
    (item,) = wallet.call("GET", "/api/wallet/admin/reconciliations", user=proposer).body["data"]
    path = f"/api/wallet/admin/reconciliations/{item['id']}"
    wallet.show_second_factor()
    said = {"action": "CREDIT", "reason": "asked the watcher", "user_id": str(user.id), "amount": "300", "currency": "USDT"}
    answer = wallet.call("POST", f"{path}/propose", said, user=proposer)
    assert answer.status == 200, answer.body["errors"]
    assert wallet.call("POST", f"{path}/approve", user=decider).status == 200
    for outcome in ("RECONCILIATION", "REPEATED"):
        assert wallet.report("chain", right).body["outcome"] == outcome
    wallet.run_engine()
    assert wallet.balance(user, "USDT") == "300"
    assert items(wallet) == [("CHAIN", "UNREADABLE_REPORT"), ("CHAIN", "CONFLICTING_REPORT")]
    (row,) = wallet.call("GET", "/api/wallet/deposit/crypto/history", user=user).body["data"]
    assert row["status"] == "FAILED"
    assert verify.run(wallet.database.connect()).ok


def test_an_address_of_tron_that_is_not_ours_waits_for_a_person(wallet: Wallet) -> None:
    assert wallet.report("chain", report(wallet, OUTSIDE)).body["reason"] == "UNKNOWN_ADDRESS"


def test_a_withdrawal_leaves_by_the_network_that_was_asked_for(wallet: Wallet, user: User, new_user: Callable[..., User]) -> None:
    fees = wallet.call("GET", "/api/wallet/withdraw/crypto/fees/USDT", user=user, query={"network": "TRC20"}).body
    assert (fees["network"], fees["total_fee"], fees["minimum"]) == ("TRC20", "1", "10")
    asked = withdraw(wallet, user)
    assert (asked.status, asked.body["network"], asked.body["destination"], asked.body["total_amount"]) == (201, "TRC20", OUTSIDE, "51")
    wallet.run_engine()
    wallet.call("POST", f"/api/wallet/admin/withdrawals/{asked.body['id']}/approve", user=new_user(roles="USER,ADMIN"))
    wallet.partners.ledger.plan("chain", "slow", 1)
    wallet.run_payouts()
    path = f"/api/wallet/withdraw/{asked.body['id']}"
    assert wallet.call("GET", path, user=user).body["status"] == "BROADCASTED"
    deep = "UPDATE transactions SET state = 'MINED', confirmations = ?"
    for confirmations, status in ((18, "BROADCASTED"), (19, "COMPLETED")):
        with wallet.partners.ledger.transaction() as ledger:
            ledger.execute(deep, (confirmations,))
        wallet.look_again()
        assert wallet.call("GET", path, user=user).body["status"] == status, confirmations
    (left,) = wallet.partners.chain.mined()
    assert (left["network"], left["destination"], left["amount"], left["network_fee"]) == ("TRC20", OUTSIDE, "50", "0")
    done = wallet.call("GET", path, user=user).body
    assert (done["payout_reference"], len(left["tx_hash"])) == (left["tx_hash"], 64)
    wallet.run_engine()
    assert wallet.balance(user, "USDT") == "249"
    assert verify.run(wallet.database.connect()).ok


def test_the_nights_look_finds_the_payout_and_both_networks_in_one_balance(
    wallet: Wallet, user: User, new_user: Callable[..., User]
) -> None:
    def night() -> list[tuple[str, str]]:
        found = reconciling.run(wallet.context.db, None, wallet.partners.http_chain, wallet.now, telemetry.logger("test"))
        assert found.away == []
        return [(each.reason, each.amount) for each in found.differences]

    wallet.report("chain", wallet.chain_report(address(wallet, user, None), "USDT", "200", 12))
    wallet.partners.ledger.receive("chain", "by Tron", "USDT", "300")
    wallet.partners.ledger.receive("chain", "by Ethereum", "USDT", "200")
    wallet.run_engine()
    assert night() == []
    staff = new_user(roles="USER,ADMIN")
    for changes in ({}, {"network": "", "destination_address": ETHEREUM_OUTSIDE}):
        asked = withdraw(wallet, user, **changes).body
        wallet.run_engine()
        wallet.call("POST", f"/api/wallet/admin/withdrawals/{asked['id']}/approve", user=staff)
        wallet.run_payouts()
        wallet.look_again()
        assert wallet.call("GET", f"/api/wallet/withdraw/{asked['id']}", user=user).body["status"] == "COMPLETED"
    wallet.pass_time(2 * reconciling.SETTLED)
    assert night() == night() == []
    assert {left["network"] for left in wallet.partners.chain.mined()} == {"ERC20", "TRC20"}
    with wallet.partners.ledger.transaction() as ledger:
        ledger.execute("DELETE FROM transactions WHERE tx_hash NOT LIKE '0x%'")
    assert ("PAYOUT_MISSING", "50") in night(), "Tron's node is asked, and has it no more"


def test_where_it_may_go(wallet: Wallet, user: User) -> None:
    for changes, code in (
        ({"destination_address": ETHEREUM_OUTSIDE}, "VALIDATION_ERROR"),
        ({"network": ""}, "VALIDATION_ERROR"),
        ({"network": "BITCOIN"}, "VALIDATION_ERROR"),
        ({"destination_address": address(wallet, user)}, "VALIDATION_ERROR"),
        ({"destination_address": "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"}, "VALIDATION_ERROR"),
        ({"destination_address": "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"}, "VALIDATION_ERROR"),
        ({"amount": "9"}, "INVALID_AMOUNT"),
        ({"amount": "100001"}, "WALLET_002"),
    ):
        assert withdraw(wallet, user, **changes).code == code, changes
    assert wallet.balance(user, "USDT") == "300"


def test_to_another_users_address_it_is_booked_inside(wallet: Wallet, user: User, new_user: Callable[..., User]) -> None:
    recipient = new_user()
    asked = withdraw(wallet, user, destination_address=address(wallet, recipient)).body
    assert (asked["network"], asked["platform_fee"], asked["network_fee"]) == ("INTERNAL", "1", "0")
    wallet.run_engine()
    wallet.call("POST", f"/api/wallet/admin/withdrawals/{asked['id']}/approve", user=new_user(roles="USER,ADMIN"))
    wallet.run_engine()
    assert (wallet.balance(user, "USDT"), wallet.balance(recipient, "USDT")) == ("249", "50")
    assert wallet.partners.chain.mined() == []


def test_the_same_key_with_another_network_is_another_request(wallet: Wallet, user: User) -> None:
    body = {"headers": {"Idempotency-Key": "k"}, "two_fa_code": wallet.code(user)}
    first = withdraw(wallet, user, **body)
    assert first.status == 201
    assert withdraw(wallet, user, **body).body == first.body
    other = withdraw(wallet, user, **body | {"network": "ERC20"})
    assert (other.status, other.code) == (409, "IDEMPOTENCY_CONFLICT")


def test_a_named_address_belongs_to_its_network(wallet: Wallet, user: User) -> None:
    named = {"currency": "USDT", "network": "TRC20", "destination_address": OUTSIDE, "label": "Tron"}
    assert wallet.call("POST", "/api/wallet/whitelist", named | {"network": "ERC20"}, user=user).code == "VALIDATION_ERROR"
    made = wallet.call("POST", "/api/wallet/whitelist", named, user=user)
    assert (made.status, made.body["network"]) == (201, "TRC20")
    assert wallet.call("POST", "/api/wallet/whitelist", named, user=user).code == "DUPLICATE_ADDRESS"
    wallet.database.connect().execute("UPDATE whitelisted_addresses SET confirmed_at = now(), usable_at = now() - interval '1 hour'")
    use = {"destination_address": "", "whitelisted_address_id": made.body["id"]}
    assert withdraw(wallet, user, **use, network="ERC20").code == "VALIDATION_ERROR"
    for network in ("TRC20", ""):
        asked = withdraw(wallet, user, **use, network=network)
        assert (asked.status, asked.body["network"], asked.body["destination"]) == (201, "TRC20", OUTSIDE)


def test_what_was_written_before_networks_reads_as_the_first_one(wallet: Wallet, new_user: Callable[..., User]) -> None:
    """A function of the version before still writes rows without one while the next is deployed."""
    user = new_user()
    admin = wallet.database.connect()
    for number, (currency, network) in enumerate((("BTC", "BITCOIN"), ("ETH", "ETHEREUM"), ("USDT", "ERC20"))):
        row = admin.execute(
            """INSERT INTO crypto_addresses (id, user_id, currency, address, coin_type, address_index, derivation_path, public_key, email)
               VALUES (gen_random_uuid(), %s, %s, %s, 60, %s, 'm', 'k', 'a@example.com') RETURNING network""",
            (user.id, currency, f"earlier-{number}", 1_000 + number),
        ).fetchone()
        assert row == (network,)
    assert open_address(wallet, user, None).body["address"] == "earlier-2"
