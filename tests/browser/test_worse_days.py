"""A session that ends, an answer that is lost, a refusal, and a machine that is slow, wrong or forbids things."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Trader
from mycrypto_local.running import Running
from tests.browser.conftest import Heard
from tests.browser.market import Market, carry_out, proven_trader
from tests.browser.signing_in import log_in
from tests.waiting import wait_until

TRADE: Final = "/islem/BTC-TRY"
AHEAD: Final = """{
  const Real = Date, ahead = 3_600_000;
  globalThis.Date = class extends Real {
    constructor(...given) { given.length ? super(...given) : super(Real.now() + ahead); }
    static now() { return Real.now() + ahead; }
  };
}"""
"""A machine whose clock is an hour ahead."""
NO_STORAGE: Final = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }});"
SLOW_3G: Final = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
"""Milliseconds, bytes a second: what browsers' tools call slow 3G."""


@pytest.fixture(scope="module")
def trader(platform: Running, site: str) -> Trader:
    """A user with lira."""

    async def make(exchange: Exchange) -> Trader:
        trader = await proven_trader(exchange, platform.accounts_dsn, "unlucky")
        await exchange.deposit_fiat(trader, "20000.00", await exchange.add_bank_account(trader))
        await exchange.wait_until_tradable(trader, "TRY", Decimal(20_000))
        return trader

    return carry_out(platform, make)


def _limit_order(page: Any, price: str, quantity: str) -> None:
    form = page.locator(".area-form")
    form.get_by_label("Limit fiyatı").fill(price)
    form.get_by_label("Miktar", exact=True).fill(quantity)
    form.get_by_role("button", name="BTC al", exact=True).click()


def _open_orders(platform: Running, trader: Trader) -> list[dict[str, Any]]:
    async def ask(exchange: Exchange) -> list[dict[str, Any]]:
        known = Trader(exchange.api, trader.email, trader.password, trader.user_id, trader.access_token)
        answer = await known.call("GET", "/api/v1/orders", query={"status": "ACTIVE"})
        found: list[dict[str, Any]] = answer["data"]
        return found

    return carry_out(platform, ask)


def _cancel_all(page: Any) -> None:
    page.get_by_role("button", name="Tümünü iptal et").click()
    page.get_by_role("dialog").get_by_role("button", name="Onayla").click()
    page.get_by_role("tab", name="Açık emirler (0)").wait_for()


def test_an_order_of_one_tab_is_in_the_other_at_once(page: Any, market: Market, trader: Trader) -> None:
    log_in(page, trader)
    page.goto(TRADE)
    other = page.context.new_page()
    other.goto(TRADE)
    for tab in (page, other):
        tab.locator(".area-form").get_by_text("₺20.000,00").wait_for()
    _limit_order(page, "3400000", "0,0002")
    for tab in (page, other):
        tab.get_by_role("tab", name="Açık emirler (1)").wait_for()
        tab.locator(".area-form").get_by_text("₺20.000,00").wait_for(state="detached")
    _cancel_all(other)
    page.get_by_role("tab", name="Açık emirler (0)").wait_for()
    page.locator(".area-form").get_by_text("₺20.000,00").wait_for()


def test_an_order_whose_answer_is_lost_is_asked_for_and_stays_one(page: Any, market: Market, trader: Trader, platform: Running) -> None:
    lost = {"left": 1}

    def cut(route: Any) -> None:
        if route.request.method == "POST" and lost["left"]:
            lost["left"] -= 1
            route.fetch()  # the platform takes the order; its answer never comes
            route.abort()
        else:
            route.continue_()

    log_in(page, trader)
    page.route("**/api/v1/orders", cut)
    page.goto(TRADE)
    page.locator(".book.live").wait_for()
    with page.expect_request("**/orders/by-client-id/*"):
        _limit_order(page, "3400000", "0,0002")
        page.get_by_text("İşlemin sonucu bilinmiyor; durumu soruluyor.").wait_for()
    page.get_by_text("Emir alındı").first.wait_for()
    assert len(_open_orders(platform, trader)) == 1
    _cancel_all(page)


def test_a_refusal_names_its_figures_and_the_order_can_be_corrected(page: Any, market: Market, trader: Trader) -> None:
    log_in(page, trader)
    page.goto(TRADE)
    page.locator(".book.live").wait_for()
    form = page.locator(".area-form")
    form.get_by_text("₺20.000,00").wait_for()
    _limit_order(page, "1000000", "0,0010")
    form.get_by_text("Fiyat izin verilen aralığın dışında.").wait_for()
    form.get_by_text(re.compile(r"En düşük: .*\d")).wait_for()
    form.get_by_text(re.compile(r"En yüksek: .*\d")).wait_for()
    form.get_by_text(re.compile("PRICE_BAND · .{8}")).wait_for()
    form.get_by_label("Limit fiyatı").fill("3400000")
    form.get_by_text("PRICE_BAND").wait_for(state="detached")
    form.get_by_role("button", name="BTC al", exact=True).click()
    page.get_by_role("tab", name="Açık emirler (1)").wait_for()
    _cancel_all(page)


