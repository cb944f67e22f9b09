"""An address that was named beforehand: confirmed by mail, usable a day later, and the user's own business."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wallet.conftest import Answer, User, Wallet

ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
DAY = timedelta(hours=24)


@pytest.fixture
def user(wallet: Wallet, new_user: Callable[..., User]) -> User:
    found = new_user(kyc_level=3)
    wallet.enable_second_factor(found)
    return found


def add(wallet: Wallet, user: User, **changes: Any) -> Answer:
    return wallet.call(
        "POST", "/api/wallet/whitelist", {"currency": "eth", "destination_address": ADDRESS, "label": " Soğuk "} | changes, user=user
    )


def token(wallet: Wallet) -> str:
    (mail,) = [message for message in wallet.sqs.messages() if message["type"] == "address_confirmation"]
    assert mail["data"]["network"] == "Ethereum"
    return str(mail["data"]["link"].partition("token=")[2])


def confirm(wallet: Wallet, user: User, text: str) -> Answer:
    return wallet.call("POST", "/api/wallet/whitelist/confirm", {"token": text}, user=user)


def withdraw(wallet: Wallet, user: User, **changes: Any) -> Answer:
    wallet.context.redis.delete(f"ratelimit:{user.id}:withdraw")
    body = {"currency": "ETH", "amount": "1", "two_fa_code": wallet.code(user)}
    return wallet.call("POST", "/api/wallet/withdraw/crypto", body | changes, user=user)


def test_a_named_address_is_usable_a_day_after_it_was_confirmed_by_mail(wallet: Wallet, user: User) -> None:
    deposit = wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": "ETH"}, user=user).body["address"]
    wallet.report("chain", wallet.chain_report(deposit, "ETH", "2"))
    wallet.run_engine()
    named = add(wallet, user)
    assert (named.status, named.body["address"], named.body["label"], named.body["confirmed_at"]) == (201, ADDRESS, "Soğuk", None)
    use = {"whitelisted_address_id": named.body["id"]}
    assert withdraw(wallet, user, **use).code == "ADDRESS_HELD"
    assert confirm(wallet, user, token(wallet)).body["confirmed_at"] is not None
    wallet.pass_time(DAY - timedelta(minutes=2))
    assert withdraw(wallet, user, **use).code == "ADDRESS_HELD"
    wallet.pass_time(timedelta(minutes=2))
    asked = withdraw(wallet, user, **use)
    assert (asked.status, asked.body["destination"]) == (201, ADDRESS)
    assert withdraw(wallet, user, **use, destination_address=ADDRESS).code == "VALIDATION_ERROR"
    assert withdraw(wallet, user).code == "VALIDATION_ERROR"
    assert withdraw(wallet, user, **use, currency="BTC").code == "ADDRESS_NOT_FOUND"


def test_a_token_confirms_once_for_its_user_within_a_day(wallet: Wallet, user: User, new_user: Callable[..., User]) -> None:
    add(wallet, user)
    text = token(wallet)
    assert confirm(wallet, new_user(), text).code == "VERIFICATION_TOKEN_INVALID"
    assert confirm(wallet, user, "0" * 64).code == "VERIFICATION_TOKEN_INVALID"
    assert confirm(wallet, user, "x").code == "VALIDATION_ERROR"
    wallet.pass_time(DAY)
    assert confirm(wallet, user, text).code == "VERIFICATION_TOKEN_INVALID"
    wallet.pass_time(-timedelta(seconds=1))
    first = confirm(wallet, user, text)
    assert first.status == 200
    wallet.pass_time(timedelta(seconds=-1))
    assert confirm(wallet, user, text).code == "VERIFICATION_TOKEN_INVALID", "the day does not begin again"


def test_the_list_is_the_users_own(wallet: Wallet, user: User, new_user: Callable[..., User]) -> None:
    other = new_user()
    named = add(wallet, user).body
    assert add(wallet, user).code == "DUPLICATE_ADDRESS"
    assert add(wallet, user, destination_address="0x12").code == "VALIDATION_ERROR"
    assert add(wallet, user, currency="TRY").code == "CURRENCY_NOT_SUPPORTED"
    assert add(wallet, user, label="  ").code == "VALIDATION_ERROR"
    assert wallet.call("GET", "/api/wallet/whitelist", user=other).body == {"data": []}
    path = f"/api/wallet/whitelist/{named['id']}"
    assert wallet.call("DELETE", path, user=other).code == "ADDRESS_NOT_FOUND"
    assert withdraw(wallet, user, whitelisted_address_id=str(other.id)).code == "ADDRESS_NOT_FOUND"
    assert wallet.call("DELETE", path, user=user).status == 204
    assert wallet.call("DELETE", path, user=user).code == "ADDRESS_NOT_FOUND"
    assert wallet.call("GET", "/api/wallet/whitelist", user=user).body == {"data": []}
    assert add(wallet, user).status == 201
