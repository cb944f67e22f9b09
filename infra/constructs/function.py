"""A function of the platform: code, environment, log group and a role of its own, all from its row in ``infra.functions``."""

from __future__ import annotations

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import names, sources
from infra.connections import Connections
from infra.functions import FunctionSpec
from infra.stages import Stage

_COLON = ArnFormat.COLON_RESOURCE_NAME
_RETENTION = {
    1: logs.RetentionDays.ONE_DAY,
    7: logs.RetentionDays.ONE_WEEK,
    30: logs.RetentionDays.ONE_MONTH,
    365: logs.RetentionDays.ONE_YEAR,
}


def common_layer(scope: Construct) -> lambda_.LayerVersion:
    """The layer with ``mycrypto``. Each stack has its own: a version shared by export could never be replaced while it is in use."""
    return lambda_.LayerVersion(
        scope,
        "CommonLayer",
        code=lambda_.Code.from_asset(sources.common_layer()),
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
        compatible_architectures=[lambda_.Architecture.ARM_64],
        description="mycrypto: money, ids, errors, contracts, security",
    )


def environment(spec: FunctionSpec, stage: Stage, connections: Connections) -> dict[str, str]:
    """The variables of a function; names only of what its row asks for, and never a secret value."""
    values = {
        "STAGE": str(stage.name),
        "SERVICE_NAME": spec.name,
        "LOG_LEVEL": stage.log_level,
        "POWERTOOLS_SERVICE_NAME": spec.name,
        "POWERTOOLS_METRICS_NAMESPACE": "MyCrypto",
        "PUBLIC_URL": stage.public_url,
    }
    if stage.local is not None:
        values["AWS_ENDPOINT_URL"] = stage.local.aws_endpoint
    if spec.database:
        values["DATABASE_URL"] = connections.database_url(spec.database)
        values["DATABASE_SECRET_NAME"] = names.database_secret(stage.name, spec.database.role)
    if spec.trade_database:
        values["TRADE_DATABASE_URL"] = connections.database_url(spec.trade_database)
        values["TRADE_DATABASE_SECRET_NAME"] = names.database_secret(stage.name, spec.trade_database.role)
    if spec.redis:
        values["REDIS_URL"] = connections.redis_url
        values["REDIS_SECRET_NAME"] = names.secret(stage.name, names.SECRET_REDIS)
    if spec.publishes_commands:
        values["KAFKA_BOOTSTRAP_SERVERS"] = connections.kafka_bootstrap
        values["KAFKA_AUTH"] = connections.kafka_auth
    for secret in spec.secrets:
        values[f"{secret.upper().replace('-', '_')}_SECRET_NAME"] = names.secret(stage.name, secret)
    for queue in spec.sends_to:
        values[f"{queue.upper().replace('-', '_')}_QUEUE"] = names.resource(stage.name, queue)
    if spec.sends_mail:
        values["MAIL_FROM"] = "no-reply@mycrypto.example"
    values.update(spec.environment)
    return values


class PlatformFunction(Construct):
    """One Lambda function with a role that can do what its row says and nothing else."""

    def __init__(
        self, scope: Construct, spec: FunctionSpec, *, stage: Stage, connections: Connections, layers: list[lambda_.ILayerVersion]
    ) -> None:
        super().__init__(scope, spec.name.capitalize())
        self.spec = spec
        name = names.resource(stage.name, spec.name)
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/lambda/{name}",
            retention=_RETENTION[stage.log_retention_days],
            removal_policy=RemovalPolicy.RETAIN if stage.keep_data else RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=spec.purpose)
        self.log_group.grant_write(self.role)
        self._allow(spec, stage)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=spec.purpose,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"functions.{spec.name}.handler.handler",
            code=lambda_.Code.from_asset(sources.function(spec.name)),
            layers=layers,
            memory_size=spec.memory_mb,
            timeout=Duration.seconds(spec.timeout_s),
            environment=environment(spec, stage, connections),
            role=self.role,
            log_group=self.log_group,
            tracing=lambda_.Tracing.ACTIVE if stage.tracing else lambda_.Tracing.DISABLED,
        )

    def _allow(self, spec: FunctionSpec, stage: Stage) -> None:
        stack = Stack.of(self)
        readable = [names.secret(stage.name, secret) for secret in spec.secrets]
        readable += [names.database_secret(stage.name, database.role) for database in (spec.database, spec.trade_database) if database]
        if spec.redis:
            readable.append(names.secret(stage.name, names.SECRET_REDIS))
        if readable:
            self.role.add_to_policy(
                iam.PolicyStatement(
                    sid="ReadOwnSecrets",
                    actions=["secretsmanager:GetSecretValue"],
                    # the six characters are chosen by Secrets Manager when the secret is made
                    resources=[
                        stack.format_arn(service="secretsmanager", resource="secret", resource_name=f"{name}-??????", arn_format=_COLON)
                        for name in readable
                    ],
                )
            )
        if spec.sends_to:
            self.role.add_to_policy(
                iam.PolicyStatement(
                    sid="SendToQueues",
                    actions=["sqs:SendMessage", "sqs:GetQueueUrl"],
                    resources=[stack.format_arn(service="sqs", resource=names.resource(stage.name, queue)) for queue in spec.sends_to],
                )
            )
        if spec.sends_mail:
            self.role.add_to_policy(
                iam.PolicyStatement(
                    sid="SendMail",
                    actions=["ses:SendEmail", "ses:SendRawEmail"],
                    resources=[stack.format_arn(service="ses", resource="identity", resource_name="mycrypto.example")],
                )
            )
