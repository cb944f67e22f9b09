"""The columns of the trade screen: dragged and set by the keyboard, within limits, kept on the device, taken back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.market import Market

WIDE = {"width": 1920, "height": 1000}
TRADE = "/islem/BTC-TRY"


def _width(page: Any, area: str) -> int:
    return int(page.locator(f".area-{area}").bounding_box()["width"] + 0.5)


def _edge(page: Any, area: str) -> Any:
    return page.locator(f".divider.at-{area}")


def _drag(page: Any, area: str, by: int) -> None:
    box = _edge(page, area).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by, y, steps=4)
    page.mouse.up()


def _open(page: Any) -> None:
    page.goto(TRADE)
    page.locator(".book.live").wait_for()


@pytest.mark.parametrize("area", ["book", "trades", "form"])
def test_a_column_is_dragged_within_its_limits_and_kept(page: Any, market: Market, area: str) -> None:
    page.set_viewport_size(WIDE)
    _open(page)
    before = _width(page, area)
    _drag(page, area, -60)
    assert _width(page, area) == before + 60
    _drag(page, area, -900)
    most = int(_edge(page, area).get_attribute("aria-valuemax"))
    assert _width(page, area) == most
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    _open(page)
    assert _width(page, area) == most, "kept on the device"
    _edge(page, area).dblclick()
    assert _width(page, area) == before


def test_the_keyboard_sets_a_width_and_takes_it_back(page: Any, market: Market) -> None:
    _open(page)
    before = _width(page, "form")
    _edge(page, "form").focus()
    page.keyboard.press("ArrowLeft")
    assert _width(page, "form") == before + 16
    assert _edge(page, "form").get_attribute("aria-valuenow") == str(before + 16)
    page.keyboard.press("Home")
    assert _width(page, "form") == int(_edge(page, "form").get_attribute("aria-valuemin"))
    page.keyboard.press("Enter")
    assert _width(page, "form") == before


def test_a_narrow_screen_keeps_room_for_the_chart_and_a_phone_has_no_edges(page: Any, market: Market) -> None:
    _open(page)
    for area in ("book", "form"):
        _edge(page, area).focus()
        page.keyboard.press("End")
    page.set_viewport_size({"width": 1160, "height": 800})
    assert _width(page, "chart") >= 480
    page.set_viewport_size({"width": 390, "height": 844})
    assert _edge(page, "book").is_hidden()
    assert _edge(page, "form").is_hidden()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_what_is_kept_and_makes_no_sense_is_passed_over(page: Any, market: Market) -> None:
    page.add_init_script("localStorage.setItem('mycrypto.columns', 'book:99999,form:-4,none:300,trades:abc,form:9')")
    _open(page)
    assert _width(page, "form") == int(_edge(page, "form").get_attribute("aria-valuemin"))
    assert 240 <= _width(page, "book") <= 480
