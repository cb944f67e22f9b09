"""Every text of every operation: what no text may hold is refused where it comes in, by name, and reaches neither a database nor a log."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from mycrypto.http.operation import REPORTS
from mycrypto_local.running import Running
from tests.e2e.everybody import UNKNOWN_ID, Actor, NoLimits, everybody, send
from tests.e2e.fuzzed import DOCUMENTS

BAD = ("a\x00b", "a\x1bb", "a\u202eb", "a\x9fb", "a\uffffb", "a\u2028b", "x\n", "x" * 8_193)


@pytest.fixture(scope="module")
def actor(platform: Running) -> Actor:
    return everybody(platform)["ADMIN"]


@pytest.fixture(scope="module")
def limits(platform: Running) -> Iterator[NoLimits]:
    found = NoLimits(platform)
    yield found
    found.close()


def texts_in(schema: dict[str, Any], schemas: dict[str, Any], path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where a body of this schema has texts: names of members, 0 for an item of a list."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("anyOf", ()) or schema.get("oneOf", ()):
        yield from texts_in(choice, schemas, path)
    if schema.get("type") == "string":
        yield path
    for name, inner in schema.get("properties", {}).items():
        yield from texts_in(inner, schemas, (*path, name))
    if isinstance(schema.get("items"), dict):
        yield from texts_in(schema["items"], schemas, (*path, 0))


def body_with(path: tuple[str | int, ...], text: str) -> Any:
    for step in reversed(path):
        text = [text] if step == 0 else {step: text}  # type: ignore[assignment] # it grows outwards
    return text


def refused(answer: httpx.Response, *, also_unknown: bool = False) -> bool:
    if answer.status_code == 404 and also_unknown:
        return True
    return answer.status_code == 400 and answer.json()["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_text_passes_the_gate(door: httpx.Client, actor: Actor, limits: NoLimits, name: str) -> None:
    document = DOCUMENTS[name].document()
    schemas = document["components"]["schemas"]
    turns = itertools.cycle(BAD)
    wrong: list[str] = []
    tried = 0

    def hold(answer: httpx.Response, what: str, **options: Any) -> None:
        nonlocal tried
        tried += 1
        if not refused(answer, **options):
            wrong.append(f"{what}: {answer.status_code} {answer.text[:200]}")

    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            plain = path.replace("{symbol}", "BTCTRY").replace("{currency}", "BTC").replace("{sender}", "bank")
            parts = [parameter for parameter in operation.get("parameters", ()) if parameter["in"] == "path"]
            for parameter in parts:
                for text in (BAD[0], next(turns)):
                    limits.forget()
                    target = path.replace(f"{{{parameter['name']}}}", quote(text, safe=""))
                    target = re.sub(r"{\w+}", UNKNOWN_ID, target)
                    hold(send(door, actor, method, target), f"{method} {target[:80]}", also_unknown=True)
            plain = re.sub(r"{\w+}", UNKNOWN_ID, plain)
            if path.startswith("/ws"):
                continue
            for parameter in operation.get("parameters", ()):
                for text in (BAD[0], next(turns)):
                    limits.forget()
                    if parameter["in"] == "query":
                        hold(
                            send(door, actor, method, f"{plain}?{parameter['name']}={quote(text, safe='')}"),
                            f"{method} {plain}?{parameter['name']}",
                        )
            for media, content in operation.get("requestBody", {}).get("content", {}).items():
                if media != "application/json" or REPORTS in operation["tags"]:
                    continue  # forms are below; a report that its sender has signed is kept whatever it says
                for place in texts_in(content["schema"], schemas):
                    for text in (BAD[0], next(turns)):
                        limits.forget()
                        body = json.dumps(body_with(place, text)).encode()
                        hold(send(door, actor, method, plain, body), f"{method} {plain} {place}")
    assert not wrong, "\n".join(wrong)
    assert tried > 50


def test_texts_of_a_form_and_the_names_of_its_files_pass_it_too(door: httpx.Client, actor: Actor, limits: NoLimits) -> None:
    for field, filename, text in (("first_name", "a.jpg", "a\x00b"), ("first_name", "a\x00.jpg", "Ada"), ("first_name", "a\u202egpj.exe", "Ada"),
                                  ("a\x00b", "a.jpg", "Ada"), ("last_name", "a.jpg", "\u202eAda")):  # fmt: skip
        limits.forget()
        parts = (
            f'--xyz\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{text}\r\n'
            f'--xyz\r\nContent-Disposition: form-data; name="id_front"; filename="{filename}"\r\n\r\nx\r\n--xyz--\r\n'
        )
        answer = send(door, actor, "POST", "/api/auth/kyc/submit", parts.encode(), "multipart/form-data; boundary=xyz")
        assert refused(answer), (field, filename, text, answer.text)


def test_headers_that_are_kept_or_compared_pass_it_too(door: httpx.Client, actor: Actor, limits: NoLimits) -> None:
    body = b'{"amount": "100.00", "fiat_account_id": "019a0000-0000-7000-8000-000000000000"}'
    for value in ("a\u202eb", "a\u2028b", "a\x9fb"):
        limits.forget()
        headers = httpx.Headers([(b"x-idempotency-key", value.encode()), (b"content-type", b"application/json")])
        headers.update(actor.signed("POST", "/api/wallet/deposit/fiat", body))
        assert refused(door.post("/api/wallet/deposit/fiat", content=body, headers=headers))
