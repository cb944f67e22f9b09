"""Every screen, as a visitor and as a signed-in user: no breach of WCAG 2.2 AA that axe can see, nothing in the console, nothing wider than the
screen. ``MYCRYPTO_SCREENS=build/screens`` keeps pictures of them all, and puts those of README and docs into ``docs/screens``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import pytest

from mycrypto_local import staff
from mycrypto_local.actors import Exchange
from mycrypto_local.client import Trader
from mycrypto_local.running import Running
from tests.browser.conftest import DESKTOP, PHONE, SHOTS, Heard
from tests.browser.market import Market, carry_out

AXE: Final = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPEN: Final = ("/", "/islem/BTC-TRY", "/giris", "/kayit", "/reset-password", "/al-sat", "/durum", "/hakkinda", "/yukumlulukler")
OWN: Final = (
    "/islem/BTC-TRY",
    "/cuzdan",
    "/cuzdan/yatir/TRY",
    "/cuzdan/yatir/BTC",
    "/cuzdan/cek/TRY",
    "/cuzdan/cek/BTC",
    "/emirler",
    "/alarmlar",
    "/bildirimler",
    *(f"/hesap/{tab}" for tab in ("profil", "guvenlik", "kimlik", "api", "tercihler")),
)
OFFICE: Final = tuple(
    f"/ops/{tab}" for tab in ("users", "kyc", "withdrawals", "reconciliation", "adjustments", "books", "markets", "engine", "audit")
)
DESK: Final = ("tr", "dark", "desk")
POCKET: Final = ("en", "light", "phone")
ALL_LOOKS: Final = tuple((lang, theme, size) for lang in ("tr", "en") for theme in ("dark", "light") for size in ("desk", "phone"))
PICTURES: Final = {
    "visitor-markets-tr-dark-desk": "markets",
    "visitor-islem-BTC-TRY-tr-dark-desk": "trade",
    "trader-islem-BTC-TRY-en-light-phone": "trade-phone",
    "office-ops-markets-tr-dark-desk": "office",
}
"""Those that README and docs show."""
GO: Final = """(to) => new Promise((shown) => {
  history.pushState(null, '', to);
  dispatchEvent(new PopStateEvent('popstate'));
  requestAnimationFrame(() => requestAnimationFrame(shown));
})"""
SETTLED: Final = "() => !document.querySelector('.skeleton, .skeleton-row') && document.querySelector('main')?.textContent.length > 20"


def _context(chromium: Any, site: str, look: tuple[str, str, str], heard: Heard) -> tuple[Any, Any]:
    lang, theme, size = look
    context = chromium.new_context(
        viewport=PHONE if size == "phone" else DESKTOP,
        has_touch=size == "phone",
        locale="tr-TR",
        timezone_id="Europe/Istanbul",
        base_url=site,
        reduced_motion="reduce",
    )
    context.set_default_timeout(30_000)
    context.add_init_script(
        f"if (!localStorage.getItem('mycrypto.lang')) {{ localStorage.setItem('mycrypto.lang', '{lang}');"
        f" localStorage.setItem('mycrypto.theme', '{theme}'); }}"
    )
    page = context.new_page()
    heard.listen(page)
    return context, page


def _log_in(page: Any, trader: Trader) -> None:
    page.goto("/giris")
    page.locator("input[type=email]").fill(trader.email)
    page.locator("input[type=password]").fill(trader.password)
    page.locator("form button.big").click()
    page.wait_for_url(lambda url: "/giris" not in url)


def _go(page: Any, path: str, *, within: bool) -> None:
    """``within`` the page that is open, as its links do: each load takes a new token, and a session may take ten a minute."""
    if within:
        page.evaluate(GO, path)
    else:
        page.goto(path)


def _look_at(page: Any, path: str, name: str, *, within: bool) -> list[str]:
    _go(page, path, within=within)
    page.wait_for_function(SETTLED)
    if "/islem" in path:
        page.locator(".book.live, .trade[data-part=chart]").first.wait_for()
        page.wait_for_timeout(700)
    if folder := os.environ.get("MYCRYPTO_SCREENS"):
        picture = page.screenshot(path=f"{folder}/{name}.png")
        if shown := PICTURES.get(name):
            (SHOTS / f"{shown}.png").write_bytes(picture)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    found = [f"{path} is {wide} px wider than the screen"] if wide > 1 else []
    if AXE.exists():
        page.evaluate(AXE.read_text())
        report = page.evaluate("(tags) => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS)
        found += [f"{path}: {each['id']}: {[node['html'][:120] for node in each['nodes'][:3]]}" for each in report["violations"]]
    return found


def _name(path: str, who: str, look: tuple[str, str, str]) -> str:
    return "-".join([who, path.strip("/").replace("/", "-") or "markets", *look])


@pytest.fixture(scope="module")
def operator(platform: Running, site: str) -> Trader:
    async def make(exchange: Exchange) -> Trader:
        return await staff.new_operator(exchange, platform.accounts_dsn)

    return carry_out(platform, make)


def _walk(
    chromium: Any, site: str, look: tuple[str, str, str], heard: Heard, trader: Trader | None, paths: tuple[str, ...], who: str
) -> None:
    context, page = _context(chromium, site, look, heard)
    try:
        if trader is not None:
            _log_in(page, trader)
        found = []
        for number, path in enumerate(paths):
            found += _look_at(page, path, _name(path, who, look), within=trader is not None and number > 0)
            if trader is not None:
                assert page.locator("main .empty-page a[href^='/giris']").count() == 0, f"{path} asks to log in"
    finally:
        context.close()
    assert not found, "\n".join(found)


def test_screens_of_a_visitor_at_a_desk(chromium: Any, site: str, market: Market, heard: Heard) -> None:
    _walk(chromium, site, DESK, heard, None, OPEN, "visitor")


def test_screens_of_a_trader_with_a_phone(chromium: Any, site: str, market: Market, heard: Heard) -> None:
    _walk(chromium, site, POCKET, heard, market.taker, OWN, "trader")


def test_screens_of_the_office(chromium: Any, site: str, market: Market, operator: Trader, heard: Heard) -> None:
    _walk(chromium, site, DESK, heard, operator, OFFICE, "office")


@pytest.mark.slow
@pytest.mark.parametrize("look", ALL_LOOKS, ids="-".join)
def test_every_screen_in_every_language_theme_and_size(
    chromium: Any, site: str, market: Market, operator: Trader, heard: Heard, look: tuple[str, str, str]
) -> None:
    _walk(chromium, site, look, heard, None, OPEN, "visitor")
    _walk(chromium, site, look, heard, market.taker, OWN, "trader")
    _walk(chromium, site, look, heard, operator, OFFICE, "office")
