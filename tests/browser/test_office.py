"""The back office by hand: two administrators, a correction of a balance, the balance sheet, limits, markets, applications, and the trader's
statement of what came of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from mycrypto_local import staff
from mycrypto_local.actors import Exchange
from mycrypto_local.client import Trader
from mycrypto_local.running import Running
from tests.browser.conftest import DESKTOP, Heard
from tests.browser.market import carry_out, proven_trader
from tests.browser.signing_in import log_in
from tests.e2e.test_metrics import national_id


@pytest.fixture
def desks(chromium: Any, site: str, platform: Running, heard: Heard) -> Iterator[list[Any]]:
    """Two administrators, each in a browser of their own."""
    contexts = []
    pages = []
    for _ in range(2):
        operator = carry_out(platform, lambda exchange: staff.new_operator(exchange, platform.accounts_dsn))
        context = chromium.new_context(viewport=DESKTOP, locale="tr-TR", timezone_id="Europe/Istanbul", base_url=site)
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        heard.listen(page)
        log_in(page, operator)
        pages.append(page)
    yield pages
    for context in contexts:
        context.close()


def _trader(platform: Running, name: str) -> Trader:
    async def make(exchange: Exchange) -> Trader:
        return await proven_trader(exchange, platform.accounts_dsn, name)

    return carry_out(platform, make)


def _apply(dialog: Any, reason: str = "") -> None:
    if reason:
        dialog.get_by_label("Gerekçe (zorunlu)").fill(reason)
    dialog.get_by_role("button", name="Uygula").click()
    dialog.wait_for(state="detached")


def test_a_correction_needs_two_people_and_reaches_the_traders_statement(desks: list[Any], page: Any, platform: Running) -> None:
    trader = _trader(platform, "corrected")
    first, second = desks
    first.goto("/ops/adjustments")
    first.get_by_role("button", name="Öner", exact=True).click()
    dialog = first.get_by_role("dialog")
    dialog.get_by_label("Kullanıcı (id)").fill(trader.user_id)
    dialog.get_by_label("Tutar").fill("250,50")
    dialog.get_by_text("₺250,50").wait_for()
    assert dialog.get_by_role("button", name="Uygula").is_disabled(), "no reason is given yet"
    _apply(dialog, "Eksik yatırılan tutar")
    row = first.locator("tr", has_text=trader.user_id[-8:])
    row.get_by_text("Önerildi").wait_for()
    row.get_by_role("button", name="İncele").click()
    dialog.get_by_text("Kararı başka bir yönetici verir.").wait_for()
    assert dialog.get_by_role("button", name="Onayla").count() == 0

    second.goto("/ops/adjustments")
    second.locator("tr", has_text=trader.user_id[-8:]).get_by_role("button", name="İncele").click()
    case = second.get_by_role("dialog", name="Düzeltmeler")
    case.get_by_text("Eksik yatırılan tutar").wait_for()
    case.get_by_role("button", name="Onayla").click()
    _apply(second.get_by_role("dialog", name="Onayla"))
    case.get_by_text(re.compile("Onaylandı|Uygulandı")).wait_for()

    log_in(page, trader)
    page.goto("/cuzdan")
    page.locator("tr", has_text="TRY").get_by_text("₺250,50").first.wait_for(timeout=60_000)
    page.get_by_role("tab", name="Hesap ekstresi").click()
    page.locator(".statements tr", has_text="TRY").get_by_text("₺250,50").first.wait_for()
    for kind, begins in (("JSON", b"{"), ("CSV", b""), ("PDF", b"%PDF-")):
        with page.expect_download() as given:
            page.get_by_role("button", name=re.compile(f"ekstresi, {kind}$")).click()
        content = given.value.path().read_bytes()
        assert content.startswith(begins)
        assert kind == "PDF" or b"250.5" in content
    page.locator(".statements").get_by_role("link", name="Yükümlülük kanıtı").click()
    page.get_by_role("heading", name="Yükümlülük kanıtı").wait_for()

    second.goto("/ops/books")
    second.locator(".badge", has_text="Denk").wait_for()
    second.locator(".sheet tr", has_text="TRY").first.wait_for()


def test_limits_of_a_user_are_changed_and_read_again(desks: list[Any], platform: Running) -> None:
    trader = _trader(platform, "limited")
    desk = desks[0]
    desk.goto(f"/ops/users/{trader.user_id}")
    desk.get_by_role("button", name="Limitleri değiştir").click()
    dialog = desk.get_by_role("dialog")
    assert dialog.get_by_role("button", name="Uygula").is_disabled(), "nothing differs yet"
    dialog.get_by_label("Açık emir sınırı", exact=True).fill("7")
    dialog.get_by_label("Günlük işlem tutarı").fill("5000")
    _apply(dialog)
    desk.locator(".fact", has_text="Açık emir sınırı").get_by_text("7", exact=True).wait_for()
    desk.get_by_role("button", name="Limitleri değiştir").click()
    dialog.get_by_label("Açık emir sınırı", exact=True).fill("")
    _apply(dialog)
    desk.locator(".fact", has_text="Açık emir sınırı").get_by_text("7", exact=True).wait_for(state="detached")


def test_a_pair_is_listed_its_rules_change_and_it_leaves_the_list(desks: list[Any]) -> None:
    desk = desks[0]
    desk.goto("/ops/markets")
    desk.get_by_role("button", name="Yeni parite").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_label("Parite", exact=True).fill("SOL/TRY")
    for label, text in (("Fiyat adımı", "0,01"), ("Miktar adımı", "0,001"), ("En az miktar", "0,001"), ("En çok miktar", "1000")):
        dialog.get_by_label(label).fill(text)
    dialog.get_by_label("Onaylamak için SOL/TRY yazın").fill("SOL/TRY")
    _apply(dialog)
    row = desk.locator("tr", has_text="SOL/TRY")
    row.get_by_role("button", name="Kurallar").click()
    assert dialog.get_by_role("button", name="Uygula").is_disabled(), "no rule differs yet"
    dialog.get_by_label("En az miktar").fill("0,002")
    dialog.get_by_text("En az miktar 0.001 → 0,002").wait_for()
    _apply(dialog)
    row.get_by_text("0.002").wait_for()
    row.get_by_role("button", name="Durumu değiştir").click()
    dialog.get_by_role("combobox").select_option("DELISTED")
    dialog.get_by_label("Onaylamak için SOL/TRY yazın").fill("SOL/TRY")
    _apply(dialog, "deneme")
    row.get_by_text("Listeden çıktı").wait_for()


def test_the_engine_says_its_rules_and_its_time(desks: list[Any]) -> None:
    desk = desks[0]
    desk.goto("/ops/engine")
    desk.locator(".fact", has_text="Yürürlükte").get_by_text(re.compile(r"^\d+$")).wait_for()
    desk.locator(".fact", has_text="İnanılmayan zaman").get_by_text("Yok").wait_for()
    desk.get_by_role("button", name="Değiştir").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_text("Eski bir sürüme dönülemez.").wait_for()
    assert dialog.get_by_role("button", name="Uygula").is_disabled(), "the version has to be typed"
    dialog.get_by_role("button", name="Vazgeç").click()


def _apply_for_identity(page: Any, picture: bytes) -> None:
    """A trader's application, by the page of the account."""
    page.goto("/hesap/kimlik")
    page.get_by_label("Ad", exact=True).fill("Deniz")
    page.get_by_label("Soyad").fill("Yılmaz")
    page.get_by_label("T.C. kimlik no").fill(national_id())
    page.get_by_label("Doğum tarihi").fill("1990-12-31")
    page.get_by_label("Telefon").fill("0532 123 45 67")
    for label in ("Kimliğin ön yüzü", "Kimliğin arka yüzü", "Kimliğinizle özçekim", "Adres belgesi"):
        page.get_by_label(label).set_input_files({"name": "kimlik.png", "mimeType": "image/png", "buffer": picture})
    page.get_by_role("button", name="Başvur").click()
    page.get_by_text("Başvurunuz alındı.").first.wait_for()


