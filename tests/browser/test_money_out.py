"""Crypto leaves to an address that is typed: what is wrong with it is said at its field, in the page's language."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any, Final

from mycrypto.security import totp
from mycrypto_local import staff
from mycrypto_local.actors import Exchange
from mycrypto_local.client import Trader
from mycrypto_local.demo_withdrawal import enrol
from mycrypto_local.running import Running
from tests.browser.market import carry_out, proven_trader
from tests.browser.signing_in import log_in

ADDRESS: Final = "0x52908400098527886E0F7030069857D2E4169EE7"
MISTYPED: Final = "0xB2908400098527886E0F7030069857D2E4169Ee7"


async def _owner_of_ether(exchange: Exchange, owner_dsn: str) -> Trader:
    trader = await proven_trader(exchange, owner_dsn, "owner")
    await exchange.deposit_crypto(trader, "ETH", "2")
    await exchange.wait_until_tradable(trader, "ETH", Decimal(2))
    return trader


def test_a_mistyped_address_is_named_at_its_field_and_a_right_one_is_paid(page: Any, platform: Running) -> None:
    trader = carry_out(platform, lambda exchange: _owner_of_ether(exchange, platform.accounts_dsn))
    log_in(page, trader)
    phone = carry_out(
        platform, lambda exchange: enrol(Trader(exchange.api, trader.email, trader.password, trader.user_id, trader.access_token))
    )
    staff.end_withdrawal_hold(platform.accounts_dsn, trader.email)

    page.goto("/cuzdan/cek/ETH")
    address = page.get_by_label("Gönderilecek adres")
    address.fill(MISTYPED)
    page.get_by_label("Tutar").fill("0,5")
    page.get_by_role("button", name="Gözden geçir").click()
    dialog = page.get_by_role("dialog")
    code = totp.code_at(phone.secret, int(time.time()) + 30)
    dialog.get_by_role("textbox").fill(code)
    dialog.get_by_role("button", name="Çekimi gönder").click()
    dialog.wait_for(state="detached")
    assert address.get_attribute("aria-invalid") == "true"
    page.locator(".field.bad", has=address).get_by_text("Adresin denetim toplamı yanlış. Adresi yeniden kopyalayın.").wait_for()

    address.fill(ADDRESS)
    assert address.get_attribute("aria-invalid") is None, "it is said of what was sent, not of what is typed now"
    page.get_by_role("button", name="Gözden geçir").click()
    dialog.get_by_role("textbox").fill(code)  # a refused address has not spent it
    dialog.get_by_role("button", name="Çekimi gönder").click()
    page.get_by_text("Çekim talebi alındı").wait_for()
