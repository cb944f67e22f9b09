"""Logging in by the page, as a Turkish user does."""

from __future__ import annotations

from typing import Any

from mycrypto_local.client import Trader


def log_in(page: Any, trader: Trader) -> None:
    page.goto("/giris")
    page.get_by_label("E-posta").fill(trader.email)
    page.get_by_label("Şifre", exact=True).fill(trader.password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/giris" not in url)
    page.get_by_role("button", name="Çıkış yap").wait_for()