def test_an_application_is_taken_given_back_and_refused_with_a_reason(desks: list[Any], page: Any, platform: Running) -> None:
    async def make(exchange: Exchange) -> Trader:
        return await exchange.new_trader("applicant")

    trader = carry_out(platform, make)
    log_in(page, trader)
    _apply_for_identity(page, page.screenshot())
    desk = desks[0]
    desk.goto("/ops/kyc")
    row = desk.locator("tr", has_text="Deniz Yılmaz").first
    while row.count() == 0 or not _scanned(platform, trader.user_id):
        desk.wait_for_timeout(500)
        desk.reload()
        desk.locator("tr").first.wait_for()
    desk.get_by_role("button", name="Sıradakini al").click()
    dialog = desk.get_by_role("dialog", name="İncele")
    dialog.get_by_role("img").first.wait_for()
    for picture in dialog.get_by_role("img").all():
        desk.wait_for_function("(image) => image.complete && image.naturalWidth > 0", arg=picture.element_handle())
    dialog.get_by_role("button", name="Geri bırak").click()
    dialog.wait_for(state="detached")
    row.get_by_role("button", name="İncele").click()
    dialog.get_by_role("button", name="Reddet").click()
    _apply(desk.get_by_role("dialog", name="Reddet"), "Fotoğraf okunmuyor")
    page.reload()
    page.get_by_text("Ret nedeni: Fotoğraf okunmuyor").wait_for()


def _scanned(platform: Running, user_id: str) -> bool:
    with psycopg.connect(platform.accounts_dsn) as connection:
        left = connection.execute(
            "SELECT count(*) FROM kyc_documents d JOIN kyc_submissions s ON s.id = d.submission_id WHERE s.user_id = %s AND d.status <> 'CLEAN'",
            (user_id,),
        ).fetchone()
    return left == (0,)
