"""The REST API: routes, token check, usage plans, and the gateway's own errors in the format of everybody else's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import nag, names, retention
from infra.routes import Route
from infra.stages import Stage
from mycrypto.errors import CATALOGUE, PROBLEM_MEDIA_TYPE, TYPE_BASE

PROBLEM_OF_RESPONSE: Final[tuple[tuple[apigateway.ResponseType, str], ...]] = (
    (apigateway.ResponseType.UNAUTHORIZED, "UNAUTHORIZED"),
    (apigateway.ResponseType.EXPIRED_TOKEN, "INVALID_TOKEN"),
    (apigateway.ResponseType.ACCESS_DENIED, "UNAUTHORIZED"),  # the authorizer denies bad tokens and nothing else
    (apigateway.ResponseType.INVALID_API_KEY, "FORBIDDEN"),
    (apigateway.ResponseType.INVALID_SIGNATURE, "FORBIDDEN"),
    (apigateway.ResponseType.WAF_FILTERED, "FORBIDDEN"),
    (apigateway.ResponseType.MISSING_AUTHENTICATION_TOKEN, "NOT_FOUND"),  # the gateway's name for 'no such route'
    (apigateway.ResponseType.RESOURCE_NOT_FOUND, "NOT_FOUND"),
    (apigateway.ResponseType.BAD_REQUEST_BODY, "VALIDATION_ERROR"),
    (apigateway.ResponseType.BAD_REQUEST_PARAMETERS, "VALIDATION_ERROR"),
    (apigateway.ResponseType.REQUEST_TOO_LARGE, "PAYLOAD_TOO_LARGE"),
    (apigateway.ResponseType.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
    (apigateway.ResponseType.DEFAULT_4_XX, "VALIDATION_ERROR"),
    (apigateway.ResponseType.THROTTLED, "RATE_LIMIT_EXCEEDED"),
    (apigateway.ResponseType.QUOTA_EXCEEDED, "RATE_LIMIT_EXCEEDED"),
    # a function that died, ran out of time or answered nonsense may have done its work: the answer must not say that it failed
    (apigateway.ResponseType.INTEGRATION_FAILURE, "OUTCOME_UNKNOWN"),
    (apigateway.ResponseType.INTEGRATION_TIMEOUT, "OUTCOME_UNKNOWN"),
    (apigateway.ResponseType.API_CONFIGURATION_ERROR, "OUTCOME_UNKNOWN"),
    (apigateway.ResponseType.DEFAULT_5_XX, "OUTCOME_UNKNOWN"),
    (apigateway.ResponseType.AUTHORIZER_FAILURE, "SERVICE_UNAVAILABLE"),
    (apigateway.ResponseType.AUTHORIZER_CONFIGURATION_ERROR, "INTERNAL_ERROR"),
)
"""Which error of the catalogue stands for a response that the gateway makes itself."""

ANSWER: Final = Duration.seconds(29)
"""How long a function may take to answer, at most. Longer than the functions live, and shorter than the front waits."""

ACCESS_LOG: Final = {
    "timestamp": "$context.requestTime",
    "traceId": "$context.requestId",
    "xrayTraceId": "$context.xrayTraceId",
    "ip": "$context.identity.sourceIp",
    "userId": "$context.authorizer.user_id",
    "tier": "$context.authorizer.tier",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "latencyMs": "$context.responseLatency",
    "integrationLatencyMs": "$context.integrationLatency",
    "authorizerLatencyMs": "$context.authorizer.latency",
    "error": "$context.error.responseType",
}
"""One line per request; the user's address and his id, never his token or e-mail address."""


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
    """One API, one stage ``v1``, proxied to the functions named by the routes. Without an authorizer they verify tokens by themselves."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        routes: Sequence[Route],
        functions: Mapping[str, lambda_.IFunction],
        authorizer: lambda_.IFunction | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.api = apigateway.RestApi(
            self,
            "Api",
            rest_api_name=names.resource(stage.name, "api"),
            description="Accounts and wallets",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            # a setting of the whole account and region, needed for any log at all; the last stage to go leaves it in place
            cloud_watch_role=not stage.is_local,
            cloud_watch_role_removal_policy=None if stage.is_local else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
            binary_media_types=["multipart/form-data", "application/pdf"],
            # the authorizer names the caller's tier; a key that a client sends is never looked at
            api_key_source_type=None if stage.is_local else apigateway.ApiKeySourceType.AUTHORIZER,
            deploy_options=self._stage_options(stage),
        )
        token_check = self._token_check(authorizer, stage) if authorizer is not None else None
        integrations = {
            name: apigateway.LambdaIntegration(function, proxy=True, scope_permission_to_method=False, timeout=ANSWER)
            for name, function in functions.items()
        }
        for route in routes:
            checked = token_check if not route.public else None
            resource = self.api.root.resource_for_path(route.path)
            if stage.allowed_origins and checked:
                # a browser asks without a token whether a page may call with one; the function says
                resource.add_method("OPTIONS", integrations[route.function], authorization_type=apigateway.AuthorizationType.NONE)
            resource.add_method(
                "ANY",
                integrations[route.function],
                authorizer=checked,
                authorization_type=apigateway.AuthorizationType.CUSTOM if checked else apigateway.AuthorizationType.NONE,
                # the emulator knows no keys from authorizers
                api_key_required=None if route.public or stage.is_local else True,
            )
        nag.accept(
            self.api,
            "accounts, passwords and tokens are the platform's own (RS256, revocable at once); the authorizer checks every route but the public ones",
            "AwsSolutions::AwsSolutions-COG4",
        )
        nag.accept(
            self.api,
            "register, login, verification, refresh, reset, public keys and health must work without a token; webhooks are signed instead",
            "AwsSolutions::AwsSolutions-APIG4",
        )
        nag.accept(
            self.api,
            "bodies are validated field by field in the function, which answers with the platform's problem documents",
            "AwsSolutions::AwsSolutions-APIG2",
        )
        nag.accept_managed_policy(
            self.api, "service-role/AmazonAPIGatewayPushToCloudWatchLogs", "the one policy with which API Gateway may write its logs"
        )
        self._gateway_responses(readable_elsewhere=bool(stage.allowed_origins))
        self._usage_plans(stage)

    def _token_check(self, authorizer: lambda_.IFunction, stage: Stage) -> apigateway.RequestAuthorizer:
        return apigateway.RequestAuthorizer(
            self,
            "TokenCheck",
            authorizer_name="access-token",
            handler=authorizer,
            identity_sources=[apigateway.IdentitySource.header("Authorization")],
            results_cache_ttl=Duration.seconds(stage.authorizer_cache_seconds),
        )

    def _stage_options(self, stage: Stage) -> apigateway.StageOptions:
        plain = apigateway.StageOptions(
            stage_name=names.API_STAGE,
            throttling_rate_limit=stage.api_requests_per_second,
            throttling_burst_limit=stage.api_burst,
        )
        if stage.is_local:
            return plain
        self.access_log = logs.LogGroup(
            self,
            "AccessLog",
            log_group_name=f"/mycrypto/{stage.name}/api",
            retention=retention.logs_kept(stage),
            removal_policy=retention.kept(stage),
        )
        return apigateway.StageOptions(
            stage_name=names.API_STAGE,
            throttling_rate_limit=stage.api_requests_per_second,
            throttling_burst_limit=stage.api_burst,
            tracing_enabled=True,
            metrics_enabled=True,
            logging_level=apigateway.MethodLoggingLevel.ERROR,
            data_trace_enabled=False,
            access_log_destination=apigateway.LogGroupLogDestination(self.access_log),
            access_log_format=apigateway.AccessLogFormat.custom(json.dumps(ACCESS_LOG)),
        )

    def _gateway_responses(self, *, readable_elsewhere: bool) -> None:
        # they say the same to everybody, and cannot tell one origin from another
        shown = {"Access-Control-Allow-Origin": "'*'"} if readable_elsewhere else {}
        for kind, code in PROBLEM_OF_RESPONSE:
            waiting = {"Retry-After": "'1'"} if CATALOGUE[code].status in {429, 503} else {}
            self.api.add_gateway_response(
                f"Response{kind.response_type.title().replace('_', '')}",
                type=kind,
                status_code=str(CATALOGUE[code].status),
                response_headers={
                    "Content-Type": f"'{PROBLEM_MEDIA_TYPE}'",
                    "X-Request-ID": "context.requestId",
                    "Cache-Control": "'no-store'",
                    **shown,
                    **waiting,
                },
                templates={"application/json": problem_template(code)},
            )

    def _usage_plans(self, stage: Stage) -> None:
        for tier in stage.tiers:
            limited = tier.requests_per_second is not None
            plan = self.api.add_usage_plan(
                f"Plan{tier.name.capitalize()}",
                name=names.resource(stage.name, f"tier-{tier.name}"),
                throttle=apigateway.ThrottleSettings(rate_limit=tier.requests_per_second, burst_limit=tier.burst) if limited else None,
                api_stages=[apigateway.UsagePlanPerApiStage(api=self.api, stage=self.api.deployment_stage)],
            )
            if not stage.is_local:
                key = names.tier_key(stage.name, tier.name)
                # no secret: it names a tier, and only the authorizer can present it
                plan.add_api_key(
                    self.api.add_api_key(
                        f"Tier{tier.name.capitalize()}", api_key_name=key, value=key, description=f"Users of tier {tier.name}"
                    )
                )
