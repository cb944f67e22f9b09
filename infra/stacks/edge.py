"""The way in: the REST API."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import names
from infra.constructs.function import PlatformFunction
from infra.constructs.rest_api import RestApi
from infra.routes import ROUTES
from infra.stages import Stage


class EdgeStack(Stack):
    """API Gateway in front of the functions."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, functions: Mapping[str, PlatformFunction]) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: API")
        self.rest = RestApi(
            self,
            "Rest",
            stage=stage,
            routes=ROUTES,
            functions={name: self._invokable(functions[name]) for name in sorted({route.function for route in ROUTES})},
            authorizer=self._invokable(functions[names.FUNCTION_AUTHORIZER]),
        )
        CfnOutput(self, "RestApiId", value=self.rest.api.rest_api_id)
        CfnOutput(self, "RestApiStage", value=names.API_STAGE)
        CfnOutput(self, "RestApiPath", value=f"/restapis/{self.rest.api.rest_api_id}/{names.API_STAGE}/_user_request_")

    def _invokable(self, function: PlatformFunction) -> lambda_.IFunction:
        """The function as seen from this stack, so that the permission to call it is made here and not in the stack that came first."""
        return lambda_.Function.from_function_attributes(
            self, function.spec.name.capitalize(), function_arn=function.function.function_arn, same_environment=True
        )
