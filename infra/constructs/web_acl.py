"""Web ACLs: the managed rules and the rate rule in front of everything, and the lock of the API's back door."""

from __future__ import annotations

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from infra import names, retention
from infra.routes import JWKS_PATH
from infra.stages import Stage

ORIGIN_HEADER: Final = "x-mycrypto-origin"

MANAGED: Final = (
    ("AWSManagedRulesAmazonIpReputationList", ()),
    # bodies above 8 KB are identity documents on their way to the wallet's and accounts' own limits: count them instead of blocking them
    ("AWSManagedRulesCommonRuleSet", ("SizeRestrictions_BODY",)),
    ("AWSManagedRulesKnownBadInputsRuleSet", ()),
    ("AWSManagedRulesSQLiRuleSet", ()),
)


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    return waf.CfnWebACL.VisibilityConfigProperty(cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True)


def _managed(priority: int, name: str, only_counted: tuple[str, ...]) -> waf.CfnWebACL.RuleProperty:
    count = waf.CfnWebACL.RuleActionProperty(count={})
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(
            managed_rule_group_statement=waf.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=name,
                rule_action_overrides=[waf.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=count) for rule in only_counted]
                or None,
            )
        ),
        visibility_config=_visible(name),
    )


def _rate(priority: int, name: str, limit: int, below: str | None = None) -> waf.CfnWebACL.RuleProperty:
    """Blocks an address that sends more than ``limit`` requests in five minutes, to paths below ``below`` where that is named."""
    path = waf.CfnWebACL.StatementProperty(
        byte_match_statement=waf.CfnWebACL.ByteMatchStatementProperty(
            field_to_match=waf.CfnWebACL.FieldToMatchProperty(uri_path={}),
            positional_constraint="STARTS_WITH",
            search_string=below,
            text_transformations=[waf.CfnWebACL.TextTransformationProperty(priority=0, type="NORMALIZE_PATH")],
        )
    )
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        action=waf.CfnWebACL.RuleActionProperty(block={}),
        statement=waf.CfnWebACL.StatementProperty(
            rate_based_statement=waf.CfnWebACL.RateBasedStatementProperty(
                limit=limit, evaluation_window_sec=300, aggregate_key_type="IP", scope_down_statement=path if below else None
            )
        ),
        visibility_config=_visible(name),
    )


class FrontAcl(Construct):
    """For CloudFront: known attackers, common exploits, SQL injection, and too many requests of one address."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        rates = (
            _rate(0, "RequestsPerAddress", stage.on_aws.requests_per_ip),
            _rate(1, "AccountRequestsPerAddress", stage.on_aws.account_requests_per_ip, below="/api/auth/"),
        )
        self.acl = waf.CfnWebACL(
            self,
            "Acl",
            name=names.resource(stage.name, "front"),
            scope="CLOUDFRONT",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            rules=[*rates, *(_managed(index, name, counted) for index, (name, counted) in enumerate(MANAGED, start=len(rates)))],
            visibility_config=_visible("Front"),
        )
        group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"aws-waf-logs-{names.resource(stage.name, 'front')}",
            retention=retention.logs_kept(stage),
            removal_policy=RemovalPolicy.DESTROY,
        )
        waf.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.acl.attr_arn,
            log_destination_configs=[group.log_group_arn],
            redacted_fields=[waf.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": "authorization"})],
        )


class OriginAcl(Construct):
    """For the REST API: only CloudFront knows the header's value, so a client can neither go around CloudFront nor forge forwarded addresses.

    The public keys stay open: the gateways fetch them from inside, and they are public.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, header_value: str, api_stage_arn: str) -> None:
        super().__init__(scope, construct_id)
        from_front = waf.CfnWebACL.RuleProperty(
            name="FromTheFront",
            priority=0,
            action=waf.CfnWebACL.RuleActionProperty(allow={}),
            statement=waf.CfnWebACL.StatementProperty(
                byte_match_statement=waf.CfnWebACL.ByteMatchStatementProperty(
                    field_to_match=waf.CfnWebACL.FieldToMatchProperty(single_header={"Name": ORIGIN_HEADER}),
                    positional_constraint="EXACTLY",
                    search_string=header_value,
                    text_transformations=[waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
                )
            ),
            visibility_config=_visible("FromTheFront"),
        )
        public_keys = waf.CfnWebACL.RuleProperty(
            name="PublicKeys",
            priority=1,
            action=waf.CfnWebACL.RuleActionProperty(allow={}),
            statement=waf.CfnWebACL.StatementProperty(
                byte_match_statement=waf.CfnWebACL.ByteMatchStatementProperty(
                    field_to_match=waf.CfnWebACL.FieldToMatchProperty(uri_path={}),
                    positional_constraint="EXACTLY",
                    search_string=f"/{names.API_STAGE}{JWKS_PATH}",
                    text_transformations=[waf.CfnWebACL.TextTransformationProperty(priority=0, type="NONE")],
                )
            ),
            visibility_config=_visible("PublicKeys"),
        )
        acl = waf.CfnWebACL(
            self,
            "Acl",
            name=names.resource(stage.name, "origin"),
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(block={}),
            rules=[from_front, public_keys],
            visibility_config=_visible("Origin"),
        )
        waf.CfnWebACLAssociation(self, "Association", resource_arn=api_stage_arn, web_acl_arn=acl.attr_arn)
