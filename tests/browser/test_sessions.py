"""A session in the browser: two tabs share it, an expired token is renewed without a word, and an order is placed without a mouse."""

from __future__ import annotations

from typing import Any

from mycrypto_local.client import Trader
from mycrypto_local.running import Running
from tests.browser.market import Market, carry_out, proven_trader
from tests.browser.signing_in import log_in


def test_two_tabs_renew_the_session_at_once_and_both_stay_signed_in(page: Any, market: Market) -> None:
    log_in(page, market.taker)
    other = page.context.new_page()
    for _ in range(2):
        page.evaluate("location.reload()")
        other.goto("/cuzdan")
        for tab in (page, other):
            tab.get_by_role("button", name="Çıkış yap").wait_for()
    other.get_by_role("button", name="Çıkış yap").click()
    page.get_by_role("banner").get_by_role("link", name="Giriş yap").wait_for()  # leaving in one tab leaves in all


def test_a_token_that_has_expired_is_renewed_and_the_request_repeated(page: Any, market: Market) -> None:
    log_in(page, market.taker)
    refused = {"left": 1}

    def expired(route: Any) -> None:
        if refused["left"]:
            refused["left"] -= 1
            problem = {
                "code": "INVALID_TOKEN",
                "status": 401,
                "title": "The token is invalid or expired",
                "message": "Oturumunuz geçersiz.",
            }
            route.fulfill(status=401, content_type="application/problem+json", json=problem)
        else:
            route.continue_()

    page.route("**/api/wallet/balances", expired)
    page.get_by_role("navigation", name="Ana menü").get_by_role("link", name="Cüzdan").click()
    page.get_by_role("cell", name="BTC", exact=False).first.wait_for()
    assert refused["left"] == 0


def test_an_order_by_keyboard_alone(page: Any, market: Market, platform: Running) -> None:
    async def make(exchange: Any) -> Trader:
        trader = await proven_trader(exchange, platform.accounts_dsn, "keys")
        await exchange.deposit_fiat(trader, "5000.00", await exchange.add_bank_account(trader))
        return trader

    log_in(page, carry_out(platform, make))
    page.goto("/islem/BTC-TRY")
    page.locator(".area-form").get_by_text("₺5.000,00").wait_for(timeout=60_000)
    page.locator("main").focus()
    page.keyboard.press("b")
    page.keyboard.press("p")
    page.keyboard.type("3400000")
    page.keyboard.press("Tab")
    page.keyboard.type("0,0002")
    page.keyboard.press("Enter")
    page.get_by_role("tab", name="Açık emirler (1)").wait_for()
    page.locator("main").focus()
    page.keyboard.press("Shift+X")
    page.get_by_role("dialog").wait_for()
    page.get_by_role("dialog").get_by_role("button", name="Onayla").focus()
    page.keyboard.press("Enter")
    page.get_by_role("tab", name="Açık emirler (0)").wait_for()
