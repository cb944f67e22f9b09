"""A newcomer's first ten minutes in a real browser, by one user and with nothing prepared: an account, play money, real money in, a trade, a
stop, money out, and the member of staff who lets it leave.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from mycrypto.security import totp
from mycrypto_local import staff
from mycrypto_local.running import Running
from tests.browser.conftest import DESKTOP, Heard
from tests.browser.market import Market, carry_out
from tests.browser.signing_in import log_in

PASSWORD: Final = "Deniz!Feneri42x"
IBAN: Final = "TR19 0006 2000 1234 5678 9012 34"
FIRST_TRADE_SECONDS: Final = 180


@pytest.fixture
def desk(chromium: Any, site: str, platform: Running, heard: Heard) -> Iterator[Any]:
    """The back office, open for a member of staff."""
    operator = carry_out(platform, lambda exchange: staff.new_operator(exchange, platform.accounts_dsn))
    context = chromium.new_context(viewport=DESKTOP, locale="tr-TR", base_url=site)
    context.set_default_timeout(20_000)
    page = context.new_page()
    heard.listen(page)
    log_in(page, operator)
    yield page
    context.close()


def mailed_link(site: str, address: str, path: str) -> str:
    """The address in the newest mail that leads to this path."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for mail in httpx.get(f"{site}/local/mail", params={"to": address}, timeout=30).json()["data"]:
            if found := re.search(rf"https?://[^\s\"<]+({path}[^\s\"<]+)", mail["text"]):
                return found[1]
        time.sleep(0.5)
    raise AssertionError(f"no mail to {address} leads to {path}")


def test_the_first_ten_minutes_of_a_newcomer(
    page: Any, site: str, market: Market, platform: Running, desk: Any, told: Callable[[str], None]
) -> None:
    address = f"yeni-{time.time_ns()}@example.com"
    began = time.monotonic()
    _register(page, site, address)
    _trade_on_paper(page)
    told(f"from the first page to the first trade on paper: {time.monotonic() - began:.1f} s (a person has {FIRST_TRADE_SECONDS})")
    market.buys(platform, "0.0010")
    page.get_by_role("tab", name="İşlemlerim").click()
    page.locator(".mine tbody tr").first.wait_for()  # what others paid in the market filled it
    page.get_by_role("tab", name="Açık emirler (0)").wait_for()
    page.get_by_role("tab", name="Gerçek", exact=True).click()
    _deposit(page, platform)
    _buy(page, platform, market)
    told(f"from the first page to the first trade with real money: {time.monotonic() - began:.1f} s")
    _set_a_stop(page)
    secret = _switch_two_factor_on(page)
    _withdraw(page, platform, address, secret)
    _approve(desk, address)
    _see_it_paid(page)
    told(f"from the first page to money paid out: {time.monotonic() - began:.1f} s")


def _register(page: Any, site: str, address: str) -> None:
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


def _trade_on_paper(page: Any) -> None:
    page.goto("/islem/BTC-TRY")
    page.get_by_role("tab", name="Deneme").click()
    page.get_by_text("DENEME", exact=True).first.wait_for()
    form = page.locator(".area-form")
    form.get_by_text("₺1.000.000,00").wait_for()
    form.get_by_label("Limit fiyatı").fill("3510000")
    form.get_by_label("Miktar", exact=True).fill("0,0001")
    form.get_by_role("button", name="DENEME · BTC al").click()
    page.get_by_text("Emir alındı").first.wait_for()
    page.get_by_role("tab", name="Açık emirler (1)").wait_for()


