"""Money leaves: a second factor, a withdrawal, and the one who approves it in the back office."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

from mycrypto.security import totp
from mycrypto_local import staff
from mycrypto_local.actors import Exchange
from mycrypto_local.client import Trader
from mycrypto_local.running import Running
from tests.browser.conftest import DESKTOP, Heard
from tests.browser.market import carry_out, proven_trader

ADDRESS = "0x52908400098527886E0F7030069857D2E4169EE7"


async def _owner_of_ether(exchange: Exchange, owner_dsn: str) -> Trader:
    trader = await proven_trader(exchange, owner_dsn, "owner")
    await exchange.deposit_crypto(trader, "ETH", "2")
    await exchange.wait_until_tradable(trader, "ETH", Decimal(2))
    return trader


def _log_in(page: Any, trader: Trader) -> None:
    page.goto("/giris")
    page.get_by_label("E-posta").fill(trader.email)
    page.get_by_label("Şifre", exact=True).fill(trader.password)
    page.get_by_role("main").get_by_role("button", name="Giriş yap").click()
    page.get_by_role("button", name="Çıkış yap").wait_for()


def test_a_withdrawal_with_a_second_factor_is_asked_for_and_approved(
    chromium: Any, page: Any, site: str, platform: Running, heard: Heard
) -> None:
    trader = carry_out(platform, lambda exchange: _owner_of_ether(exchange, platform.accounts_dsn))
    _log_in(page, trader)
    page.goto("/hesap/guvenlik")
    page.get_by_role("button", name="Aç", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Şifre", exact=True).fill(trader.password)
    dialog.get_by_role("button", name="Devam").click()
    secret = dialog.locator("code").inner_text().replace(" ", "")
    dialog.get_by_role("textbox").fill(totp.code_at(secret, int(time.time())))
    dialog.get_by_role("button", name="Aç", exact=True).click()
    dialog.get_by_role("button", name="Kaydettim").click()
    page.get_by_text("10 yedek kod kaldı").wait_for()

    page.goto("/cuzdan/cek/ETH")
    page.get_by_text("Güvenlik değişikliğinden sonra çekimler").wait_for()
    staff.end_withdrawal_hold(platform.accounts_dsn, trader.email)
    page.reload()
    page.get_by_label("Gönderilecek adres").fill(ADDRESS)
    page.get_by_label("Tutar").fill("0,5")
    page.get_by_role("button", name="Gözden geçir").click()
    dialog.get_by_role("textbox").fill(totp.code_at(secret, int(time.time()) + 30))
    dialog.get_by_role("button", name="Çekimi gönder").click()
    page.get_by_text("Çekim talebi alındı").wait_for()

    operator = carry_out(platform, lambda exchange: staff.new_operator(exchange, platform.accounts_dsn))
    office = chromium.new_context(viewport=DESKTOP, locale="tr-TR", base_url=site)
    try:
        desk = office.new_page()
        desk.set_default_timeout(20_000)
        heard.listen(desk)
        _log_in(desk, operator)
        desk.goto("/ops/withdrawals")
        row = desk.locator("tr", has_text=ADDRESS).first
        row.get_by_role("button", name="Onayla").click()
        desk.get_by_role("dialog").get_by_role("button", name="Uygula").click()
        desk.get_by_role("dialog").wait_for(state="detached")
        row.get_by_role("button", name="Onayla").wait_for(state="detached")
    finally:
        office.close()
