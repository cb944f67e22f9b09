"""What is wrong with the context is said in one sentence, before anything is made."""

from __future__ import annotations

import dataclasses

import pytest

from infra import stages
from infra.context import Context
from infra.errors import ConfigurationError
from infra.stages import StageName

LOCAL = {
    "database_host": "db",
    "database_port": "5432",
    "redis_url": "redis://cache:6379/0",
    "kafka_bootstrap": "one:9092,two:9092",
    "aws_endpoint": "http://emulator:4566",
}


def _load(**values: object) -> stages.Stage:
    return stages.load(Context(values.get))


def test_a_stage_is_read_with_all_its_addresses() -> None:
    stage = _load(**LOCAL)
    assert stage.name is StageName.LOCAL
    assert stage.local is not None
    assert (stage.local.database_host, stage.local.database_port) == ("db", 5432)
    assert stage.local.kafka_bootstrap == "one:9092,two:9092"


@pytest.mark.parametrize("missing", sorted(LOCAL))
def test_each_missing_address_is_named_with_an_example(missing: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"'{missing}' is missing: pass -c {missing}=\S+\.$"):
        _load(**{key: value for key, value in LOCAL.items() if key != missing})


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("database_port", "0", "must be a port"),
        ("database_port", "65536", "must be a port"),
        ("database_port", "\uff15", "must be a port"),  # a full-width five
        ("database_port", "abc", "must be a port"),
        ("redis_url", "http://cache", "must be a redis:// or rediss:// address"),
        ("redis_url", "redis://:hunter2@cache:6379/0", "must not hold a password"),
        ("kafka_bootstrap", "one", "must be host:port pairs"),
        ("kafka_bootstrap", "one:9092,", "must be host:port pairs"),
        ("aws_endpoint", "127.0.0.1:4566", "must be a http:// or https:// address"),
        ("stage", "production", "must be one of local, dev, staging, prod"),
        ("database_host", ["db"], "must be a plain text"),
    ],
)
def test_wrong_values_are_refused_with_what_was_expected(key: str, value: object, complaint: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        _load(**{**LOCAL, key: value})
    assert complaint in str(caught.value)
    assert f"'{key}'" in str(caught.value)


def test_a_password_is_not_repeated_in_the_complaint() -> None:
    with pytest.raises(ConfigurationError) as caught:
        _load(**{**LOCAL, "redis_url": "redis://:hunter2@cache:6379/0"})
    assert "hunter2" not in str(caught.value)


def test_a_region_that_was_not_decided_on_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="must be one of eu-central-1, eu-west-1, not 'us-west-2'"):
        _load(stage="prod", region="us-west-2")


def test_copies_of_backups_never_go_to_the_region_they_come_from() -> None:
    assert _load(stage="prod", region="eu-west-1").on_aws.backup.copy_region == "eu-central-1"


def test_a_domain_needs_its_zone_and_both_certificates_in_the_right_regions() -> None:
    given: dict[str, object] = {"stage": "prod", "domain": "x.example"}
    with pytest.raises(ConfigurationError, match="'hosted_zone_id' is missing"):
        _load(**given)
    given["hosted_zone_id"] = "Z1"
    with pytest.raises(ConfigurationError, match="'global_certificate_arn' must be an ARN of acm in us-east-1"):
        _load(**given, global_certificate_arn="arn:aws:acm:eu-central-1:111111111111:certificate/0")


def test_tiers_leave_room_for_each_other() -> None:
    stage = _load(stage="prod")
    assert [tier.name for tier in stage.tiers] == ["free", "basic", "pro", "vip"]
    for tier in stage.tiers:
        assert tier.requests_per_second is None or tier.requests_per_second < stage.api_requests_per_second


def test_a_second_shard_is_refused_with_the_reason() -> None:
    size = stages.load(Context({"stage": "dev"}.get)).on_aws.trading
    assert len(size.shards) == 1
    with pytest.raises(ConfigurationError, match=r"one shard, not 2: .* docs/adr/0029 says what a second one would take"):
        dataclasses.replace(size, shards=("spot", "margin"))
