"""The first ten minutes of a new user, in a real browser."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from typing import Any

import httpx

from mycrypto_local.running import Running
from mycrypto_local.simulate import bank_transfer
from tests.browser.market import Market, carry_out

PASSWORD = "Deniz!Feneri42x"


def mailed_link(site: str, address: str, path: str) -> str:
    """The address in the newest mail that leads to this path."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for mail in httpx.get(f"{site}/local/mail", params={"to": address}, timeout=30).json()["data"]:
            if found := re.search(rf"https?://[^\s\"<]+({path}[^\s\"<]+)", mail["text"]):
                return found[1]
        time.sleep(0.5)
    raise AssertionError(f"no mail to {address} leads to {path}")


def test_a_newcomer_registers_tries_paper_deposits_buys_and_sells(page: Any, site: str, market: Market, platform: Running) -> None:
    address = f"yeni-{time.time_ns()}@example.com"
    page.goto("/")
    page.get_by_role("link", name="Kayıt ol").first.click()
    page.get_by_label("E-posta").fill(address)
    page.get_by_label("Şifre", exact=True).fill(PASSWORD)
    page.get_by_label("Kullanım koşullarını kabul ediyorum.").check()
    page.get_by_label(re.compile("KVKK")).check()
    page.get_by_role("button", name="Kayıt ol").click()
    page.get_by_role("heading", name="E-postanızı kontrol edin").wait_for()

    page.goto(mailed_link(site, address, "/verify-email"))
    page.get_by_role("heading", name="E-posta adresiniz doğrulandı").wait_for()
    assert "token" not in page.url, "the token leaves the address at once"
    page.get_by_role("main").get_by_role("link", name="Giriş yap").click()
    page.get_by_label("E-posta").fill(address)
    page.get_by_label("Şifre", exact=True).fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Giriş yap").click()
    page.get_by_role("button", name="Çıkış yap").wait_for()

    page.reload()
    page.get_by_role("button", name="Çıkış yap").wait_for()  # the cookie opens the session again
    assert "mc_refresh" not in page.evaluate("document.cookie"), "no script reads it"

    page.goto("/islem/BTC-TRY")
    page.get_by_role("tab", name="Deneme").click()
    page.get_by_text("DENEME", exact=True).first.wait_for()
    form = page.locator(".area-form")
    form.get_by_text("₺1.000.000,00").wait_for()
    form.get_by_label("Limit fiyatı").fill("3500000")
    form.get_by_label("Miktar", exact=True).fill("0,0010")
    form.get_by_role("button", name="DENEME · BTC al").click()
    page.get_by_text("Emir alındı").first.wait_for()
    page.get_by_role("tab", name="Açık emirler (1)").wait_for()
    page.get_by_role("tab", name="Gerçek").click()

    page.goto("/cuzdan/yatir/TRY")
    page.get_by_role("button", name="+ Banka hesabı ekle").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Banka adı").fill("Deneme Bankası")
    dialog.get_by_label("Hesap sahibi").fill("Demo Müşteri")
    dialog.get_by_label("IBAN").fill("TR33 0006 1005 1978 6457 8413 26")
    dialog.get_by_role("button", name="Kaydet").click()
    dialog.wait_for(state="detached")
    page.get_by_label("Tutar").fill("1000,00")
    page.get_by_role("button", name="Transfer bilgilerini al").click()
    page.get_by_role("heading", name="Bu bilgilerle havale/EFT yapın").wait_for()
    reference = page.locator(".fact", has_text="Açıklama").locator("code").inner_text()
    carry_out(platform, lambda exchange: bank_transfer(exchange.api, exchange.webhooks, reference=reference, amount="1000.00"))

    page.goto("/islem/BTC-TRY")
    form.get_by_text("₺1.000,00").wait_for(timeout=60_000)  # credited while the page looks on
    market.sells(platform, "0.0002", "3500000.00")
    form.get_by_role("combobox").select_option("MARKET")
    form.get_by_label("Miktar", exact=True).fill("0,0001")
    form.get_by_role("button", name="BTC al", exact=True).click()
    page.get_by_text("Emir gerçekleşti").first.wait_for()
    page.get_by_role("tab", name="Bakiyeler").click()
    row = page.locator(".mine tr", has_text="BTC")
    row.get_by_text("0,0001 BTC").first.wait_for()

    form.get_by_role("tab", name="Sat").click()
    form.get_by_role("combobox").select_option("STOP_LIMIT")
    form.get_by_label("Tetik fiyatı").fill("3.300.000,00")
    form.get_by_label("Limit fiyatı").fill("3290000")
    form.get_by_label("Miktar", exact=True).fill("0,0001")
    form.get_by_role("button", name="BTC sat", exact=True).click()
    page.get_by_role("tab", name="Açık emirler (1)").click()
    page.get_by_text("Tetik bekliyor").wait_for()
    page.get_by_role("button", name=re.compile("^İptal")).click()
    page.get_by_text("Açık emriniz yok.").wait_for()
    assert Decimal(_available(page, "BTC")) == Decimal("0.0001"), "what was locked is free again"


def _available(page: Any, asset: str) -> str:
    page.get_by_role("tab", name="Bakiyeler").click()
    text: str = page.locator(".mine tr", has_text=asset).locator("td").nth(1).inner_text()
    return text.split(maxsplit=1)[0].replace(".", "").replace(",", ".")
