"""What would fail, or come up and not work, at the first deployment into an account: each fault has its test, found by reading the templates against
AWS's own rules.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine_container.web.keep_alive import KEEP_ALIVE_SECONDS
from infra import quotas, stages
from infra.constructs.firewall import FLOWS, KAFKA_IAM
from infra.context import Context
from infra.errors import ConfigurationError
from infra.stacks.trading import IDLE
from infra.templates import Templates
from mycrypto.allowances import ALLOWANCES, Use
from mycrypto.security.tokens import Tier

ROOT = Path(__file__).parents[2]
COUNTED_SECONDS = 300
"""Seconds over which the web ACL counts."""


def _context(**values: str) -> stages.Stage:
    return stages.load(Context(values.get))


def _rules(template: Templates, kind: str) -> list[dict[str, Any]]:
    return list(template.properties(kind).values())


def _group(reference: Any) -> str:
    """The security group that a rule names, whatever the stack it stands in."""
    return json.dumps(reference)


def test_each_flow_is_open_on_both_sides_of_it(on_aws: Templates) -> None:
    ways_in = {
        (_group(found["GroupId"]), _group(found["SourceSecurityGroupId"]), found["FromPort"])
        for found in _rules(on_aws, "AWS::EC2::SecurityGroupIngress")
        if "SourceSecurityGroupId" in found  # CloudFront comes from a list of addresses
    }
    ways_out = {
        (_group(found["GroupId"]), _group(found["DestinationSecurityGroupId"]), found["FromPort"])
        for found in _rules(on_aws, "AWS::EC2::SecurityGroupEgress")
    }
    assert ways_in == {(target, source, port) for source, target, port in ways_out}
    assert len(ways_out) == len({(flow.source, flow.target, flow.port) for flow in FLOWS})
    to_itself = [port for source, target, port in ways_out if source == target]
    assert to_itself == [KAFKA_IAM], "pollers of event source mappings live in the brokers' own group"


def _statements(template: Templates, role: str) -> list[dict[str, Any]]:
    return [
        statement
        for policy in template.properties("AWS::IAM::Policy").values()
        if role in json.dumps(policy["Roles"])
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def test_the_publisher_may_read_the_topics_whose_end_it_looks_up_at_a_start(on_aws: Templates) -> None:
    reads = [json.dumps(found["Resource"]) for found in _statements(on_aws, "Publisher") if "kafka-cluster:ReadData" in found["Action"]]
    for topic in ("engine-events", "order-events", "trade-events"):
        assert any(topic in resource for resource in reads), topic


def test_auth_may_use_the_key_of_identity_documents_by_way_of_s3(on_aws: Templates) -> None:
    (found,) = (statement for statement in _statements(on_aws, "Auth") if statement.get("Sid", "").startswith("Key"))
    assert set(found["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert found["Condition"] == {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}}


def test_passwords_rotate_after_the_first_migration_and_not_at_once(on_aws: Templates) -> None:
    (data,) = (template for area, template in on_aws.stacks.items() if area == "data")
    schedules = {name: found for name, found in data["Resources"].items() if found["Type"] == "AWS::SecretsManager::RotationSchedule"}
    of_roles = {name: found for name, found in schedules.items() if name.startswith("Database")}
    assert len(of_roles) == 10
    for name, found in of_roles.items():
        assert found["Properties"]["RotateImmediatelyOnUpdate"] is False, name
        assert any("Migrated" in needed for needed in found.get("DependsOn", [])), name


def test_a_failed_first_deployment_leaves_no_name_behind(on_aws: Templates) -> None:
    kept = {
        name: found.get("DeletionPolicy")
        for template in on_aws.stacks.values()
        for name, found in template["Resources"].items()
        if found.get("DeletionPolicy") == "Retain"
    }
    assert kept == {}, "RetainExceptOnCreate keeps data and takes away what a failed creation made"


def test_a_dev_stage_is_destroyed_whole(synth: Any) -> None:
    made: Templates = synth("dev")
    policies = {name: found.get("DeletionPolicy") for t in made.stacks.values() for name, found in t["Resources"].items()}
    assert {name for name, policy in policies.items() if policy not in {None, "Delete"}} == {
        name for name in policies if "CloudWatchRole" in name or name.startswith("RestApiAccount")
    }


def test_a_vault_is_locked_only_when_that_is_asked_for(synth: Any) -> None:
    def locks(made: Templates) -> list[Any]:
        return [found.get("LockConfiguration") for found in made.properties("AWS::Backup::BackupVault").values()]

    assert not any(locks(synth("prod")))
    assert all(locks(synth("prod", lock_backups="yes")))


def test_the_server_closes_an_idle_connection_after_the_balancer() -> None:
    assert IDLE.to_seconds() < KEEP_ALIVE_SECONDS


def test_the_web_acl_never_stops_what_a_tier_allows(on_aws: Templates) -> None:
    (acl,) = (found for found in on_aws.properties("AWS::WAFv2::WebACL").values() if found["Scope"] == "CLOUDFRONT")
    limits = {rule["Name"]: rule["Statement"]["RateBasedStatement"] for rule in acl["Rules"] if "RateBasedStatement" in rule["Statement"]}
    orders = ALLOWANCES[Use.ORDERS, Tier.VIP]
    assert limits["RequestsPerAddress"]["Limit"] > orders.count * 1_000 // orders.window_ms * COUNTED_SECONDS
    assert "ScopeDownStatement" in limits["AccountRequestsPerAddress"]


def test_a_second_stage_of_an_account_uses_the_first_ones_provider(synth: Any) -> None:
    arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    first = synth("dev", github_repository="owner/name")
    second = synth("dev", github_repository="owner/name", github_provider_arn=arn)
    assert len(first.properties("AWS::IAM::OIDCProvider")) == 1
    assert not second.properties("AWS::IAM::OIDCProvider")
    assert arn in json.dumps(second.properties("AWS::IAM::Role"))


def test_mails_come_from_an_address_that_can_be_verified(synth: Any) -> None:
    made = synth("dev", mail_from="exchange@bank.example.com", recaptcha="off")
    variables = json.dumps(list(made.properties("AWS::Lambda::Function").values()))
    assert '"MAIL_FROM": "exchange@bank.example.com"' in variables
    assert '"RECAPTCHA": "off"' in variables
    assert "identity/bank.example.com" in json.dumps(list(made.properties("AWS::IAM::Policy").values()))
    assert _context(stage="dev").recaptcha
    with pytest.raises(ConfigurationError, match="for stage dev only"):
        _context(stage="prod", recaptcha="off")
    with pytest.raises(ConfigurationError, match="must be a mail address"):
        _context(stage="dev", mail_from="exchange")


def test_the_pipeline_can_write_its_tag_and_its_session_outlasts_a_first_deployment() -> None:
    deploy = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())
    steps = deploy["jobs"]["deploy"]["steps"]
    (tags,) = (step["run"] for step in steps if "git tag --force --annotate" in step.get("run", ""))
    assert tags.index("git config user.email") < tags.index("git tag --force --annotate")
    (credentials,) = (step["with"] for step in steps if "configure-aws-credentials" in step.get("uses", ""))
    assert credentials["role-duration-seconds"] >= 90 * 60


@pytest.mark.parametrize(("stage", "reserved"), [("dev", False), ("staging", True), ("prod", True)])
def test_what_a_stage_takes_of_the_accounts_quotas(stage: str, reserved: bool) -> None:
    needs = {need.unit: need for need in quotas.needs(_context(stage=stage))}
    assert ("concurrent executions" in needs) is reserved, "dev fits an account with the default quotas"
    if reserved:
        need = needs["concurrent executions"]
        assert need.amount == quotas.reserved_concurrency(_context(stage=stage)) + 100
        assert "request-service-quota-increase" in need.how_to_raise("eu-central-1")
    assert needs["Fargate vCPU"].amount == {"dev": 2, "staging": 5, "prod": 15}[stage]


def test_the_proxys_target_group_has_no_tags_which_its_type_refuses(on_aws: Templates) -> None:
    groups = on_aws.properties("AWS::RDS::DBProxyTargetGroup")
    assert groups
    assert all("Tags" not in group for group in groups.values())


def test_schedules_of_pollers_spell_their_parameters_as_the_scheduler_does(synth: Any) -> None:
    """Capital first letters, and small ones in an abbreviation: ``UUID``, as the operation itself has it, is refused when the hour comes."""
    schedules = synth("dev").properties("AWS::Scheduler::Schedule").values()
    pollers = [found["Target"] for found in schedules if "updateEventSourceMapping" in json.dumps(found["Target"]["Arn"])]
    assert pollers
    for target in pollers:
        first, *_, last = target["Input"]["Fn::Join"][1]
        assert (first, last.partition(":")[0]) == ('{"Uuid": "', '", "Enabled"')
