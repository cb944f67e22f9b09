"""The reference pages say what the code and the templates say."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from infra.templates import Templates
from mycrypto_local.reference import pages
from mycrypto_local.reference.aws_permissions import shown

NAMES = ("ports.md", "environment.md", "errors.md", "topics.md", "queues.md", "caches.md", "permissions.md", "aws-permissions.md")


@pytest.fixture(scope="module")
def written(synth: Callable[..., Templates]) -> Mapping[str, str]:
    return pages.pages(synth("prod"))


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_as_it_would_be_written_now(written: Mapping[str, str], name: str) -> None:
    assert (pages.FOLDER / name).read_text() == written[name], "it is stale; write it again: mycrypto docs"


def test_no_page_is_left_over(written: Mapping[str, str]) -> None:
    by_this = {path.name for path in pages.FOLDER.glob("*.md") if "Written by `mycrypto docs`" in path.read_text()}
    assert set(written) == set(NAMES) == by_this


def test_values_of_templates_are_shown_as_text() -> None:
    joined = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", {"Fn::GetAtt": ["ArchiveBucket0A1B2C3D", "Arn"]}, "/*"]]}
    assert shown(joined) == "arn:aws:s3:::ArchiveBucket/*"
    assert shown({"Fn::ImportValue": "mycrypto-prod-data:ExportsOutputFnGetAttSecretsKey01234567Arn89ABCDEF"}) == "SecretsKey"
