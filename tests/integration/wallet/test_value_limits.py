"""Value limits hold for crypto as for TRY: at the price of the last trade, in and out, per day and month, whatever comes at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

import pytest

from functions.wallet import limits, withdrawals
from functions.wallet.models import WithdrawCrypto
from mycrypto.database import Database
from mycrypto.errors import ProblemError
from mycrypto.http.request import Principal, Request
from mycrypto.http.settings import LOCAL
from mycrypto.proxies import Proxy
from mycrypto.security.second_factor import Check

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.wallet.conftest import Answer, User, Wallet

ETH_ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
ONE = 10**8


@pytest.fixture
def noon(wallet: Wallet) -> None:
    """Noon of the tenth, so that a few days of a test stay in the month."""
    wallet.now = limits.month_start(wallet.now + timedelta(days=32)) + timedelta(days=9, hours=12)


@pytest.fixture
def user(wallet: Wallet, new_user: Callable[..., User], noon: None) -> User:
    found = new_user()
    wallet.enable_second_factor(found)
    return found


def price(wallet: Wallet, symbol: str, lira: int, age: timedelta = timedelta()) -> None:
    """What settlement writes when it settles a trade."""
    wallet.database.kept().execute(
        """INSERT INTO market_prices (symbol, price, shard, seq, traded_at) VALUES (%s, %s, 0, 1, %s)
           ON CONFLICT (symbol) DO UPDATE SET price = excluded.price, traded_at = excluded.traded_at""",
        (symbol, lira, wallet.now - age),
    )


def deposit(wallet: Wallet, user: User, currency: str, amount: str) -> None:
    wallet.context.redis.delete(f"ratelimit:{user.id}:deposit")
    address = wallet.call("POST", "/api/wallet/deposit/crypto", {"currency": currency}, user=user).body["address"]
    assert wallet.report("chain", wallet.chain_report(address, currency, amount)).body["outcome"] == "ACCEPTED"
    wallet.run_engine()


def withdraw(wallet: Wallet, user: User, currency: str, amount: str) -> Answer:
    wallet.context.redis.delete(f"ratelimit:{user.id}:withdraw")
    address = {"BTC": "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2"}.get(currency, ETH_ADDRESS)
    body = {"currency": currency, "destination_address": address, "amount": amount, "two_fa_code": wallet.code(user)}
    return wallet.call("POST", "/api/wallet/withdraw/crypto", body, user=user)


def overview(wallet: Wallet, user: User) -> dict[str, Any]:
    answer = wallet.call("GET", "/api/wallet/limits", user=user)
    assert answer.status == 200, answer
    found: dict[str, Any] = answer.body
    return found


def test_a_level_one_user_brings_sixty_eth_and_takes_out_what_the_level_allows(wallet: Wallet, user: User) -> None:
    price(wallet, "ETH/TRY", 50_000)
    deposit(wallet, user, "ETH", "60")
    assert wallet.balance(user, "ETH") == "60", "what came is credited: it is the user's and may be traded"
    refused = withdraw(wallet, user, "ETH", "50")
    assert (refused.code, refused.body["period"], refused.body["limit"], refused.body["remaining"], refused.body["value"]) == (
        "WALLET_002",
        "DAILY",
        "1000",
        "1000",
        "2500000",
    )
    seen = overview(wallet, user)
    assert seen["deposit"]["day"] == {"limit": "1000", "used": "3000000", "left": "0"}
    assert seen["deposits_over_limit"] == "2999000"
    assert withdraw(wallet, user, "ETH", "0.01").status == 201
    assert overview(wallet, user)["withdrawal"] == {
        "day": {"limit": "1000", "used": "500", "left": "500"},
        "month": {"limit": "500000", "used": "500", "left": "499500"},
    }
    assert withdraw(wallet, user, "ETH", "0.0101").body["remaining"] == "500"


def test_what_lies_above_the_limit_stays_until_the_level_is_raised(wallet: Wallet, user: User) -> None:
    price(wallet, "USDT/TRY", 40)
    deposit(wallet, user, "USDT", "50")
    price(wallet, "USDT/TRY", 21)
    refused = withdraw(wallet, user, "USDT", "10")
    assert (refused.status, refused.code) == (403, "DEPOSITS_OVER_LIMIT"), "1000 of it are to stay, 1050 are there"
    assert (refused.body["over_limit"], refused.body["withdrawable"]) == ("1000", "50")
    user.kyc_level = 2
    assert overview(wallet, user)["deposits_over_limit"] == "0"
    assert withdraw(wallet, user, "USDT", "10").status == 201


def test_the_excess_of_each_day_and_month_counts_and_of_no_other(wallet: Wallet, user: User) -> None:
    user.kyc_level = 2
    price(wallet, "USDT/TRY", 40)
    expected = ["0", "0", "20000"]
    for amount, over in zip(("1250", "500", "1250"), expected, strict=True):  # 50,000, then 20,000 and 50,000 on one day
        deposit(wallet, user, "USDT", amount)
        assert overview(wallet, user)["deposits_over_limit"] == over
        if amount == "1250":
            wallet.pass_time(timedelta(days=1))
            price(wallet, "USDT/TRY", 40)
    for _ in range(8):  # 120,000 are in the month, days of 50,000 fill it: after 380,000 more the month is over its limit
        deposit(wallet, user, "USDT", "1250")
        wallet.pass_time(timedelta(days=1))
        price(wallet, "USDT/TRY", 40)
    assert overview(wallet, user)["deposits_over_limit"] == "20000", "520,000 came, 500,000 are allowed; the day's excess is in it"
    deposit(wallet, user, "USDT", "1250")
    assert overview(wallet, user)["deposits_over_limit"] == "70000"
    wallet.now = limits.next_month(wallet.now)
    assert overview(wallet, user)["deposit"]["month"]["used"] == "0"
    assert overview(wallet, user)["deposits_over_limit"] == "70000", "a new month forgives nothing"


def test_tl_and_crypto_share_a_limit_in_both_directions(wallet: Wallet, user: User) -> None:
    price(wallet, "USDT/TRY", 40)
    account = wallet.funded(user, "400")
    deposit(wallet, user, "USDT", "10")
    refused = wallet.fiat_deposit(user, "201", account=account)
    assert (refused.code, refused.body["remaining"]) == ("WALLET_002", "200")
    assert wallet.fiat_deposit(user, "200", account=account).status == 201
    deposit(wallet, user, "USDT", "10")
    assert overview(wallet, user)["deposits_over_limit"] == "200", "an announced transfer is not money yet: 400 + 400 + 400"
    fiat = {"amount": "200", "fiat_account_id": account}
    assert wallet.call("POST", "/api/wallet/withdraw/fiat", fiat | {"two_fa_code": wallet.code(user)}, user=user).status == 201
    assert withdraw(wallet, user, "USDT", "10").status == 201
    wallet.run_engine()
    assert withdraw(wallet, user, "USDT", "10.000001").body["remaining"] == "400"


def test_what_came_to_nothing_gives_its_share_back(wallet: Wallet, new_user: Callable[..., User], user: User) -> None:
    staff = new_user(roles="USER,ADMIN")
    price(wallet, "USDT/TRY", 40)
    deposit(wallet, user, "USDT", "100")

    def cancelled(withdrawal: dict[str, Any]) -> Answer:
        return wallet.call("POST", f"/api/wallet/withdraw/{withdrawal['id']}/cancel", user=user)

    def rejected(withdrawal: dict[str, Any]) -> Answer:
        return wallet.call("POST", f"/api/wallet/admin/withdrawals/{withdrawal['id']}/reject", {"reason": "no"}, user=staff)

    def failed(withdrawal: dict[str, Any]) -> Answer:
        answer = wallet.call("POST", f"/api/wallet/admin/withdrawals/{withdrawal['id']}/approve", user=staff)
        wallet.fail_payout("chain")
        return answer

    for end in (cancelled, rejected, failed):
        asked = withdraw(wallet, user, "USDT", "25")
        assert asked.status == 201, asked
        wallet.run_engine()
        assert overview(wallet, user)["withdrawal"]["day"] == {"limit": "1000", "used": "1000", "left": "0"}
        assert withdraw(wallet, user, "USDT", "10").code == "WALLET_002"
        assert end(asked.body).status == 200
        wallet.run_engine()
        assert overview(wallet, user)["withdrawal"]["day"]["left"] == "1000"


def test_the_share_is_what_it_was_worth_when_it_was_asked_for(wallet: Wallet, user: User) -> None:
    price(wallet, "USDT/TRY", 40)
    deposit(wallet, user, "USDT", "25")
    assert withdraw(wallet, user, "USDT", "20").status == 201
    price(wallet, "USDT/TRY", 80)
    assert overview(wallet, user)["withdrawal"]["day"]["used"] == "800"
    assert overview(wallet, user)["deposit"]["day"]["used"] == "1000"
    wallet.now = limits.next_day(wallet.now) - timedelta(milliseconds=1)
    assert overview(wallet, user)["withdrawal"]["day"]["used"] == "800"
    wallet.now += timedelta(milliseconds=1)
    assert overview(wallet, user)["withdrawal"]["day"]["used"] == "0"
    assert overview(wallet, user)["withdrawal"]["month"]["used"] == "800"


@pytest.mark.parametrize("age", [None, timedelta(hours=24, seconds=1)])
def test_without_a_price_nothing_with_a_limit_leaves(wallet: Wallet, user: User, age: timedelta | None) -> None:
    if age is not None:
        price(wallet, "ETH/TRY", 40_000, age)
    price(wallet, "BTC/TRY", 4_000_000)
    deposit(wallet, user, "ETH", "60")
    refused = withdraw(wallet, user, "ETH", "0.01")
    assert (refused.status, refused.code) == (503, "PRICE_UNAVAILABLE")
    assert wallet.database.kept().execute("SELECT count(*) FROM withdrawals").fetchone() == (0,)
    user.kyc_level = 3
    assert withdraw(wallet, user, "ETH", "50").status == 201, "who has no limit needs no price"


def test_a_deposit_from_before_the_first_price_is_valued_by_that(wallet: Wallet, user: User) -> None:
    deposit(wallet, user, "ETH", "60")
    assert overview(wallet, user)["deposit"]["day"]["used"] == "0"
    price(wallet, "ETH/USDT", 1_000)
    price(wallet, "USDT/TRY", 40)
    assert overview(wallet, user)["deposit"]["day"]["used"] == "2400000"
    price(wallet, "USDT/TRY", 20)
    assert overview(wallet, user)["deposit"]["day"]["used"] == "2400000"


def test_twenty_requests_at_once_take_no_more_than_one_could(wallet: Wallet, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a code of its own, as it were: the second factor is not what is tried here."""
    price(wallet, "USDT/TRY", 40)
    deposit(wallet, user, "USDT", "25")
    deposit(wallet, user, "USDT", "1000")
    monkeypatch.setattr(wallet.context, "codes", SimpleNamespace(check=lambda *_, **__: Check.RIGHT))
    principal = cast("Principal", SimpleNamespace(user_id=user.id, kyc_level=1, email=user.email))
    request = Request({"requestContext": {"identity": {"sourceIp": "127.0.0.1"}}}, proxy=Proxy(), body_bytes_max=1_000)
    body = WithdrawCrypto("USDT", "10", "000000", ETH_ADDRESS)
    start = Barrier(20)

    def ask(_: int) -> str:
        database = Database(wallet.database.dsn("wallet_app"))
        try:
            start.wait(30)
            with database.transaction() as connection:
                withdrawals.withdraw_crypto(wallet.context, connection, request, principal, body)
        except ProblemError as refused:
            return refused.kind.code
        finally:
            database.close()
        return "CREATED"

    with ThreadPoolExecutor(20) as pool:
        outcomes = sorted(pool.map(ask, range(20)))
    assert outcomes == ["CREATED"] * 2 + ["WALLET_002"] * 18
    assert overview(wallet, user)["withdrawal"]["day"] == {"limit": "1000", "used": "800", "left": "200"}


