"""Who may deploy a stage from GitHub: an identity provider, a role for the stage, and with prod the registry of the container images.

Deployed once by an administrator, never by the pipeline itself:
``npx cdk deploy mycrypto-STAGE-delivery -c stage=STAGE -c github_repository=OWNER/NAME``.
"""

from __future__ import annotations

from typing import Final

from aws_cdk import Aws, CfnOutput, Duration, RemovalPolicy, Stack
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra import nag, names
from infra.constructs import bucket
from infra.sizes import Delivery
from infra.stages import Stage, regions

ISSUER: Final = "token.actions.githubusercontent.com"
AUDIENCE: Final = "sts.amazonaws.com"
REGISTRY_ENVIRONMENT: Final = "registry"
QUALIFIER: Final = "hnb659fds"
BOOTSTRAP_ROLES: Final = ("deploy", "file-publishing", "image-publishing", "lookup")
IMAGES_KEPT: Final = 200
DEPLOY_TAKES: Final = Duration.hours(2)


class DeliveryStack(Stack):
    """The roles take only tokens that GitHub made for a job in the environment of the same name, which asks for an approval."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, delivery: Delivery) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: who may deploy", env={"region": stage.region})
        self._repository = delivery.repository
        self._provider_arn = delivery.provider_arn or self._provider()
        CfnOutput(self, "GithubProviderArn", value=self._provider_arn)
        deploy = self._role("Deploy", names.resource(stage.name, "deploy"), str(stage.name), DEPLOY_TAKES)
        deploy.add_to_policy(
            iam.PolicyStatement(
                sid="ActAsTheBootstrappedRoles",
                actions=["sts:AssumeRole"],
                resources=[
                    f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/cdk-{QUALIFIER}-{name}-role-{Aws.ACCOUNT_ID}-{region}"
                    for region in regions(stage)
                    for name in BOOTSTRAP_ROLES
                ],
            )
        )
        deploy.add_to_policy(
            iam.PolicyStatement(
                sid="SeeWhetherItIsBootstrapped",
                actions=["ssm:GetParameter"],
                resources=[
                    f"arn:{Aws.PARTITION}:ssm:{region}:{Aws.ACCOUNT_ID}:parameter/cdk-bootstrap/{QUALIFIER}/version"
                    for region in regions(stage)
                ],
            )
        )
        deploy.add_to_policy(
            iam.PolicyStatement(
                sid="SeeWhatTheAccountHas",
                actions=[
                    "lambda:GetAccountSettings",
                    "rds:DescribeDBEngineVersions",
                    "rds:DescribeEngineDefaultParameters",
                    "servicequotas:GetServiceQuota",
                ],
                resources=["*"],
            )
        )
        nag.accept_any_resource(deploy, "the questions of infra.ready")
        self._may_publish(deploy, stage)
        CfnOutput(self, "RoleDeploy", value=deploy.role_arn)
        if delivery.holds_registry:
            self._registry(delivery)

    def _provider(self) -> str:
        provider = iam.CfnOIDCProvider(self, "GitHub", url=f"https://{ISSUER}", client_id_list=[AUDIENCE])
        provider.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)  # other stages of the account may use it
        return provider.attr_arn

    @staticmethod
    def _may_publish(deploy: iam.Role, stage: Stage) -> None:
        bucket.allow(deploy, stage, names.BUCKET_WEB, "s3:PutObject")
        stack = f"cloudformation:{stage.region}:{{}}:stack/{names.stack(stage.name, 'front')}/*"
        deploy.add_to_policy(
            iam.PolicyStatement(
                sid="FindTheWebBucket",
                actions=["cloudformation:DescribeStacks"],
                resources=[f"arn:{Aws.PARTITION}:{stack.format(Aws.ACCOUNT_ID)}"],
            )
        )
        nag.accept(
            deploy,
            "the last part of a stack's name is chosen by CloudFormation",
            f"AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:{stack.format('<AWS::AccountId>')}]",
        )

    def _role(self, construct_id: str, name: str, environment: str, longest: Duration) -> iam.Role:
        claims = {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": f"repo:{self._repository}:environment:{environment}"}
        return iam.Role(
            self,
            construct_id,
            role_name=name,
            description=f"GitHub jobs of {self._repository} in environment {environment}",
            assumed_by=iam.WebIdentityPrincipal(self._provider_arn, {"StringEquals": claims}),
            max_session_duration=longest,
        )

    def _registry(self, delivery: Delivery) -> None:
        images = ecr.Repository(
            self,
            "Images",
            repository_name=names.IMAGE_REPOSITORY,
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            encryption=ecr.RepositoryEncryption.AES_256,
            lifecycle_rules=[ecr.LifecycleRule(description="a roll-back reaches this far", max_image_count=IMAGES_KEPT)],
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
        )
        for account in delivery.pull_accounts:
            images.grant_pull(iam.AccountPrincipal(account))
        push = self._role("Push", f"{names.PRODUCT}-registry-push", REGISTRY_ENVIRONMENT, Duration.hours(1))
        images.grant_pull_push(push)
        nag.accept_any_resource(push, "ECR's GetAuthorizationToken")
        CfnOutput(self, "RoleRegistry", value=push.role_arn)
        CfnOutput(self, "Registry", value=images.repository_uri)
