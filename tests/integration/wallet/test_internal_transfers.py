"""What goes to another user here never leaves: both ledgers, the engine, both histories, and whatever dies in between."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from embit import script
from embit.networks import NETWORKS

from functions.wallet.unspendable import bitcoin_hash
from mycrypto.ledger import verify
from mycrypto.security import withdrawal_hold
from mycrypto.security.withdrawal_hold import HoldReason

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wallet.conftest import Answer, User, Wallet

ONE = 10**8


def address(wallet: Wallet, user: User, currency: str) -> str:
    wallet.context.redis.delete(f"ratelimit:{user.id}:deposit")
    return str(wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": currency}, user=user).body["address"])


@pytest.fixture
def sender(wallet: Wallet, new_user: Callable[..., User]) -> User:
    user = new_user(kyc_level=3)
    wallet.enable_second_factor(user)
    for currency, amount in (("USDT", "200"), ("BTC", "1")):
        wallet.report("chain", wallet.chain_report(address(wallet, user, currency), currency, amount))
    wallet.run_engine()
    return user


@pytest.fixture
def recipient(wallet: Wallet, new_user: Callable[..., User]) -> User:
    return new_user()


@pytest.fixture
def staff(new_user: Callable[..., User]) -> User:
    return new_user(roles="USER,ADMIN")


def send(wallet: Wallet, sender: User, to: str, currency: str = "USDT", amount: str = "50") -> Answer:
    wallet.context.redis.delete(f"ratelimit:{sender.id}:withdraw")
    body = {"currency": currency, "destination_address": to, "amount": amount, "two_fa_code": wallet.code(sender)}
    return wallet.call("POST", "/api/wallet/withdraw/crypto", body, user=sender)


def approve(wallet: Wallet, staff: User, withdrawal: dict[str, Any]) -> Answer:
    return wallet.call("POST", f"/api/wallet/admin/withdrawals/{withdrawal['id']}/approve", user=staff)


def seen(wallet: Wallet, sender: User, withdrawal: dict[str, Any]) -> str:
    return str(wallet.call("GET", f"/api/wallet/withdraw/{withdrawal['id']}", user=sender).body["status"])


def history(wallet: Wallet, user: User) -> list[tuple[str, str, str]]:
    rows = wallet.call("GET", "/api/wallet/transactions", user=user).body["data"]
    return [(row["type"], row["amount"], row["reference_type"]) for row in rows]


def sums(wallet: Wallet, currency: str) -> dict[str, Decimal]:
    report = verify.run(wallet.database.connect())
    assert report.differences == []
    found = next(total.sums for total in report.totals if total.currency == currency)
    return {kind: Decimal(total) for kind, total in found.items() if total != "0"}


def mails(wallet: Wallet, user: User) -> list[tuple[str, str]]:
    wallet.context.flush()
    found = [message for message in wallet.sqs.messages() if message["type"] != "audit" and message["data"]["to"] == user.email]
    return [(message["type"], message["data"].get("status", "")) for message in found]


def test_from_the_request_to_the_other_user(wallet: Wallet, sender: User, recipient: User, staff: User) -> None:
    asked = send(wallet, sender, address(wallet, recipient, "USDT").lower())
    assert asked.status == 201
    withdrawal = asked.body
    assert (withdrawal["network"], withdrawal["network_fee"], withdrawal["platform_fee"], withdrawal["total_amount"]) == (
        "INTERNAL",
        "0",
        "1",
        "51",
    )
    wallet.run_engine()
    assert (seen(wallet, sender, withdrawal), wallet.balance(recipient, "USDT")) == ("PENDING", "0"), "the first one waits for a person"
    assert approve(wallet, staff, withdrawal).body["status"] == "COMPLETED"
    assert sums(wallet, "USDT") == {"custody:hot": Decimal(-200), "spot": Decimal(149), "transit": Decimal(50), "fees": Decimal(1)}
    wallet.run_engine()
    assert sums(wallet, "USDT") == {"custody:hot": Decimal(-200), "spot": Decimal(199), "fees": Decimal(1)}
    assert (wallet.balance(sender, "USDT"), wallet.balance(recipient, "USDT")) == ("149", "50")
    assert history(wallet, sender)[:2] == [("FEE", "-1", "CRYPTO_WITHDRAWAL"), ("WITHDRAWAL", "-50", "CRYPTO_WITHDRAWAL")]
    assert history(wallet, recipient) == [("DEPOSIT", "50", "INTERNAL_TRANSFER")]
    assert mails(wallet, sender)[-1] == ("withdrawal_status", "COMPLETED")
    assert mails(wallet, recipient) == [("deposit_credited", "")]
    second = send(wallet, sender, address(wallet, recipient, "USDT")).body
    wallet.run_engine()
    assert seen(wallet, sender, second) == "COMPLETED", "the next one needs no approval"
    wallet.context.flush()
    wallet.run_engine()
    assert wallet.balance(recipient, "USDT") == "100"
    assert sums(wallet, "USDT") == {"custody:hot": Decimal(-200), "spot": Decimal(198), "fees": Decimal(2)}


def test_an_old_address_an_address_of_another_currency_and_the_other_form_of_a_key_are_ours_too(
    wallet: Wallet, sender: User, recipient: User
) -> None:
    old = address(wallet, recipient, "USDT")
    wallet.database.connect().execute("UPDATE crypto_addresses SET is_active = false WHERE address = %s", (old,))
    ether, segwit = address(wallet, recipient, "ETH"), address(wallet, recipient, "BTC")
    legacy = script.Script(b"\x76\xa9\x14" + bitcoin_hash(segwit) + b"\x88\xac").address(NETWORKS["main"])
    for to, currency, amount in ((old, "USDT", "10"), (ether, "USDT", "10"), (segwit.upper(), "BTC", "0.01"), (legacy, "BTC", "0.01")):
        assert send(wallet, sender, to, currency, amount).body["network"] == "INTERNAL", to


@pytest.mark.parametrize("currency", ["USDT", "BTC"])
def test_ones_own_address_is_refused_in_every_spelling_and_age(wallet: Wallet, sender: User, currency: str) -> None:
    own = address(wallet, sender, currency)
    spellings = [own, own.lower(), own.upper() if currency == "BTC" else "0x" + own[2:].upper(), f" {own}\n"]
    if currency == "BTC":
        spellings.append(script.Script(b"\x76\xa9\x14" + bitcoin_hash(own) + b"\x88\xac").address(NETWORKS["main"]))
    for age in ("new", "old"):
        for text in spellings:
            refused = send(wallet, sender, text, currency, "10" if currency == "USDT" else "0.01")
            assert (refused.code, refused.body["errors"][0]["field"]) == ("VALIDATION_ERROR", "destination_address"), (age, text)
        wallet.database.connect().execute("UPDATE crypto_addresses SET is_active = false WHERE address = %s", (own,))


@pytest.mark.parametrize(
    "where", ["0x" + "0" * 40, "0x000000000000000000000000000000000000dEaD", "0xdac17f958d2ee523a2206206994597c13d831ec7"]
)
def test_nothing_is_burnt(wallet: Wallet, sender: User, where: str) -> None:
    refused = send(wallet, sender, where)
    assert (refused.code, refused.body["errors"][0]["field"]) == ("VALIDATION_ERROR", "destination_address")
    withdrawal_hold.start(wallet.database.connect("auth_app"), sender.id, HoldReason.SECOND_FACTOR_ENABLED, wallet.now)
    assert send(wallet, sender, where).code == "VALIDATION_ERROR", "the address is looked at first"


def test_limits_and_holds_are_the_same_inside(wallet: Wallet, sender: User, recipient: User) -> None:
    to = address(wallet, recipient, "USDT")
    withdrawal_hold.start(wallet.database.connect("auth_app"), sender.id, HoldReason.PASSWORD_RESET, wallet.now - timedelta(hours=23))
    assert send(wallet, sender, to).code == "WITHDRAWALS_HELD"
    # not by letting an hour pass: it may end the Turkish day, and the value of a deposit counts for the day of the database's clock
    wallet.database.connect().execute(
        "UPDATE users SET withdrawals_held_until = %s WHERE id = %s", (wallet.now - timedelta(seconds=1), sender.id)
    )
    sender.kyc_level = 1
    assert send(wallet, sender, to).code == "PRICE_UNAVAILABLE"
    admin = wallet.database.connect()
    admin.execute("INSERT INTO market_prices VALUES ('USDT/TRY', 40, 0, 1, %s)", (wallet.now,))
    assert send(wallet, sender, to, amount="26").code == "WALLET_002"
    sender.kyc_level = 3
    admin.execute("UPDATE withdrawals SET requires_approval = false")
    assert send(wallet, sender, to, amount="100").status == 201
    admin.execute("UPDATE withdrawals SET requires_approval = false")
    wallet.run_engine()
    wallet.context.flush()
    wallet.run_engine()
    wallet.now = max(wallet.now, admin.execute("SELECT now()").fetchone()[0])  # type: ignore[index]
    shown = wallet.call("GET", "/api/wallet/limits", user=recipient).body
    assert (shown["deposit"]["day"]["used"], shown["deposits_over_limit"]) == ("4000", "3000"), "the sender makes no difference"


def test_cancelled_and_rejected_ones_come_back(wallet: Wallet, sender: User, recipient: User, staff: User) -> None:
    to = address(wallet, recipient, "USDT")
    cancelled, rejected = send(wallet, sender, to).body, send(wallet, sender, to).body
    wallet.run_engine()
    wallet.call("POST", f"/api/wallet/withdraw/{cancelled['id']}/cancel", user=sender)
    wallet.call("POST", f"/api/wallet/admin/withdrawals/{rejected['id']}/reject", {"reason": "no"}, user=staff)
    assert approve(wallet, staff, cancelled).status == 409
    wallet.run_engine()
    assert (wallet.balance(sender, "USDT"), wallet.balance(recipient, "USDT")) == ("200", "0")
    assert sums(wallet, "USDT") == {"custody:hot": Decimal(-200), "spot": Decimal(200)}


def test_every_step_may_be_done_again_and_the_command_may_be_late(wallet: Wallet, sender: User, recipient: User, staff: User) -> None:
    withdrawal = send(wallet, sender, address(wallet, recipient, "USDT")).body
    wallet.run_engine()
    wallet.kafka.failing = True  # the process dies after the commit: the command stays in the outbox
    assert approve(wallet, staff, withdrawal).body["status"] == "COMPLETED"
    assert approve(wallet, staff, withdrawal).status == 409
    wallet.run_engine()
    assert (wallet.balance(sender, "USDT"), wallet.balance(recipient, "USDT")) == ("149", "0")
    assert sums(wallet, "USDT")["transit"] == 50
    wallet.kafka.failing = False
    wallet.pass_time(timedelta(seconds=6))
    wallet.kafka.dying = True  # sent, and dead before the row is marked: it is sent again
    with pytest.raises(KeyboardInterrupt):
        wallet.context.flush()
    wallet.kafka.dying = False
    wallet.context.flush()
    wallet.run_engine()
    wallet.run_engine()
    assert wallet.balance(recipient, "USDT") == "50"
    assert sums(wallet, "USDT") == {"custody:hot": Decimal(-200), "spot": Decimal(199), "fees": Decimal(1)}
    assert mails(wallet, recipient) == [("deposit_credited", "")]
    assert [row for row in mails(wallet, sender) if row[1] == "COMPLETED"] == [("withdrawal_status", "COMPLETED")]


def test_no_chain_reports_about_it(wallet: Wallet, sender: User, recipient: User) -> None:
    withdrawal = send(wallet, sender, address(wallet, recipient, "USDT")).body
    report = {"withdrawal_id": withdrawal["id"], "outcome": "COMPLETED", "reference": "0x" + "ab" * 32}
    assert wallet.report_to("chain/payout", "chain", report).body["reason"] == "PAYOUT_OF_PENDING"
    wallet.run_engine()
    assert seen(wallet, sender, withdrawal) == "PENDING"
