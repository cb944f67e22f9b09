"""The public face: CloudFront in the stage's name, and its web ACL, which AWS wants in one region for the whole world."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_elasticloadbalancingv2 as balancing
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra import names
from infra.constructs.bucket import PrivateBucket
from infra.constructs.distribution import BINANCE_NAME, BinanceDistribution, Distribution
from infra.constructs.web_acl import FrontAcl
from infra.stacks.edge import origin_value
from infra.stages import GLOBAL_REGION, Stage


class FrontAclStack(Stack):
    """The web ACL of the front."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(
            scope, construct_id, description="MyCrypto: web ACL of the front", env={"region": GLOBAL_REGION}, cross_region_references=True
        )
        self.arn = FrontAcl(self, "Front", stage=stage).acl.attr_arn


class FrontStack(Stack):
    """The distribution and its name."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        api_domain: str,
        origin_secret: secretsmanager.ISecret,
        balancer: balancing.IApplicationLoadBalancer,
        access_logs: s3.IBucket,
        web_acl_arn: str,
    ) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: front", env={"region": stage.region}, cross_region_references=True)
        self.web = PrivateBucket(
            self,
            names.BUCKET_WEB,
            stage=stage,
            lifecycle=[s3.LifecycleRule(id="old-versions", noncurrent_version_expiration=Duration.days(30))],
            access_logs=access_logs,
        ).bucket
        self.distribution = Distribution(
            self,
            "Front",
            stage=stage,
            api_domain=api_domain,
            origin_secret=origin_value(origin_secret, stage),
            balancer=balancer,
            web=self.web,
            access_logs=access_logs,
            web_acl_arn=web_acl_arn,
        ).distribution
        self.binance = BinanceDistribution(
            self, "Binance", stage=stage, balancer=balancer, access_logs=access_logs, web_acl_arn=web_acl_arn
        ).distribution
        domain = stage.on_aws.domain
        if domain:
            zone = route53.HostedZone.from_hosted_zone_attributes(self, "Zone", hosted_zone_id=domain.zone_id, zone_name=domain.name)
            target = route53.RecordTarget.from_alias(targets.CloudFrontTarget(self.distribution))
            route53.ARecord(self, "Name", zone=zone, target=target)
            route53.AaaaRecord(self, "NameV6", zone=zone, target=target)
            spot = route53.RecordTarget.from_alias(targets.CloudFrontTarget(self.binance))
            route53.ARecord(self, "BinanceName", zone=zone, target=spot, record_name=BINANCE_NAME)
            route53.AaaaRecord(self, "BinanceNameV6", zone=zone, target=spot, record_name=BINANCE_NAME)
        CfnOutput(self, "FrontDomain", value=self.distribution.distribution_domain_name)
        CfnOutput(self, "BinanceDomain", value=self.binance.distribution_domain_name)
        CfnOutput(self, "WebBucket", value=self.web.bucket_name)
        CfnOutput(self, "PublicUrl", value=stage.public_url)
