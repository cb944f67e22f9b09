"""The bell and the list of notices: a new one comes by itself, is read with the keyboard, and is written in the reader's language."""

from __future__ import annotations

from typing import Any

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Trader
from mycrypto_local.running import Running
from tests.browser.conftest import PHONE
from tests.browser.market import Market, carry_out
from tests.browser.signing_in import log_in


def _newcomer(platform: Running) -> Trader:
    async def make(exchange: Exchange) -> Trader:
        return await exchange.new_trader("bell")

    return carry_out(platform, make)


def _deposit(platform: Running, trader: Trader, amount: str) -> None:
    async def pay(exchange: Exchange) -> None:
        mine = Trader(exchange.api, trader.email, trader.password, trader.user_id, trader.access_token)
        await exchange.deposit_crypto(mine, "ETH", amount)

    carry_out(platform, pay)


def _unread(page: Any, count: int) -> Any:
    found = page.get_by_role("link", name=f"Bildirimler, {count} okunmamış" if count else "Bildirimler", exact=True).first
    found.wait_for(timeout=60_000)
    return found


def test_the_bell_counts_what_comes_and_the_list_is_read_with_the_keyboard(page: Any, market: Market, platform: Running) -> None:
    trader = _newcomer(platform)
    log_in(page, trader)
    _unread(page, 0)
    _deposit(platform, trader, "1.25")
    bell = _unread(page, 2)  # seen and credited; nothing was loaded again
    bell.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/bildirimler")
    rows = page.locator(".notice-row")
    rows.nth(1).wait_for()
    assert rows.count() == 2
    credited = rows.filter(has_text="Yatırmanız tamamlandı")
    credited.get_by_text("1,25 ETH hesabınızda.").wait_for()
    credited.get_by_role("button", name="Okundu: Yatırmanız tamamlandı").focus()
    page.keyboard.press("Enter")
    _unread(page, 1)
    assert credited.locator(".badge").count() == 0
    page.get_by_role("button", name="Tümünü okundu say").click()
    _unread(page, 0)
    page.reload()
    page.locator(".notice-row").first.wait_for()
    assert page.locator(".notice-row.unread").count() == 0
    page.get_by_role("button", name="EN: Dili İngilizceye çevir").click()
    page.get_by_role("heading", name="Your deposit is complete").wait_for()
    page.get_by_role("link", name="Your deposit is complete").click()
    page.wait_for_url("**/cuzdan")


def test_on_a_phone_the_bell_is_in_reach_and_the_list_fits(page: Any, market: Market, platform: Running) -> None:
    trader = _newcomer(platform)
    _deposit(platform, trader, "0.5")
    page.set_viewport_size(PHONE)
    log_in(page, trader)
    _unread(page, 2).click()
    page.locator(".notice-row.unread").nth(1).wait_for()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    box = page.locator(".top .bell").bounding_box()
    assert box["width"] >= 24
    assert box["height"] >= 24
    assert box["x"] + box["width"] <= PHONE["width"]


def test_one_session_ends_and_the_next_users_bell_knows_nothing_of_it(page: Any, market: Market, platform: Running) -> None:
    first, second = _newcomer(platform), _newcomer(platform)
    _deposit(platform, first, "0.5")
    log_in(page, first)
    _unread(page, 2)
    page.get_by_role("button", name="Çıkış yap").click()
    page.get_by_role("link", name="Giriş yap").first.wait_for()
    assert page.locator(".bell").count() == 0
    log_in(page, second)
    _unread(page, 0)
    page.goto("/bildirimler")
    page.get_by_text("Henüz bildiriminiz yok.").wait_for()
