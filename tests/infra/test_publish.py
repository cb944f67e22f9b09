"""Pages go to their bucket in an order in which every loaded page finds its parts."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from infra.publish import ASK_FIRST, FOREVER, plan, publish


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    for name in ("ops.html", "register.html", "index.html", "icon.svg", "assets/b-1.css", "assets/a-1.js", ".built"):
        (tmp_path / name).write_text(name)
    return tmp_path


def test_parts_come_first_and_pages_last(folder: Path) -> None:
    assert [upload.key for upload in plan(folder)] == [
        "assets/a-1.js",
        "assets/b-1.css",
        "icon.svg",
        "index.html",
        "ops.html",
        "register.html",
    ]


def test_parts_are_kept_for_good_and_pages_never(folder: Path) -> None:
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="web")
        assert publish(s3, "web", folder) == 6
        part, page = s3.get_object(Bucket="web", Key="assets/a-1.js"), s3.get_object(Bucket="web", Key="index.html")
    assert (part["CacheControl"], part["ContentType"]) == (FOREVER, "text/javascript")
    assert (page["CacheControl"], page["ContentType"]) == (ASK_FIRST, "text/html")


def test_nothing_is_published_where_nothing_was_built(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make pages"):
        plan(tmp_path)
