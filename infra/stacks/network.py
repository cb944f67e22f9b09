"""The network: three zones, nothing with data reachable from outside, AWS services reached from inside."""

from __future__ import annotations

from typing import Final

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import names, retention
from infra.constructs.firewall import Firewall, Peer
from infra.constructs.lifecycle import Lifecycle
from infra.stages import Stage

_ENDPOINTS: Final = {
    "Secrets": ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
    "Kms": ec2.InterfaceVpcEndpointAwsService.KMS,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "Metrics": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
    "Sqs": ec2.InterfaceVpcEndpointAwsService.SQS,
    "Sts": ec2.InterfaceVpcEndpointAwsService.STS,
    "Lambda": ec2.InterfaceVpcEndpointAwsService.LAMBDA_,
    "Registry": ec2.InterfaceVpcEndpointAwsService.ECR,
    "RegistryDocker": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Traces": ec2.InterfaceVpcEndpointAwsService.XRAY,
}


class NetworkStack(Stack):
    """VPC, endpoints, flow logs and security groups."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: network", env={"region": stage.region})
        size = stage.on_aws.network
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=names.resource(stage.name, "vpc"),
            ip_addresses=ec2.IpAddresses.cidr(size.cidr),
            availability_zones=[f"{stage.region}{letter}" for letter in "abc"[: size.zones]],
            nat_gateways=size.nat_gateways,
            restrict_default_security_group=False,
            subnet_configuration=[
                ec2.SubnetConfiguration(name="Ways-out", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=24, map_public_ip_on_launch=False),
                ec2.SubnetConfiguration(name="Work", subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS, cidr_mask=20),
                ec2.SubnetConfiguration(name="Data", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED, cidr_mask=24),
            ],
        )
        self.firewall = Firewall(self, "Firewall", vpc=self.vpc, cidr=size.cidr)
        self._let_the_front_in(stage)
        self._flow_logs(stage)
        self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        if size.interface_endpoints:
            for name, service in _ENDPOINTS.items():
                self.vpc.add_interface_endpoint(
                    name,
                    service=service,
                    subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
                    security_groups=[self.firewall.groups[Peer.ENDPOINTS]],
                    private_dns_enabled=True,
                    open=False,
                )

    def _let_the_front_in(self, stage: Stage) -> None:
        """Only CloudFront reaches the load balancer. AWS keeps the list of its addresses, with another id in each region."""
        lifecycle = Lifecycle(
            self,
            "Lifecycle",
            stage=stage,
            # listing has no narrower resource
            statements=[iam.PolicyStatement(sid="Lists", actions=["ec2:DescribeManagedPrefixLists"], resources=["*"])],
        )
        front = lifecycle.resource("Front", "PrefixList", {"Name": "com.amazonaws.global.cloudfront.origin-facing"}).get_att_string("Id")
        port = 443 if stage.on_aws.domain else 80
        self.firewall.groups[Peer.LOAD_BALANCER].add_ingress_rule(ec2.Peer.prefix_list(front), ec2.Port.tcp(port), "CloudFront")

    def _flow_logs(self, stage: Stage) -> None:
        group = logs.LogGroup(
            self,
            "FlowLogs",
            log_group_name=f"/mycrypto/{stage.name}/flow-logs",
            retention=retention.logs_kept(stage),
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = iam.Role(self, "FlowLogsRole", assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"))
        self.vpc.add_flow_log(
            "Flows", destination=ec2.FlowLogDestination.to_cloud_watch_logs(group, role), traffic_type=ec2.FlowLogTrafficType.ALL
        )
