"""Balances: zeros, the cache, and life without Redis (invariant 10)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mycrypto import cache

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.integration.wallet.conftest import User, Wallet


def test_a_user_who_has_nothing_has_zeros(wallet: Wallet, new_user: Callable[..., User]) -> None:
    answer = wallet.call("GET", "/api/wallet/balance/btc", user=new_user())
    assert (answer.status, answer.body) == (
        200,
        {"currency": "BTC", "available_balance": "0", "locked_balance": "0", "total_balance": "0", "updated_at": None, "value_try": "0"},
    )
    listed = wallet.call("GET", "/api/wallet/balances", user=new_user())
    assert [row["currency"] for row in listed.body["data"]] == ["TRY", "BTC", "ETH", "USDT"]


def test_an_unknown_currency_is_not_found(wallet: Wallet, new_user: Callable[..., User]) -> None:
    answer = wallet.call("GET", "/api/wallet/balance/DOGE", user=new_user())
    assert (answer.status, answer.code) == (404, "CURRENCY_NOT_SUPPORTED")


def test_without_an_authorizer_every_request_is_refused(wallet: Wallet) -> None:
    for path in ("balance/TRY", "balances", "transactions", "bank-accounts", "deposit/requests"):
        answer = wallet.call("GET", f"/api/wallet/{path}")
        assert (answer.status, answer.code) == (401, "UNAUTHORIZED")


def _put(wallet: Wallet, user: User, available: int) -> None:
    wallet.database.connect().execute(
        """INSERT INTO wallets VALUES (%s, 'TRY', %s, 0, 0, 1, now())
           ON CONFLICT (user_id, currency) DO UPDATE SET available = excluded.available""",
        (user.id, available),
    )


def test_a_balance_is_read_from_the_cache_until_it_is_dropped(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    _put(wallet, user, 5)
    assert wallet.balance(user, "TRY") == "5"
    _put(wallet, user, 6)
    assert wallet.balance(user, "TRY") == "5"
    ttl = wallet.context.redis.ttl(f"balance:{user.id}:TRY")
    assert isinstance(ttl, int)
    assert 0 < ttl <= 5
    wallet.context.redis.delete(f"balance:{user.id}:TRY")
    assert wallet.balance(user, "TRY") == "6"


def test_without_redis_balances_are_right_all_the_same(
    wallet: Wallet, new_user: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = new_user()
    _put(wallet, user, 5)
    unreachable = cache.client("redis://127.0.0.1:1/0")
    monkeypatch.setattr(wallet.context, "redis", unreachable)
    monkeypatch.setattr(wallet.context, "cache", cache.Cache(lambda: unreachable))
    assert wallet.balance(user, "TRY") == "5"
    _put(wallet, user, 6)
    assert wallet.balance(user, "TRY") == "6"
    assert wallet.call("GET", "/api/wallet/health/ready").body == {
        "status": "ready",
        "checks": {"database": "ok", "redis": "down"},
        "missing": [],
    }


def test_what_another_version_left_in_the_cache_is_not_read(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    wallet.context.redis.set(f"balance:{user.id}:TRY", b'{"v":9}')
    assert wallet.balance(user, "TRY") == "0"


def _trade(wallet: Wallet, symbol: str, price: str, *, hours_ago: int = 0) -> None:
    wallet.database.connect().execute(
        """INSERT INTO market_prices (symbol, price, shard, seq, traded_at) VALUES (%s, %s, 0, 1, %s)
           ON CONFLICT (symbol) DO UPDATE SET price = excluded.price, traded_at = excluded.traded_at""",
        (symbol, price, wallet.now - timedelta(hours=hours_ago)),
    )


def _hold(wallet: Wallet, user: User, **amounts: str) -> None:
    for currency, amount in amounts.items():
        wallet.database.connect().execute("INSERT INTO wallets VALUES (%s, %s, %s, %s, 0, 1, now())", (user.id, currency, amount, amount))


def test_balances_have_a_value_in_lira_by_the_last_trade(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    _hold(wallet, user, TRY="10.5", BTC="0.00000001", ETH="2", USDT="9999999999")
    _trade(wallet, "BTC/TRY", "4000000.99")
    _trade(wallet, "ETH/USDT", "3000")
    _trade(wallet, "USDT/TRY", "42")
    listed = wallet.call("GET", "/api/wallet/balances", user=user).body
    values = {row["currency"]: row["value_try"] for row in listed["data"]}
    assert values == {"TRY": "21", "BTC": "0.08000001", "ETH": "504000", "USDT": "839999999916"}
    assert listed["total_try"] == "840000503937.08000001"
    assert wallet.call("GET", "/api/wallet/balance/ETH", user=user).body["value_try"] == "504000"


def test_an_old_price_is_none(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    _hold(wallet, user, TRY="5", BTC="1")
    _trade(wallet, "BTC/TRY", "4000000", hours_ago=25)
    listed = wallet.call("GET", "/api/wallet/balances", user=user).body
    assert {row["currency"]: row["value_try"] for row in listed["data"]} == {"TRY": "10", "BTC": None, "ETH": "0", "USDT": "0"}
    assert listed["total_try"] == "10"


def test_a_wiped_redis_changes_no_number(wallet: Wallet, new_user: Callable[..., User]) -> None:
    user = new_user()
    wallet.enable_second_factor(user)
    wallet.funded(user, "750")
    _trade(wallet, "BTC/TRY", "4000000")
    paths = ("balances", "balance/TRY", "transactions", "limits", "deposit/requests", "bank-accounts", "withdraw/requests")

    def numbers() -> list[object]:
        return [wallet.call("GET", f"/api/wallet/{path}", user=user).body for path in paths]

    before = numbers()
    assert wallet.context.redis.keys(f"*balance*{user.id}*")
    wallet.context.redis.flushdb()
    assert numbers() == before == numbers()