def test_a_private_socket_that_is_refused_renews_the_token_first(page: Any, market: Market, trader: Trader) -> None:
    closed = {"left": 1}

    def route(socket: Any) -> None:
        server = socket.connect_to_server()

        def say(message: Any) -> None:
            if json.loads(message).get("action") == "auth" and closed["left"]:
                closed["left"] -= 1
                socket.close(code=4401)
            else:
                server.send(message)

        socket.on_message(say)

    log_in(page, trader)
    renewed: list[str] = []
    page.on("request", lambda request: renewed.append(request.url) if request.url.endswith("/api/auth/refresh") else None)
    page.route_web_socket("**/ws", route)
    page.goto(TRADE)
    for _ in range(100):
        if not closed["left"] and len(renewed) > 1:  # the first one is the load's own
            break
        page.wait_for_timeout(100)
    assert closed["left"] == 0
    assert len(renewed) > 1
    page.get_by_role("status").get_by_text("Canlı").wait_for()


def test_a_session_that_was_ended_elsewhere_says_so_and_asks_for_a_log_in(page: Any, market: Market, platform: Running) -> None:
    async def make(exchange: Exchange) -> Trader:
        return await exchange.new_trader("ended")

    user = carry_out(platform, make)

    async def end(exchange: Exchange) -> None:
        known = Trader(exchange.api, user.email, user.password)
        await known.login()
        await known.call("POST", "/api/auth/logout", {"all_devices": True})

    log_in(page, user)
    carry_out(platform, end)
    page.get_by_role("navigation", name="Ana menü").get_by_role("link", name="Cüzdan").click()
    page.get_by_text("Oturumunuz sona erdi. Yeniden giriş yapın.").wait_for()
    page.get_by_text("Bu sayfa için giriş yapın.").wait_for()


def test_a_clock_that_is_wrong_is_named_and_times_are_the_platforms(page: Any, market: Market, trader: Trader) -> None:
    page.add_init_script(AHEAD)
    log_in(page, trader)
    page.goto(TRADE)
    page.get_by_text("Bu cihazın saati 60 dakika sapıyor.").wait_for()
    page.locator(".book.live").wait_for()
    form = page.locator(".area-form")
    form.get_by_text("Gelişmiş").click()
    form.get_by_label("Geçerlilik").select_option("GTD")
    soon = datetime.now(ZoneInfo("Europe/Istanbul")) + timedelta(minutes=30)  # past, for the clock of the machine
    form.get_by_label("Bitiş zamanı").fill(f"{soon:%Y-%m-%dT%H:%M}")
    _limit_order(page, "3400000", "0,0002")
    page.get_by_role("tab", name="Açık emirler (1)").wait_for()
    _cancel_all(page)


def test_a_browser_that_keeps_nothing_trades_all_the_same(page: Any, market: Market, trader: Trader) -> None:
    page.add_init_script(NO_STORAGE)
    log_in(page, trader)
    page.get_by_role("button", name="Koyu tema").click()
    page.goto("/hesap/tercihler")  # another document: the cookie opens the session again
    page.get_by_text("Bu tarayıcı saklamaya izin vermiyor").wait_for()
    page.get_by_role("button", name="Koyu tema").wait_for()  # and has forgotten the choice
    page.goto(TRADE)
    page.locator(".book.live").wait_for()
    page.locator(".area-form").get_by_text("₺20.000,00").wait_for()


def test_a_part_that_is_blocked_is_said_and_the_rest_goes_on(page: Any, market: Market, heard: Heard) -> None:
    page.route("**/assets/chart-drawing-*.js", lambda route: route.abort("blockedbyclient"))
    page.goto(TRADE)
    page.locator(".book.live").wait_for()
    page.locator(".area-chart").get_by_text("Sayfanın bir parçası yüklenemedi").wait_for()
    page.locator(".area-form").get_by_role("link", name="İşlem için giriş yapın").wait_for()


def test_a_page_whose_script_is_blocked_says_what_to_do(page: Any, site: str) -> None:
    page.route("**/assets/*.js", lambda route: route.abort("blockedbyclient"))
    page.goto("/")
    page.get_by_text("betik engelleyiciyi bu site için kapatın").wait_for()
    page.unroute("**/assets/*.js")
    page.get_by_role("link", name="yeniden yükleyin").click()
    page.get_by_role("heading", name="Piyasalar").wait_for()


def test_on_a_slow_network_the_page_waits_in_its_place_and_then_trades(page: Any, market: Market) -> None:
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW_3G)
    page.goto(TRADE, wait_until="commit")
    page.get_by_text("Emir defteri bekleniyor…").or_(page.locator(".skeleton")).first.wait_for()
    page.locator(".book.live").wait_for(timeout=60_000)
    page.locator(".area-form").get_by_role("link", name="İşlem için giriş yapın").wait_for()


@pytest.mark.slow
def test_a_socket_that_is_open_and_silent_is_not_taken_for_live(page: Any, market: Market) -> None:
    silent = {"now": False}

    def route(socket: Any) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda message: None if silent["now"] else server.send(message))
        server.on_message(lambda message: None if silent["now"] else socket.send(message))

    page.route_web_socket("**/ws", route)
    page.goto(TRADE)
    page.locator(".book.live").wait_for()
    silent["now"] = True
    page.locator(".book.stale").wait_for(timeout=60_000)  # a ping every twenty seconds, ten for its answer
    page.get_by_text("Bu defter canlı değil").wait_for()
    silent["now"] = False
    wait_until(lambda: bool(page.locator(".book.live").count()), "the book comes back", pause_seconds=0.5)
