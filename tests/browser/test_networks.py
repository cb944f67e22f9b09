"""USDT comes and goes by two networks: a person chooses, is warned, and sees an address and figures of that network."""

from __future__ import annotations

from typing import Any

from mycrypto_local import demo_withdrawal, staff
from mycrypto_local.actors import Exchange
from mycrypto_local.authenticator import Authenticator
from mycrypto_local.client import Trader
from mycrypto_local.running import Running
from mycrypto_local.simulate import chain_deposit
from tests.browser.market import carry_out, proven_trader
from tests.browser.signing_in import log_in

OF_ETHEREUM = "0x52908400098527886E0F7030069857D2E4169EE7"
OUTSIDE = "TSeJkUh4Qv67VNFwY8LaAxERygNdy6NQZK"


def test_usdt_is_paid_in_over_tron_and_leaves_by_it(page: Any, platform: Running) -> None:
    trader = carry_out(platform, lambda exchange: proven_trader(exchange, platform.accounts_dsn, "tron"))
    log_in(page, trader)
    page.goto("/cuzdan/yatir/USDT")
    page.get_by_label("Ağ", exact=True).select_option("Tron (TRC-20)")
    page.get_by_text("Gönderen tarafta da aynı ağı seçin").wait_for()
    page.get_by_role("button", name="Adres oluştur").click()
    page.get_by_text("19 onaydan sonra hesaba geçer").wait_for()
    page.get_by_text("yalnız TRC20 ağından USDT gönderin").wait_for()
    address = page.locator("code.address").inner_text()
    assert (address[0], len(address)) == ("T", 34)
    page.get_by_label("Ağ", exact=True).select_option("Ethereum (ERC-20)")
    page.get_by_role("button", name="Adres oluştur").click()
    page.get_by_text("12 onaydan sonra hesaba geçer").wait_for()
    assert page.locator("code.address").inner_text().startswith("0x")
    page.reload()
    page.get_by_label("Ağ", exact=True).select_option("Tron (TRC-20)")
    page.get_by_text("19 onaydan sonra hesaba geçer").wait_for()
    assert page.locator("code.address").inner_text() == address

    async def paid(exchange: Exchange) -> Authenticator:
        await chain_deposit(exchange.api, platform.webhooks, address=address, currency="USDT", amount="40", network="TRC20")
        return await demo_withdrawal.enrol(Trader(exchange.api, trader.email, trader.password, trader.user_id, trader.access_token))

    phone = carry_out(platform, paid)
    staff.end_withdrawal_hold(platform.accounts_dsn, trader.email)
    page.reload()
    page.get_by_text("Onay 19/19").wait_for()

    page.goto("/cuzdan/cek/USDT")
    page.get_by_label("Ağ", exact=True).select_option("Tron (TRC-20)")
    page.get_by_text("Alıcının istediği ağı seçin").wait_for()
    page.get_by_text("Ağ: TRC20").wait_for()
    page.get_by_text("Kullanılabilir: 40").wait_for()
    page.get_by_label("Tutar").fill("20")
    for destination, answer in ((OF_ETHEREUM, "Geçerli bir Tron adresi değil"), (OUTSIDE, "Çekim talebi alındı")):
        page.get_by_label("Gönderilecek adres").fill(destination)
        page.get_by_role("button", name="Gözden geçir").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_text("TRC20", exact=True).wait_for()
        dialog.get_by_role("textbox").fill(carry_out(platform, lambda _: phone.code()))
        dialog.get_by_role("button", name="Çekimi gönder").click()
        page.get_by_text(answer).wait_for()
    page.locator("tbody tr", has_text=OUTSIDE).get_by_text("TRC20").wait_for()
