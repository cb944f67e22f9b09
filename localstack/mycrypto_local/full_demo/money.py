"""Money comes in by every way and leaves by every way, and people decide where they have to."""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import Any

from mycrypto_local import demo_withdrawal
from mycrypto_local.authenticator import Authenticator
from mycrypto_local.client import JSON, ApiError, Query, Trader
from mycrypto_local.full_demo.identity import NAME
from mycrypto_local.full_demo.stage import Stage
from mycrypto_local.simulate import SENDER_IBAN, bank_transfer, chain_deposit, plan_payouts, settle_payout
from mycrypto_local.staff import end_withdrawal_hold

OUTSIDE = "1BoatSLRHtKNngkdXEeobR76b53LETtpyT"


async def play(stage: Stage, elif_: Trader) -> None:
    await _deposits(stage, elif_)
    phone = await stage.step("Elif switches on a second factor", demo_withdrawal.enrol(elif_), "authenticator")
    asked = {"amount": "100.00", "fiat_account_id": await _account(elif_), "two_fa_code": await phone.code()}
    await stage.refused("a withdrawal right after that", elif_.call("POST", "/api/wallet/withdraw/fiat", asked), "WITHDRAWALS_HELD")
    end_withdrawal_hold(stage.running.accounts_dsn, elif_.email)
    await _large_withdrawal(stage, elif_, phone)
    await _named_address(stage, elif_, phone)
    await _repeated(stage, elif_, phone)
    await _once(stage, elif_)
    limits = await stage.step("Elif looks at what is left of the limits", elif_.call("GET", "/api/wallet/limits"))
    used = Decimal(limits["withdrawal"]["day"]["used"])
    stage.check(used > Decimal(26_000), "what was withdrawn counts, crypto at its value in TRY", limits)
    body = {"currency": "BTC", "amount": "5", "destination_address": OUTSIDE, "two_fa_code": await phone.code()}
    await stage.refused("a withdrawal above the day's limit", elif_.call("POST", "/api/wallet/withdraw/crypto", body), "WALLET_002")


async def _repeated(stage: Stage, elif_: Trader, phone: Authenticator) -> None:
    """The same request twice is one withdrawal; without a key it is none."""
    body = {"amount": "10000.00", "fiat_account_id": await _account(elif_), "two_fa_code": await phone.code()}
    path, key = "/api/wallet/withdraw/fiat", {"Idempotency-Key": secrets.token_hex(16)}

    async def ask(amount: str = "10000.00") -> JSON:
        answer: JSON = await stage.api.request("POST", path, body | {"amount": amount}, token=elif_.access_token, headers=key)
        return answer

    first = await stage.step("Elif withdraws 10,000 TRY", ask(), "with an Idempotency-Key")
    again = await stage.step("… and the program sends it again", ask(), "the same key")
    stage.check(first == again, "the same key is the same withdrawal", again)
    await stage.refused("another withdrawal under that key", ask("10001.00"), "IDEMPOTENCY_CONFLICT")
    keyless = stage.api.request("POST", path, body, token=elif_.access_token, keyed=False)
    await stage.refused("a withdrawal without a key", keyless, "VALIDATION_ERROR")
    await stage.step("Elif takes it back", elif_.call("POST", f"/api/wallet/withdraw/{first['id']}/cancel"), "before any approval")


async def _account(trader: Trader) -> str:
    accounts = await trader.call("GET", "/api/wallet/bank-accounts")
    return str(accounts["data"][0]["id"])


