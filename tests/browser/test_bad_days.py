"""What the page says when something is away, late or closed: nothing old is ever shown as live."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from mycrypto_local import staff
from mycrypto_local.actors import Exchange
from mycrypto_local.running import Running
from tests.browser.conftest import Heard
from tests.browser.market import Market, carry_out
from tests.browser.signing_in import log_in

TRADE = "/islem/BTC-TRY"


def test_a_socket_that_is_cut_greys_the_book_and_comes_back(page: Any, market: Market) -> None:
    sockets: list[Any] = []
    gate = {"open": True}

    def route(socket: Any) -> None:
        if not gate["open"]:
            socket.close(code=1013)
            return
        server = socket.connect_to_server()
        sockets.append((socket, server))

    page.route_web_socket("**/ws", route)
    page.goto(TRADE)
    page.locator(".book.live").wait_for()
    page.get_by_role("tab", name="Derinlik").click()
    page.locator(".depth").get_by_text("En iyi alış").wait_for()
    gate["open"] = False
    for socket, server in sockets:
        server.close(code=1012)
        socket.close(code=1012)
    page.locator(".depth canvas.stale").wait_for()
    page.locator(".depth").get_by_text("Veri eski").wait_for()
    page.get_by_role("tab", name="Emir defteri").first.click()
    page.locator(".book.stale").wait_for()
    page.get_by_text(re.compile(r"Bu defter canlı değil\. Son veri \d\d:\d\d:\d\d")).wait_for()
    bar = page.get_by_role("alert").filter(has_text="Sunucuya ulaşılamıyor")
    bar.get_by_text(re.compile(r"Son veri: \d\d:\d\d:\d\d")).wait_for()
    assert page.title() == "BTC/TRY · MyCrypto", "an old price is not in the title of the tab"
    gate["open"] = True
    bar.get_by_role("button", name="Şimdi bağlan").dispatch_event(
        "click"
    )  # at once: the page tries by itself too, and the bar is then gone
    page.locator(".book.live").wait_for()
    page.get_by_text("Bu defter canlı değil").wait_for(state="detached")
    bar.wait_for(state="detached")


def test_a_missed_message_is_noticed_and_made_good(page: Any, market: Market, platform: Running) -> None:
    swallowed = {"next": 0, "done": 0}

    def route(socket: Any) -> None:
        server = socket.connect_to_server()

        def hear(message: Any) -> None:
            if '"orderbook_update"' in message and swallowed["next"] > 0:
                swallowed["next"] -= 1
                swallowed["done"] += 1
                return
            socket.send(message)

        server.on_message(hear)

    page.route_web_socket("**/ws", route)
    page.goto(TRADE)
    page.locator(".book.live").wait_for()
    swallowed["next"] = 1
    market.sells(platform, "0.0003", "3503000.00")
    while not swallowed["done"]:  # what changes within 50 ms is told together
        page.wait_for_timeout(20)
    market.sells(platform, "0.0004", "3503500.00")
    page.locator(".asks .level:not(.blank)", has_text="3.503.500").wait_for()
    page.locator(".asks .level:not(.blank)", has_text="3.503.000").wait_for()
    assert swallowed["done"] == 1


def test_a_halted_market_says_so_and_takes_no_order(page: Any, market: Market, platform: Running) -> None:
    async def status(exchange: Exchange, wanted: str) -> None:
        operator = await staff.new_operator(exchange, platform.accounts_dsn)
        await operator.call("PUT", "/api/v1/admin/symbols/ETHTRY/status", {"status": wanted, "reason": "bakım"})

    log_in(page, market.taker)
    page.goto("/islem/ETH-TRY")
    page.locator(".book.live").wait_for()
    send = page.locator(".area-form button.big")
    carry_out(platform, lambda exchange: status(exchange, "HALTED"))
    try:
        page.get_by_text("İşlemler durduruldu: bakım").wait_for()
        send.get_by_text("Durduruldu").wait_for()
        assert send.is_disabled()
    finally:
        carry_out(platform, lambda exchange: status(exchange, "ACTIVE"))
    page.get_by_text("İşlemler durduruldu").wait_for(state="detached")
    send.get_by_text("ETH al").wait_for()
    assert send.is_enabled()


def test_a_server_that_is_away_is_said_with_a_way_to_try_again(page: Any, market: Market, heard: Heard) -> None:
    # The socket stays silent: when it opens again, the page recovers by itself and the button is gone before the click.
    page.route_web_socket("**/ws", lambda socket: None)
    page.route("**/api/**", lambda route: route.abort())
    page.goto("/")
    page.get_by_text("Sunucuya ulaşılamıyor. Bağlantınızı kontrol edin.").wait_for()
    page.unroute("**/api/**")
    page.get_by_role("button", name="Yeniden dene").click()
    page.get_by_role("link", name="BTC/TRY").first.wait_for()


def test_the_pages_say_what_is_theirs_and_the_api_keeps_its_answers(site: str) -> None:
    html = {"Accept": "text/html"}
    assert 'id="app"' in httpx.get(f"{site}/islem/BTC-TRY", headers=html).text
    assert httpx.get(f"{site}/api/v1/nothing", headers=html).json()["code"] == "NOT_FOUND"
    assert httpx.get(f"{site}/local/mailbox", headers=html).status_code == 200
    assert httpx.get(f"{site}/api/v1/docs", headers=html).status_code == 200


@pytest.mark.parametrize("path", ["/hesap/profil", "/cuzdan", "/emirler"])
def test_private_pages_ask_for_a_log_in(page: Any, site: str, path: str) -> None:
    page.goto(path)
    page.get_by_text("Bu sayfa için giriş yapın.").wait_for()