def test_settlement_keeps_the_price_of_the_last_trade(wallet: Wallet) -> None:
    from mycrypto.contracts.trading import Side

    engine, maker, taker = wallet.engine, uuid4(), uuid4()

    def fund(owner: UUID, asset: str, amount: int) -> None:
        from mycrypto.ledger import CUSTODY_HOT, Kind
        from mycrypto.ledger.crossing import Crossing, into_trading

        transfer = uuid4()
        crossing = Crossing(
            transfer_id=transfer, user_id=owner, currency=asset, amount=amount, kind=Kind.DEPOSIT, reference=("TEST", transfer), why="test"
        )
        with wallet.context.db.transaction() as connection:
            into_trading(connection, crossing, source=CUSTODY_HOT, moment=wallet.now)
        wallet.context.flush()

    fund(maker, "BTC", ONE)
    fund(taker, "TRY", 10_000_000 * ONE)
    wallet.run_engine()
    for lira in (3_000_000, 3_100_000):
        engine.take(taker, engine.rest(maker, Side.SELL, lira * ONE, ONE // 10), ONE // 10)
    wallet.run_engine()
    found = wallet.database.kept().execute("SELECT symbol, price::text, traded_at FROM market_prices").fetchall()
    assert [(row[0], row[1]) for row in found] == [("BTC/TRY", "3100000.00000000")]
    assert int(found[0][2].timestamp() * 1000) == engine.time_ms - 1


def test_who_is_not_known_has_no_limits_to_see(wallet: Wallet) -> None:
    assert wallet.context.settings.stage == LOCAL
    assert wallet.call("GET", "/api/wallet/limits").status == 401