async def _deposits(stage: Stage, elif_: Trader) -> None:
    name = " ".join(NAME)
    body = {"currency": "TRY", "bank_name": "Demo Bankası", "account_holder_name": name, "iban": SENDER_IBAN}
    account = (await stage.step("Elif adds a bank account", elif_.call("POST", "/api/wallet/bank-accounts", body)))["id"]

    async def announce(amount: str) -> JSON:
        deposit: JSON = await elif_.call("POST", "/api/wallet/deposit/fiat", {"amount": amount, "fiat_account_id": account})
        return deposit

    main = await stage.step("Elif announces 40,000 TRY", announce("40000.00"))
    transfer: dict[str, Any] = {"reference": main["reference"], "amount": "40000.00", "sender_name": name, "transaction_id": _number()}
    await stage.step(
        "… the bank's webhook is lost, and the platform asks",
        bank_transfer(stage.api, stage.running.webhooks, **transfer, lost=True),
        "polling every minute",
    )
    taken_back = await stage.step("Elif announces 300 TRY and cancels", announce("300.00"))
    await elif_.call("POST", f"/api/wallet/deposit/{taken_back['deposit_id']}/cancel")
    await bank_transfer(stage.api, stage.running.webhooks, reference=taken_back["reference"], amount="300.00", sender_name=name)
    late = await stage.step("… but the money comes all the same: two people decide", _item(stage, taken_back["reference"]), "an open item")
    await _credit(stage, elif_, late)

    address = await elif_.call("POST", "/api/wallet/deposit/crypto", {"currency": "BTC"}, repeatable=True)
    paid: dict[str, Any] = {"address": address["address"], "currency": "BTC"}
    crumb = await chain_deposit(stage.api, stage.running.webhooks, amount="0.00000500", **paid)
    stage.check("CREDITED" not in str(crumb), "a deposit below the minimum is not credited, people look at it", crumb)
    paid |= {"amount": "0.002", "tx_hash": secrets.token_hex(32)}
    await stage.step("Elif pays 0.002 BTC in", chain_deposit(stage.api, stage.running.webhooks, **paid), "three confirmations")
    of_tron: dict[str, Any] = {"currency": "USDT", "network": "TRC20"}
    tron = await stage.step(
        "Elif has an address for USDT on Tron made", elif_.call("POST", "/api/wallet/deposit/crypto", of_tron, repeatable=True), "TRC20"
    )
    came = chain_deposit(stage.api, stage.running.webhooks, address=tron["address"], amount="5", **of_tron)
    await stage.step("Elif pays 5 USDT in there", came, "nineteen confirmations")
    for currency, amount in (("TRY", "40300"), ("BTC", "0.002"), ("USDT", "5")):
        await stage.step(f"… until {amount} {currency} can be traded with", _tradable(stage, elif_, currency, amount), "credited")
    await stage.step(
        "the lost webhook comes late, and the chain's again", _reported_again(stage, transfer, paid), "one key for webhook and polling"
    )


async def _reported_again(stage: Stage, transfer: dict[str, Any], paid: dict[str, Any]) -> None:
    await bank_transfer(stage.api, stage.running.webhooks, **transfer)
    await chain_deposit(stage.api, stage.running.webhooks, **paid)
    await chain_deposit(stage.api, stage.running.webhooks, **paid, lost=True)


async def _once(stage: Stage, elif_: Trader) -> None:
    """Some minutes after the reports that were repeated."""
    page = await elif_.call("GET", "/api/wallet/transactions", query={"type": "DEPOSIT", "limit": 100})
    seen = sorted((row["currency"], Decimal(row["amount"])) for row in page["data"])
    expected = [("BTC", Decimal("0.002")), ("TRY", Decimal(300)), ("TRY", Decimal(40_000)), ("USDT", Decimal(5))]
    stage.check(seen == expected, "each deposit was credited once, however often it was reported", seen)


def _number() -> str:
    return f"BANK-{secrets.token_hex(8).upper()}"


async def _tradable(stage: Stage, trader: Trader, currency: str, amount: str) -> None:
    async def total() -> Decimal:
        return Decimal((await trader.trading_balance(currency))["total"])

    seen = await stage.until(total, lambda found: found >= Decimal(amount))
    stage.check(seen == Decimal(amount), f"exactly {amount} {currency} have arrived", seen)


async def _item(stage: Stage, reference: str) -> JSON:
    async def look() -> list[JSON]:
        page = await stage.first.call("GET", "/api/wallet/admin/reconciliations", query={"status": "OPEN", "source": "BANK", "limit": 100})
        return [row for row in page["data"] if reference in str(row["document"])]

    return (await stage.until(look, bool))[0]


