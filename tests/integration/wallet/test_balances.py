"""Balances: zeros, the cache, and life without Redis (invariant 10)."""

from __future__ import annotations

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
        {"currency": "BTC", "available_balance": "0", "locked_balance": "0", "total_balance": "0", "updated_at": None},
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