def _deposit(page: Any, platform: Running) -> None:
    page.goto("/cuzdan/yatir/TRY")
    page.get_by_role("button", name="+ Banka hesabı ekle").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Banka adı").fill("Deneme Bankası")
    dialog.get_by_label("Hesap sahibi").fill("Deniz Yılmaz")
    dialog.get_by_label("IBAN").fill(IBAN)
    dialog.get_by_role("button", name="Kaydet").click()
    dialog.wait_for(state="detached")
    page.get_by_label("Tutar").fill("1000,00")
    page.get_by_role("button", name="Transfer bilgilerini al").click()
    page.get_by_role("heading", name="Bu bilgilerle havale/EFT yapın").wait_for()
    command = page.locator(".local-hint code").inner_text()  # what the page tells a newcomer on this machine to do
    words = shlex.split(command)
    assert words.pop(0) == ".venv/bin/mycrypto"
    tool = Path(sys.executable).parent / "mycrypto"
    subprocess.run([tool, *words], env={**os.environ, "MYCRYPTO_STATE": str(platform.state)}, check=True, capture_output=True)


def _buy(page: Any, platform: Running, market: Market) -> None:
    page.goto("/islem/BTC-TRY")
    form = page.locator(".area-form")
    form.get_by_text("₺1.000,00").wait_for(timeout=60_000)  # credited while the page looks on
    market.sells(platform, "0.0002", "3500000.00")
    form.get_by_role("combobox").select_option("MARKET")
    form.get_by_label("Miktar", exact=True).fill("0,0001")
    form.get_by_role("button", name="BTC al", exact=True).click()
    page.get_by_text("Emir gerçekleşti").first.wait_for()
    page.get_by_role("tab", name="Bakiyeler").click()
    page.locator(".mine tr", has_text="BTC").get_by_text("0,0001 BTC").first.wait_for()


def _set_a_stop(page: Any) -> None:
    form = page.locator(".area-form")
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


def _switch_two_factor_on(page: Any) -> str:
    page.goto("/hesap/guvenlik")
    page.get_by_role("button", name="Aç", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Şifre", exact=True).fill(PASSWORD)
    dialog.get_by_role("button", name="Devam").click()
    secret: str = dialog.locator("code").inner_text().replace(" ", "")
    dialog.get_by_role("textbox").fill(totp.code_at(secret, int(time.time())))
    dialog.get_by_role("button", name="Aç", exact=True).click()
    dialog.get_by_role("button", name="Kaydettim").click()
    page.get_by_text("10 yedek kod kaldı").wait_for()
    return secret


def _withdraw(page: Any, platform: Running, address: str, secret: str) -> None:
    """To the account that the deposit verified, as if a day had passed since the second factor was switched on."""
    page.goto("/cuzdan/cek/TRY")
    page.get_by_text("Güvenlik değişikliğinden sonra çekimler").wait_for()
    staff.end_withdrawal_hold(platform.accounts_dsn, address)
    page.reload()
    page.get_by_label("Tutar").fill("100")
    page.locator(".fact", has_text="Hesaptan düşecek").get_by_text("₺105,00").wait_for()
    page.get_by_role("button", name="Gözden geçir").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("₺105,00").wait_for()
    dialog.get_by_role("textbox").fill(totp.code_at(secret, int(time.time()) + 30))
    dialog.get_by_role("button", name="Çekimi gönder").click()
    page.get_by_text("Çekim talebi alındı").wait_for()


def _approve(desk: Any, address: str) -> None:
    desk.goto("/ops/withdrawals")
    row = desk.locator("tr", has_text="₺105,00").first
    row.get_by_role("button", name="İncele").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("link", name=address).wait_for()
    desk.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    row.get_by_role("button", name="Onayla").click()
    dialog.get_by_role("button", name="Uygula").click()
    dialog.wait_for(state="detached")
    row.get_by_role("button", name="Onayla").wait_for(state="detached")


def _see_it_paid(page: Any) -> None:
    """Through queue, worker and bank; the page asks every 30 seconds, and sooner when it is loaded again."""
    row = page.locator("tr", has_text="₺105,00")
    for _ in range(60):
        if row.get_by_text("Tamamlandı").count():
            return
        page.wait_for_timeout(500)
        page.reload()
        row.wait_for()
    raise AssertionError("the withdrawal was not paid out")
