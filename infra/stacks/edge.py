"""The API's own edge: API Gateway in front of the functions."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnOutput, RemovalPolicy, SecretValue, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra import nag, names
from infra.constructs.function import PlatformFunction
from infra.constructs.rest_api import RestApi
from infra.routes import JWKS_PATH, ROUTES
from infra.stages import Stage


def origin_value(secret: secretsmanager.ISecret, stage: Stage) -> str:
    """A reference that CloudFormation resolves when it deploys; the template never has the value."""
    return SecretValue.secrets_manager(secret.secret_arn, version_id=stage.on_aws.origin_version).unsafe_unwrap()


class EdgeStack(Stack):
    """The REST API; on AWS also the secret that only CloudFront presents to it."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, functions: Mapping[str, PlatformFunction]) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: API", env={"region": stage.region})
        self.rest = RestApi(
            self,
            "Rest",
            stage=stage,
            routes=ROUTES,
            functions={name: self._invokable(functions[name]) for name in sorted({route.function for route in ROUTES})},
            authorizer=None if stage.verifies_in_functions else self._invokable(functions[names.FUNCTION_AUTHORIZER]),
        )
        api = self.rest.api
        self.api_domain = f"{api.rest_api_id}.execute-api.{stage.region}.amazonaws.com"
        self.jwks_url = f"https://{self.api_domain}/{names.API_STAGE}{JWKS_PATH}"
        if not stage.is_local:
            self.origin_secret = secretsmanager.Secret(
                self,
                "OriginSecret",
                secret_name=names.secret(stage.name, names.SECRET_ORIGIN),
                description="What CloudFront presents to the API",
                generate_secret_string=secretsmanager.SecretStringGenerator(exclude_punctuation=True, password_length=48),
                removal_policy=RemovalPolicy.DESTROY,
            )
            nag.accept(
                self.origin_secret,
                "CloudFront and the web ACL must change in one deployment; the runbook on key rotation does it",
                "AwsSolutions::AwsSolutions-SMG4",
            )
            from infra.constructs.web_acl import OriginAcl  # not needed, and slow to load, in stage local

            OriginAcl(
                self,
                "Origin",
                stage=stage,
                header_value=origin_value(self.origin_secret, stage),
                api_stage_arn=api.deployment_stage.stage_arn,
            )
        CfnOutput(self, "RestApiId", value=api.rest_api_id)
        CfnOutput(self, "RestApiStage", value=names.API_STAGE)
        CfnOutput(self, "RestApiPath", value=f"/_aws/execute-api/{api.rest_api_id}/{names.API_STAGE}")

    def _invokable(self, function: PlatformFunction) -> lambda_.IFunction:
        """The function as seen from this stack, so that the permission to call it is made here and not in the stack that came first."""
        return lambda_.Function.from_function_attributes(
            self, function.spec.name.capitalize(), function_arn=function.invokable.function_arn, same_environment=True
        )
