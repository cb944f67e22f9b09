"""A limit order and a stop of which one cancels the other, from the form to the history."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Trader
from mycrypto_local.running import Running
from tests.browser.market import Market, carry_out, proven_trader
from tests.browser.signing_in import log_in


async def _owner_of_bitcoin(exchange: Exchange, owner_dsn: str) -> Trader:
    trader = await proven_trader(exchange, owner_dsn, "pair")
    await exchange.deposit_crypto(trader, "BTC", "1")
    await exchange.wait_until_tradable(trader, "BTC", Decimal(1))
    return trader


def _form_of_a_pair(page: Any, platform: Running) -> Any:
    """The form to sell with, of a newcomer who owns one bitcoin."""
    log_in(page, carry_out(platform, lambda exchange: _owner_of_bitcoin(exchange, platform.accounts_dsn)))
    page.goto("/islem/BTC-TRY")
    page.locator(".book.live").wait_for()
    form = page.locator(".area-form")
    form.get_by_role("tab", name="Sat").click()
    form.get_by_text("1,00 BTC").first.wait_for()
    form.get_by_role("combobox").select_option("OCO")
    return form


def test_a_pair_locks_once_and_the_first_to_trade_cancels_the_other(page: Any, market: Market, platform: Running) -> None:
    form = _form_of_a_pair(page, platform)
    form.get_by_label("Tetik fiyatı").fill("3.300.000,00")
    form.get_by_label("Limit fiyatı", exact=True).fill("3200000")
    form.get_by_label("Miktar", exact=True).fill("0,0005")
    form.get_by_role("button", name="BTC sat", exact=True).click()
    form.get_by_text("Satışta limit fiyatı tetikten yüksek olmalı.").wait_for()

    form.get_by_label("Limit fiyatı", exact=True).fill("3499950")
    form.get_by_label("Stop limit fiyatı").fill("3290000")
    form.get_by_role("button", name="BTC sat", exact=True).click()
    page.get_by_text("OCO emri alındı").first.wait_for()
    page.get_by_role("tab", name="Açık emirler (2)").wait_for()
    rows = page.locator(".mine tr", has_text="OCO")
    assert rows.count() == 2
    assert rows.get_by_role("button", name="Değiştir").count() == 0, "the engine amends no order of a pair"
    form.get_by_text("0,9995 BTC").first.wait_for()

    market.buys(platform, "0.0005")
    page.get_by_role("tab", name="Açık emirler (0)").wait_for()
    page.get_by_role("tab", name="Emir geçmişi").click()
    page.locator(".mine tr", has_text="Gerçekleşti").get_by_text("OCO").wait_for()
    page.locator(".mine tr", has_text="İptal").get_by_text("OCO").wait_for()


def test_cancelling_one_of_a_pair_ends_both(page: Any, market: Market, platform: Running) -> None:
    form = _form_of_a_pair(page, platform)
    form.get_by_label("Tetik fiyatı").fill("3300000")
    form.get_by_label("Limit fiyatı", exact=True).fill("3600000")
    form.get_by_label("Miktar", exact=True).fill("0,005")
    page.keyboard.press("Enter")
    page.get_by_role("tab", name="Açık emirler (2)").wait_for()
    page.get_by_role("button", name="İptal:").first.click()
    page.get_by_role("tab", name="Açık emirler (0)").wait_for()
    form.get_by_text("1,00 BTC").first.wait_for()