async def _credit(stage: Stage, elif_: Trader, item: JSON) -> None:
    path = f"/api/wallet/admin/reconciliations/{item['id']}"
    body = {"action": "CREDIT", "reason": "Elif has written to us", "user_id": elif_.user_id}
    await stage.step("the first of staff proposes to credit it", stage.first.call("POST", f"{path}/propose", body))
    await stage.refused("the proposer's own approval", stage.first.call("POST", f"{path}/approve"), "FORBIDDEN")
    await stage.step("… and the second approves", stage.second.call("POST", f"{path}/approve"))


async def _large_withdrawal(stage: Stage, elif_: Trader, phone: Authenticator) -> None:
    await plan_payouts(stage.api, partner="bank", behaviour="slow")
    body = {"amount": "26000.00", "fiat_account_id": await _account(elif_), "two_fa_code": await phone.code()}
    asked = await stage.step("Elif withdraws 26,000 TRY", elif_.call("POST", "/api/wallet/withdraw/fiat", body))
    stage.check(asked["approvals_required"] == 2, "from 25,000 TRY on two people approve", asked)
    path = f"/api/wallet/admin/withdrawals/{asked['id']}"

    await stage.step("the first of staff approves", _when_debited(stage, stage.first, path))
    half = await elif_.call("GET", f"/api/wallet/withdraw/{asked['id']}")
    stage.check(half["status"] == "PENDING", "one approval is not enough", half)
    await stage.step("… and the second", stage.second.call("POST", f"{path}/approve"))

    async def status() -> str:
        return str((await elif_.call("GET", f"/api/wallet/withdraw/{asked['id']}"))["status"])

    key: Query = {"key": f"payout:{asked['id']}"}
    taken = await stage.step("… until the bank has taken it", stage.until(lambda: _at_bank(stage, key), bool), "queue, worker, bank")
    stage.check(taken == "ACCEPTED" and await status() == "PROCESSING", "a slow bank has accepted it and not paid yet", taken)
    keys = stage.running.webhooks
    await stage.step(
        "the bank pays, and says so twice",
        settle_payout(stage.api, keys, partner="bank", withdrawal_id=asked["id"], reports=2),
        "two signed webhooks",
    )
    await stage.step("… until it is booked", stage.until(status, lambda seen: seen == "COMPLETED"), "COMPLETED")
    left = await demo_withdrawal.bookings(stage.exchange, asked["id"])
    stage.check(left == [Decimal("26000.00")], "the money left the bank exactly once", left)


async def _at_bank(stage: Stage, key: Query) -> str:
    try:
        return str((await stage.api.request("GET", "/local/bank/payments", query=key))["state"])
    except ApiError:
        return ""


async def _when_debited(stage: Stage, staff: Trader, path: str) -> JSON:
    async def attempt() -> JSON | None:
        try:
            answer: JSON = await staff.call("POST", f"{path}/approve")
        except ApiError as refused:
            if refused.code != "WITHDRAWAL_STATUS":
                raise
            return None
        return answer

    return await stage.until(attempt, lambda seen: seen is not None) or {}


async def _named_address(stage: Stage, elif_: Trader, phone: Authenticator) -> None:
    body = {"currency": "BTC", "destination_address": OUTSIDE, "label": "own wallet"}
    named = await stage.step("Elif names an address of her own", elif_.call("POST", "/api/wallet/whitelist", body), "a mail")
    token = await stage.mailed_token(elif_.email)
    await stage.step("… and confirms it by the mail", elif_.call("POST", "/api/wallet/whitelist/confirm", {"token": token}), "24 hours")
    asked = {"currency": "BTC", "amount": "0.001", "whitelisted_address_id": named["id"], "two_fa_code": await phone.code()}
    await stage.refused("a withdrawal to it before that", elif_.call("POST", "/api/wallet/withdraw/crypto", asked), "ADDRESS_HELD")
    stage.as_owner("UPDATE whitelisted_addresses SET usable_at = now() WHERE id = %s", named["id"])
    asked["two_fa_code"] = await phone.code()
    sent = await stage.step("a day later Elif sends 0.001 BTC there", elif_.call("POST", "/api/wallet/withdraw/crypto", asked))
    ended = await stage.step("… until the chain has it", demo_withdrawal.ended(elif_, sent["id"]), "signed, broadcast, mined")
    stage.check(ended["status"] == "COMPLETED", "the withdrawal is paid", ended)
