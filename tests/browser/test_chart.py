"""The chart: what is drawn stays with its symbol, and the line of an own order can be moved."""

from __future__ import annotations

from typing import Any

from mycrypto_local.actors import Exchange
from mycrypto_local.client import Trader
from mycrypto_local.running import Running
from tests.browser.market import Market, carry_out, proven_trader
from tests.browser.signing_in import log_in

TRADE = "/islem/BTC-TRY"


def _open(page: Any, path: str = TRADE) -> Any:
    page.goto(path)
    page.locator(".chart-box canvas").first.wait_for()
    return page.locator(".chart-box")


def test_drawings_are_kept_for_their_symbol(page: Any, market: Market) -> None:
    box = _open(page)
    tools = page.locator(".area-chart details", has_text="Çizim")
    tools.locator("summary").click()
    tools.get_by_role("button", name="Trend çizgisi", exact=True).click()
    tools.get_by_text("Grafikte iki noktaya tıklayın.").wait_for()
    tools.locator("summary").click()
    size = box.bounding_box()
    for part in (0.5, 0.7):
        box.click(position={"x": size["width"] * part, "y": size["height"] * part})
    page.get_by_text("Çizim (1)").wait_for()

    tools.locator("summary").click()
    tools.get_by_label("Yatay çizginin fiyatı").fill("3.500.500,00")
    page.keyboard.press("Enter")
    page.get_by_text("Çizim (2)").wait_for()

    _open(page)
    page.get_by_text("Çizim (2)").wait_for()
    _open(page, "/islem/ETH-TRY")
    page.get_by_text("Çizim", exact=False).first.wait_for()
    assert page.get_by_text("Çizim (2)").count() == 0

    _open(page)
    tools.locator("summary").click()
    tools.get_by_role("button", name="Sil: Yatay çizgi 3.500.500,00").click()
    page.get_by_text("Çizim (1)").wait_for()


def test_the_line_of_an_order_is_moved_and_the_new_price_confirmed(page: Any, market: Market, platform: Running) -> None:
    async def make(exchange: Exchange) -> Trader:
        trader = await proven_trader(exchange, platform.accounts_dsn, "drags")
        await exchange.deposit_fiat(trader, "5000.00", await exchange.add_bank_account(trader))
        return trader

    log_in(page, carry_out(platform, make))
    box = _open(page)
    form = page.locator(".area-form")
    form.get_by_text("₺5.000,00").wait_for(timeout=60_000)
    form.get_by_label("Limit fiyatı").fill("3499900")
    form.get_by_label("Miktar", exact=True).fill("0,0002")
    form.get_by_role("button", name="BTC al", exact=True).click()
    row = page.locator(".mine tr[data-order]")
    row.get_by_text("3.499.900,00").wait_for()

    size = box.bounding_box()
    middle = size["x"] + size["width"] / 2
    places = []
    for y in range(int(size["y"]) + 4, int(size["y"] + size["height"]) - 40, 3):
        page.mouse.move(middle, y)
        if box.evaluate("(element) => element.style.cursor") == "ns-resize":
            places.append(y)
    assert places, "the pointer shows where a line can be taken"
    page.mouse.move(middle, places[len(places) // 2])
    page.mouse.down()
    page.mouse.move(middle, places[-1] + 30, steps=5)
    page.mouse.up()
    dialog = page.get_by_role("dialog", name="Emri değiştir")
    price = dialog.get_by_label("Limit fiyatı").input_value()
    assert float(price.replace(",", ".")) < 3_499_900
    assert row.get_by_text("3.499.900,00").count() == 1, "nothing is changed before the confirmation"
    dialog.get_by_label("Limit fiyatı").fill("3499800")
    dialog.get_by_role("button", name="Onayla").click()
    row.get_by_text("3.499.800,00").wait_for()
