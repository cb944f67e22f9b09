"""The REST API: routes, token check, usage plans, and the gateway's own errors in the format of everybody else's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import names
from infra.routes import Route
from infra.stages import Stage
from mycrypto.errors import CATALOGUE, PROBLEM_MEDIA_TYPE, TYPE_BASE

PROBLEM_OF_RESPONSE: Final[tuple[tuple[apigateway.ResponseType, str], ...]] = (
    (apigateway.ResponseType.UNAUTHORIZED, "UNAUTHORIZED"),
    (apigateway.ResponseType.EXPIRED_TOKEN, "INVALID_TOKEN"),
    (apigateway.ResponseType.ACCESS_DENIED, "FORBIDDEN"),
    (apigateway.ResponseType.INVALID_API_KEY, "FORBIDDEN"),
    (apigateway.ResponseType.INVALID_SIGNATURE, "FORBIDDEN"),
    (apigateway.ResponseType.WAF_FILTERED, "FORBIDDEN"),
    (apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN, "NOT_FOUND"),  # the gateway's name for 'no such route'
    (apigateway.ResponseType.RESOURCE_NOT_FOUND, "NOT_FOUND"),
    (apigateway.ResponseType.BAD_REQUEST_BODY, "VALIDATION_ERROR"),
    (apigateway.ResponseType.BAD_REQUEST_PARAMETERS, "VALIDATION_ERROR"),
    (apigateway.ResponseType.REQUEST_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
    (apigateway.ResponseType.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
    (apigateway.ResponseType.THROTTLED, "RATE_LIMIT_EXCEEDED"),
    (apigateway.ResponseType.QUOTA_EXCEEDED, "RATE_LIMIT_EXCEEDED"),
    (apigateway.ResponseType.INTEGRATION_FAILURE, "SERVICE_UNAVAILABLE"),
    (apigateway.ResponseType.INTEGRATION_TIMEOUT, "OUTCOME_UNKNOWN"),
    (apigateway.ResponseType.AUTHORIZER_FAILURE, "SERVICE_UNAVAILABLE"),
    (apigateway.ResponseType.AUTHORIZER_CONFIGURATION_ERROR, "INTERNAL_ERROR"),
    (apigateway.ResponseType.API_CONFIGURATION_ERROR, "INTERNAL_ERROR"),
    (apigateway.ResponseType.DEFAULT_5_XX, "INTERNAL_ERROR"),
)
"""Which error of the catalogue stands for a response that the gateway makes itself."""


def problem_template(code: str) -> str:
    """The body of a gateway response: a problem document whose trace id the gateway fills in."""
    kind = CATALOGUE[code]
    return json.dumps(
        {
            "type": TYPE_BASE + kind.code.lower().replace("_", "-"),
            "title": kind.title,
            "status": kind.status,
            "detail": kind.title,
            "instance": "",
            "code": kind.code,
            "message": kind.message,
            "errors": [],
            "trace_id": "$context.requestId",
        },
        ensure_ascii=False,
    )


class RestApi(Construct):
    """One API, one stage ``v1``, proxied to the functions named by the routes."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        routes: Sequence[Route],
        functions: Mapping[str, lambda_.IFunction],
        authorizer: lambda_.IFunction,
    ) -> None:
        super().__init__(scope, construct_id)
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=names.resource(stage.name, "api"),
            description="Accounts and wallets",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            binary_media_types=["multipart/form-data"],
            deploy_options=apigateway.StageOptions(
                stage_name=names.API_STAGE,
                throttling_rate_limit=stage.api_requests_per_second,
                throttling_burst_limit=stage.api_burst,
                tracing_enabled=stage.tracing,
            ),
        )
        token_check = apigateway.RequestAuthorizer(
            self,
            "TokenCheck",
            authorizer_name="access-token",
            handler=authorizer,
            identity_sources=[apigateway.IdentitySource.header("Authorization")],
            results_cache_ttl=Duration.seconds(stage.authorizer_cache_seconds),
        )
        integrations = {
            name: apigateway.LambdaIntegration(function, proxy=True, allow_test_invoke=False, scope_permission_to_method=False)
            for name, function in functions.items()
        }
        for route in routes:
            self.api.root.resource_for_path(route.path).add_method(
                "ANY",
                integrations[route.function],
                authorizer=None if route.public else token_check,
                authorization_type=apigateway.AuthorizationType.NONE if route.public else apigateway.AuthorizationType.CUSTOM,
            )
        self._gateway_responses()
        self._usage_plans(stage)

    def _gateway_responses(self) -> None:
        for kind, code in PROBLEM_OF_RESPONSE:
            self.api.add_gateway_response(
                f"Response{kind.response_type.title().replace('_', '')}",
                type=kind,
                status_code=str(CATALOGUE[code].status),
                response_headers={
                    "Content-Type": f"'{PROBLEM_MEDIA_TYPE}'",
                    "X-Request-ID": "context.requestId",
                    "Cache-Control": "'no-store'",
                },
                templates={"application/json": problem_template(code)},
            )

    def _usage_plans(self, stage: Stage) -> None:
        for tier in stage.tiers:
            limited = tier.requests_per_second is not None
            self.api.add_usage_plan(
                f"Plan{tier.name.capitalize()}",
                name=names.resource(stage.name, f"tier-{tier.name}"),
                throttle=apigateway.ThrottleSettings(rate_limit=tier.requests_per_second, burst_limit=tier.burst) if limited else None,
                api_stages=[apigateway.UsagePlanPerApiStage(api=self.api, stage=self.api.deployment_stage)],
            )
