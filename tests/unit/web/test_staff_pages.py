"""Staff can do on the pages whatever the API lets them do: every staff operation has a call in the back office, and every call has a page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[3]
OFFICE: Final = ROOT / "web" / "src" / "ops"
METHODS: Final = {"get": "get", "askFile": "get", "post": "post", "put": "put", "del": "delete"}
CALL: Final = re.compile(
    r"export const (?P<name>\w+) = [^\n]*?=> (?:ask<\w+>\(\"(?P<asked>\w+)\", |(?P<helper>get|askFile|post|put|del)(?:<[^(]*>)?\()[\"`](?P<path>/api/[^\"`]+)"
)


def _offered() -> set[tuple[str, str]]:
    """What the API offers to staff and not to traders."""
    found = set()
    for document in ("auth", "wallet", "openapi"):
        paths = json.loads((ROOT / "docs" / "api" / f"{document}.json").read_text())["paths"]
        for path, operations in paths.items():
            for method, operation in operations.items():
                roles = set(operation.get("x-roles", ()))
                if roles and "USER" not in roles:
                    found.add((method, re.sub(r"\{\w+\}", "{}", path)))
    return found


def _calls() -> dict[str, tuple[str, str]]:
    text = (OFFICE / "calls.ts").read_text()
    found = {}
    for call in CALL.finditer(text):
        method = call["asked"].lower() if call["asked"] else METHODS[call["helper"]]
        found[call["name"]] = (method, re.sub(r"\$\{\w+\}", "{}", call["path"]))
    assert len(found) == text.count("export const "), "a call is written in a way that this test cannot read"
    return found


def test_every_staff_operation_has_a_call_and_every_call_is_an_operation() -> None:
    offered = _offered()
    assert len(offered) > 35
    assert set(_calls().values()) == offered


def test_every_call_is_made_by_a_page_that_the_office_shows() -> None:
    pages = {path.stem: path.read_text() for path in OFFICE.glob("*.tsx")}
    shown: set[str] = set()
    reached = {"office"}
    while reached - shown:
        page = (reached - shown).pop()
        shown.add(page)
        reached |= {name for name in re.findall(r'from "\./([\w-]+)"', pages[page]) if name in pages}
    used = "\n".join(re.sub(r"^import .*$", "", pages[page], flags=re.MULTILINE) for page in shown)
    assert [name for name in _calls() if not re.search(rf"\b{name}\b", used)] == []


def test_no_page_of_the_office_calls_staff_operations_by_itself() -> None:
    assert [path.name for path in OFFICE.glob("*.tsx") if "/admin/" in path.read_text()] == []
