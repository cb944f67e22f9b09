"""A real Chromium in front of a whole platform. Where there is none the tests are skipped, and the reason says how to get it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from mycrypto_local import web_build
from mycrypto_local.running import Running
from tests.browser.market import Market, carry_out, open_market

sync_api = pytest.importorskip("playwright.sync_api", reason="the browser's driver is missing; get it with: make install")

CHROMIUM: Final = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
DESKTOP: Final = {"width": 1440, "height": 900}
PHONE: Final = {"width": 390, "height": 844}
SHOTS: Final = Path(__file__).parents[2] / "docs" / "screens"
EXPECTED: Final = ("Failed to load resource",)
"""What Chromium writes for every answer with an error status; refusals are part of some stories."""


@dataclass
class Heard:
    """What the page has complained of."""

    complaints: list[str] = field(default_factory=list)

    def listen(self, page: Any) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(EXPECTED):
            self.complaints.append(f"{message.type}: {message.text}")


@pytest.fixture(scope="session")
def site(platform: Running) -> str:
    """The platform's address, with the pages of the present sources."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; get it with: sudo apt-get install -y chromium")
    try:
        web_build.build()
    except web_build.PagesError as error:
        pytest.skip(f"the pages cannot be built: {error}")
    return platform.base_url


@pytest.fixture(scope="package")
def chromium(site: str) -> Iterator[Any]:
    """The driver keeps an event loop running in this thread: it ends with this folder, because later tests run loops of their own."""
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def market(platform: Running, site: str) -> Market:
    return carry_out(platform, lambda exchange: open_market(exchange, platform.accounts_dsn))


@pytest.fixture
def heard() -> Iterator[Heard]:
    """At the end nothing may have been complained of: no error in the console, no report of the content security policy."""
    ears = Heard()
    yield ears
    assert ears.complaints == []


@pytest.fixture
def page(chromium: Any, site: str, heard: Heard) -> Iterator[Any]:
    """A Turkish visitor at a desk."""
    context = chromium.new_context(viewport=DESKTOP, locale="tr-TR", timezone_id="Europe/Istanbul", base_url=site)
    context.set_default_timeout(20_000)
    made = context.new_page()
    heard.listen(made)
    yield made
    context.close()


@pytest.fixture
def told(record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Says a figure, also where the test succeeds."""

    def tell(text: str) -> None:
        record_property("figure", text)
        with capsys.disabled():
            print(f"\n  {text}")

    return tell
