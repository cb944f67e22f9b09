"""Registration where the stage asks for reCAPTCHA: its script comes with the page of registration alone, and who blocks it is told so."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

SITE_KEY = "site-key-of-the-test"
VERIFIER = """window.grecaptcha = {
  ready: (then) => then(),
  execute: async (key, asked) => `${key}:${asked.action}`,
};"""


def _demand(page: Any) -> None:
    """The platform's own configuration, with a site key in it."""

    def demanded(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"recaptcha_site_key": SITE_KEY})

    page.route("**/api/auth/config", demanded)


def _fill(page: Any) -> None:
    page.get_by_label("E-posta").fill(f"insan-{time.time_ns()}@example.com")
    page.get_by_label("Şifre", exact=True).fill("Deniz!Feneri42x")
    page.get_by_label("Kullanım koşullarını kabul ediyorum.").check()
    page.get_by_label("KVKK").check()
    page.get_by_role("main").get_by_role("button", name="Kayıt ol").click()


def test_without_a_site_key_nothing_of_google_is_loaded(page: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="Kayıt ol").click()
    _fill(page)
    page.get_by_role("heading", name="E-postanızı kontrol edin").wait_for()
    assert [url for url in asked if "google" in url or "gstatic" in url] == []
    assert any(url.endswith("/api/auth/config") for url in asked)


def test_with_a_site_key_the_registration_brings_a_token(page: Any) -> None:
    scripts: list[str] = []

    def script(route: Any) -> None:
        scripts.append(route.request.url)
        route.fulfill(content_type="text/javascript", body=VERIFIER)

    _demand(page)
    page.route("https://www.google.com/recaptcha/**", script)
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="Kayıt ol").click()
    page.get_by_text("Kayıt, Google reCAPTCHA ile korunur.").wait_for()
    assert scripts == [], "the script comes when it is needed"
    with page.expect_request("**/api/auth/register") as sent:
        _fill(page)
    assert json.loads(sent.value.post_data)["recaptcha_token"] == f"{SITE_KEY}:register"
    assert scripts == [f"https://www.google.com/recaptcha/api.js?render={SITE_KEY}"]
    page.get_by_role("heading", name="E-postanızı kontrol edin").wait_for()
    page.get_by_role("banner").get_by_role("link", name="Giriş yap").click()
    page.get_by_role("heading", name="Hesabınıza girin").wait_for()
    assert page.evaluate("typeof grecaptcha") == "undefined", "the next page is another document, under the strict policy"


@pytest.mark.parametrize("path", ["/register", "/kayit/"])
def test_every_spelling_of_the_address_comes_with_the_policy_of_registration(page: Any, path: str) -> None:
    policies: list[str] = []
    page.on(
        "response",
        lambda answer: (
            policies.append(answer.headers["content-security-policy"]) if "text/html" in answer.headers["content-type"] else None
        ),
    )
    page.goto(path)
    page.get_by_role("heading", name="Hesap açın").wait_for()
    page.get_by_text("En az 8 karakter").wait_for()
    assert "https://www.google.com/recaptcha/" in policies[-1]


def test_a_blocked_script_is_said_with_what_to_do_and_no_account_is_opened(page: Any) -> None:
    registered: list[str] = []
    page.on("request", lambda request: registered.append(request.url) if request.url.endswith("/register") else None)
    _demand(page)
    page.route("https://www.google.com/recaptcha/**", lambda route: route.abort("blockedbyclient"))
    page.goto("/kayit")
    _fill(page)
    page.get_by_text("Güvenlik doğrulaması yapılamadı; hesap açılmadı.").wait_for()
    assert [url for url in registered if "/api/" in url] == []
    page.unroute("https://www.google.com/recaptcha/**")
    page.route("https://www.google.com/recaptcha/**", lambda route: route.fulfill(content_type="text/javascript", body=VERIFIER))
    page.get_by_role("main").get_by_role("button", name="Kayıt ol").click()
    page.get_by_role("heading", name="E-postanızı kontrol edin").wait_for()
