"""The pages that the front door serves: every address that a person may open, and nothing of the API's."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from mycrypto_local.front_door import FrontDoor
from mycrypto_local.pages import Pages

BROWSER = {"Accept": "text/html,*/*;q=0.8"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("the app")
    (tmp_path / "ops.html").write_text("the office")
    (tmp_path / "register.html").write_text("the registration")
    (tmp_path / "assets" / "app-1a2b.js").write_text("console.log(1)")
    (tmp_path / ".built").write_text("1")
    return tmp_path


async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b"gateway"})


def ask(folder: Path, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    upstream = httpx.MockTransport(lambda request: httpx.Response(200, headers={"x-request-id": "1"}, text="function"))
    door = FrontDoor(gateway, "http://emulator:4566", "/rest", upstream, pages=Pages(folder))

    async def run() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url="http://door") as client:
            return await client.request(method, path, headers=BROWSER | headers)

    return asyncio.run(run())


@pytest.mark.parametrize("path", ["/", "/islem/BTC-TRY", "/verify-email?token=x", "/index.html", "/register.html", "/opsy", "/kayit/x"])
def test_addresses_of_people_show_the_app(folder: Path, path: str) -> None:
    answer = ask(folder, path)
    assert (answer.status_code, answer.text) == (200, "the app")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/ops", "/ops/users/1"])
def test_the_office_has_a_page_of_its_own(folder: Path, path: str) -> None:
    answer = ask(folder, path)
    assert answer.text == "the office"
    assert "http://localhost:*" in answer.headers["content-security-policy"], "pictures of identity cards come from the emulator"


@pytest.mark.parametrize(
    ("path", "whose"),
    [
        ("/api/v1/nothing", "gateway"),
        ("/health", "gateway"),
        ("/ws", "gateway"),
        ("/metrics", "gateway"),
        ("/api/auth/profile", "function"),
    ],
)
def test_what_belongs_to_the_api_is_no_page(folder: Path, path: str, whose: str) -> None:
    assert ask(folder, path).text == whose


def test_programs_that_take_no_html_get_the_gateways_answer(folder: Path) -> None:
    assert ask(folder, "/islem", Accept="application/json").text == "gateway"
    assert ask(folder, "/islem", method="POST").text == "gateway"


def test_files_with_a_hash_are_kept_for_good_and_sent_packed(folder: Path) -> None:
    answer = ask(folder, "/assets/app-1a2b.js", **{"Accept": "*/*", "Accept-Encoding": "gzip"})
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.text == "console.log(1)"


def test_a_page_allows_no_script_but_its_own_and_no_frame_around_it(folder: Path) -> None:
    headers = ask(folder, "/").headers
    rules = dict(rule.strip().partition(" ")[::2] for rule in headers["content-security-policy"].split(";"))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["connect-src"] == "'self'"
    assert rules["trusted-types"] == "'none'"
    assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")


@pytest.mark.parametrize("path", ["/kayit", "/register"])
def test_the_page_of_registration_alone_may_ask_recaptcha(folder: Path, path: str) -> None:
    answer = ask(folder, path)
    assert answer.text == "the registration"
    rules = dict(rule.strip().partition(" ")[::2] for rule in answer.headers["content-security-policy"].split(";"))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert rules["script-src"] == "'self' https://www.google.com/recaptcha/ https://www.gstatic.com/recaptcha/"
    assert "google" in rules["frame-src"]
    for other in ("/", "/giris", "/ops"):
        assert "google" not in ask(folder, other).headers["content-security-policy"]


def test_local_pages_keep_their_places_and_the_list_of_links_moves_there(folder: Path) -> None:
    assert "/local/mailbox" in ask(folder, "/local/").text


def test_a_new_build_is_served_without_a_restart(folder: Path) -> None:
    pages = Pages(folder)
    assert pages.answer("/", html=True, packed=False)
    (folder / "index.html").write_text("the next app")
    (folder / ".built").write_text("2")
    found = pages.answer("/", html=True, packed=False)
    assert found is not None
    assert found[0] == b"the next app"


def test_without_a_build_the_root_shows_the_links(tmp_path: Path) -> None:
    assert "/local/mailbox" in ask(tmp_path, "/").text
    assert ask(tmp_path, "/islem").text == "gateway"
