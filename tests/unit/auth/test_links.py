"""Links to pictures and exports lead a browser to S3, also where functions know S3 by another name."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest

from functions.auth import kyc


@pytest.fixture(autouse=True)
def _inside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    given = {
        "AWS_ENDPOINT_URL": "http://localstack:4566",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    kyc.links_client.cache_clear()
    yield
    kyc.links_client.cache_clear()


@pytest.mark.parametrize(("endpoint", "host"), [("http://127.0.0.1:4567", "127.0.0.1:4567"), ("", "localstack:4566")])
def test_a_link_begins_with_the_address_that_people_have(endpoint: str, host: str) -> None:
    context = cast("Any", SimpleNamespace(settings=SimpleNamespace(links_endpoint_url=endpoint)))
    link = urlsplit(kyc.link_to(context, "documents", "front.png"))
    assert (link.netloc, link.path) == (host, "/documents/front.png")
    query = parse_qs(link.query)
    assert query.keys() & {"Signature", "X-Amz-Signature"}
