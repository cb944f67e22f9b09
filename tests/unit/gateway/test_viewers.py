"""The pages for the API documents are served with everything that they load, and load nothing from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from engine_container.gateway import viewers
from infra.constructs.distribution import API_POLICY
from mycrypto.errors import ProblemError
from tests.unit.gateway.conftest import Harness

Play = Callable[..., None]
ROOT = Path(__file__).resolve().parents[3]
PAGES = {"/api/v1/docs": viewers.OPERATIONS, "/api/v1/docs/sockets": viewers.SOCKETS}


class Loaded(HTMLParser):
    """What a page loads, what it links to, and what it runs itself."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.inline: list[str] = []
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self._within = tag
        self.inline += [name for name in values if name.startswith("on")]
        if tag == "a":
            self.links.append(str(values["href"]))
        else:
            self.loaded += [str(values[name]) for name in ("src", "href") if values.get(name)]

    def handle_data(self, data: str) -> None:
        if self._within == "script" and data.strip():
            self.inline.append(data)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_comes_with_all_that_it_loads(play: Play, path: str) -> None:
    async def scenario(h: Harness) -> None:
        page = await h.call("GET", path)
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["content-security-policy"] == viewers.POLICY
        found = Loaded(page.text)
        assert found.inline == [], "the front's policy lets no script run within a page"
        assert {link for link in found.links if not link.startswith("/api/v1/docs")} == set()
        files = [name for name in found.loaded if name != "data:,"]
        assert files
        for name in files:
            assert name.startswith("/api/v1/docs/"), name
            answer = await h.call("GET", name, headers={"Accept-Encoding": "gzip"})
            assert answer.status_code == 200, name
            assert answer.headers["content-type"].startswith(("text/javascript", "text/css"))
            assert answer.headers["cache-control"] == "public, max-age=3600"
            plain = await h.call("GET", name, headers={"Accept-Encoding": "identity"})
            assert answer.headers["content-encoding"] == "gzip"
            assert "content-encoding" not in plain.headers
            assert answer.content == plain.content == viewers.FILES[name.rpartition("/")[2]].read_bytes()

    play(scenario)


def test_the_documents_that_the_pages_read_are_there(play: Play) -> None:
    own = "".join(viewers.FILES[name].read_text() for name in ("operations.js", "sockets.js"))
    asked = re.findall(r'"(/api/[^"]+\.json)"', own)
    assert asked == ["/api/v1/openapi.json", "/api/auth/openapi.json", "/api/wallet/openapi.json", "/api/v1/asyncapi.json"]
    assert not re.search(r"https?://", own)
    assert "disableTelemetry: true" in own
    assert "validatorUrl: null" in own

    async def scenario(h: Harness) -> None:
        assert (await h.call("GET", "/api/v1/openapi.json")).json()["openapi"] == "3.1.0"
        assert (await h.call("GET", "/api/v1/asyncapi.json")).json() == json.loads((ROOT / "docs/api/asyncapi.json").read_text())

    play(scenario)


@pytest.mark.parametrize("name", ["passwd", "..%2f..%2fpackage.json", "swagger-ui-bundle.js.map", "operations.html"])
def test_no_other_file_is_served(play: Play, name: str) -> None:
    async def scenario(h: Harness) -> None:
        answer = await h.call("GET", f"/api/v1/docs/{name}")
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")

    play(scenario)


def test_where_the_packages_are_not_installed_a_file_is_not_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(viewers.FILES, "swagger-ui.css", tmp_path / "none.css")
    with pytest.raises(ProblemError, match="not installed") as caught:
        viewers.file("swagger-ui.css")
    assert caught.value.kind.status == 404


def test_what_the_pages_need_is_allowed_by_their_policy_and_by_the_fronts() -> None:
    """The front leaves the pages their policy; should it ever put its own in place of it, they still work."""
    for policy in (viewers.POLICY, API_POLICY):
        rules = {words[0]: set(words[1:]) for rule in policy.split(";") if (words := rule.split())}
        assert "'self'" in rules["script-src"]
        assert {"'self'", "'unsafe-inline'"} <= rules["style-src"]
        assert {"'self'", "data:"} <= rules["img-src"]
        assert "'self'" in rules["connect-src"]
        assert "'unsafe-eval'" not in rules["script-src"]
        assert "'unsafe-inline'" not in rules["script-src"]


def test_the_image_holds_every_file_that_comes_from_npm() -> None:
    dockerfile = (ROOT / "engine_container/Dockerfile").read_text()
    for path in viewers.FILES.values():
        if path.is_relative_to(viewers.PACKAGES):
            assert f"node_modules/{path.relative_to(viewers.PACKAGES)}" in dockerfile
