"""A function of the platform: code, environment, log group and a role of its own, all from its row in ``infra.functions``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aws_cdk import Annotations, ArnFormat, CfnRule, CfnRuleAssertion, Duration, Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import nag, names, retention, sources
from infra.connections import BEHIND_THE_FRONT, Connections
from infra.constructs import bucket, kafka_access
from infra.errors import LayerNotBuiltError
from infra.functions import FunctionSpec
from infra.stages import Stage

RUNTIME: Final = lambda_.Runtime.PYTHON_3_13
ARCHITECTURE: Final = lambda_.Architecture.ARM_64
LIVE: Final = "live"
"""The alias of functions that start from a snapshot."""


def layers(scope: Construct, stage: Stage) -> list[lambda_.ILayerVersion]:
    """``mycrypto`` and the locked dependencies. ministack runs functions with the project's own interpreter, which has the latter.

    Each stack has its own: a version shared by export could never be replaced while it is in use. None where archives hold all of it.
    """
    if stage.bundled:
        return []
    common = lambda_.LayerVersion(
        scope,
        "CommonLayer",
        code=lambda_.Code.from_asset(sources.common_layer()),
        compatible_runtimes=[RUNTIME],
        compatible_architectures=[ARCHITECTURE],
        description="mycrypto: money, ids, errors, contracts, security",
    )
    if stage.local is not None and stage.local.dependency_layer is None:
        return [common]
    prebuilt = stage.local.dependency_layer if stage.local is not None else stage.on_aws.dependency_layer
    try:
        content = sources.dependency_layer(prebuilt)
    except LayerNotBuiltError as missing:
        content = sources.no_layer()
        _refuse_deployment(scope, str(missing))
    dependencies = lambda_.LayerVersion(
        scope,
        "DependencyLayer",
        code=lambda_.Code.from_asset(content),
        compatible_runtimes=[RUNTIME],
        compatible_architectures=[ARCHITECTURE],
        description="Locked dependencies",
    )
    return [common, dependencies]


def _refuse_deployment(scope: Construct, reason: str) -> None:
    """Templates can be made, read and checked without a network; CloudFormation turns them down with this sentence before it makes anything."""
    Annotations.of(scope).add_warning_v2("mycrypto:dependencies-not-built", f"This can be read, not deployed. {reason}")
    never = Fn.condition_equals("not built", "built")
    CfnRule(scope, "DependenciesAreBuilt", assertions=[CfnRuleAssertion(assert_=never, assert_description=reason)])


def environment(spec: FunctionSpec, stage: Stage, connections: Connections) -> dict[str, str]:
    """The variables of a function; names only of what its row asks for, and never a secret value."""
    values = {
        "STAGE": str(stage.name),
        "SERVICE_NAME": spec.name,
        "LOG_LEVEL": stage.log_level,
        "POWERTOOLS_SERVICE_NAME": spec.name,
        "PUBLIC_URL": stage.public_url,
    }
    if stage.local is not None:
        values["AWS_ENDPOINT_URL"] = stage.local.aws_endpoint
        if spec.name == names.FUNCTION_AUTH and stage.local.links_endpoint:
            values["LINKS_ENDPOINT_URL"] = stage.local.links_endpoint
    elif spec.behind_api:
        values.update(BEHIND_THE_FRONT)
    if spec.behind_api and stage.allowed_origins:
        values["ALLOWED_ORIGINS"] = stage.allowed_origins
    if spec.name == names.FUNCTION_AUTHORIZER and not stage.is_local:
        values["USAGE_PLAN_PREFIX"] = names.tier_key(stage.name, "")
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
    if verifies(spec, stage):
        values["BEARER_KEYS_SECRET"] = names.secret(stage.name, names.SECRET_PUBLIC_KEYS)
    for secret in spec.secrets_in(stage.is_local):
        values[f"{secret.upper().replace('-', '_')}_SECRET_NAME"] = names.secret(stage.name, secret)
    if names.SECRET_RECAPTCHA in spec.secrets_on_aws and not stage.is_local and not stage.recaptcha:
        values["RECAPTCHA"] = "off"
    for invoked in spec.invokes:
        values[f"{invoked.upper()}_FUNCTION"] = invoked_name(stage, invoked)
    if spec.sends_mail:
        values["MAIL_FROM"] = stage.mail_from
    if spec.pays_out or spec.polls:
        values["BANK_URL"], values["CHAIN_URL"] = stage.bank_url, stage.chain_url
        if spec.pays_out and stage.is_local:
            values["RETRY_SECONDS"], values["PROOF_SECONDS"] = "1", "5"
    if spec.scans:
        values["KYC_BUCKET"] = bucket.bucket_name(stage, names.BUCKET_KYC)
        values["CLAMD_ADDRESS"] = stage.clamd_address
        values["REGISTER_URL"] = stage.register_url
    if spec.archives:
        values["ARCHIVE_BUCKET"] = bucket.bucket_name(stage, names.BUCKET_ARCHIVE)
    values.update(spec.environment)
    return values


def verifies(spec: FunctionSpec, stage: Stage) -> bool:
    """Whether the function verifies its callers' tokens by itself."""
    return spec.behind_api and stage.verifies_in_functions


def archive(spec: FunctionSpec, stage: Stage) -> str:
    """The folder of a function's archive."""
    if not stage.bundled:
        return sources.function(spec.name)
    return sources.bundled_function(spec.name, stage.local.dependency_layer if stage.local else None)


def invoked_name(stage: Stage, function: str) -> str:
    """What invokes a function by: on AWS its alias, whose version starts from a snapshot."""
    return names.resource(stage.name, function) + ("" if stage.is_local else f":{LIVE}")


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
            retention=retention.logs_kept(stage),
            removal_policy=retention.kept(stage),
        )
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=spec.purpose)
        self.log_group.grant_write(self.role)
        network = connections.network if spec.uses_network else None
        for statement in self._statements(spec, stage, connections):
            self.role.add_to_policy(statement)
        if spec.publishes_commands and not stage.is_local:
            kafka_access.allow(self.role, stage.name, append=[names.TOPIC_COMMANDS], idempotent=True)
        if spec.archives:
            bucket.allow(self.role, stage, names.BUCKET_ARCHIVE, "s3:GetObject", "s3:PutObject")
        nag.accept_any_resource(self.role, "X-Ray's PutTraceSegments and the network interfaces that Lambda makes for the function")
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=spec.purpose,
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            handler=f"functions.{spec.name}.handler.handler",
            code=lambda_.Code.from_asset(archive(spec, stage)),
            layers=layers,
            memory_size=spec.memory_mb,
            timeout=Duration.seconds(spec.timeout_s),
            # a stage without customers leaves the account's concurrency to the others
            reserved_concurrent_executions=spec.reserved_concurrency if stage.keep_data else None,
            environment=environment(spec, stage, connections),
            role=self.role.without_policy_updates() if stage.is_local else self.role,
            log_group=self.log_group,
            tracing=lambda_.Tracing.DISABLED if stage.is_local else lambda_.Tracing.ACTIVE,
            vpc=network.vpc if network else None,
            vpc_subnets=network.subnets if network else None,
            security_groups=[network.security_group] if network else None,
            dead_letter_queue=connections.failed_invocations,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if spec.snap_start and not stage.is_local else None,
        )
        nag.accept_runtime(self.function)
        self.invokable: lambda_.IFunction = self.function
        if spec.snap_start and not stage.is_local:
            # only a published version starts from a snapshot
            nag.accept(self.function, "the alias publishes a version", "Annotation::@aws-cdk/aws-lambda:snapStartRequirePublish")
            self.invokable = lambda_.Alias(self, "Live", alias_name=LIVE, version=self.function.current_version)

    def _statements(self, spec: FunctionSpec, stage: Stage, connections: Connections) -> list[iam.PolicyStatement]:
        stack = Stack.of(self)
        statements = []
        readable = [names.secret(stage.name, secret) for secret in spec.secrets_in(stage.is_local)]
        readable += [names.secret(stage.name, names.SECRET_PUBLIC_KEYS)] if verifies(spec, stage) else []
        readable += [names.database_secret(stage.name, database.role) for database in (spec.database, spec.trade_database) if database]
        if spec.redis:
            readable.append(names.secret(stage.name, names.SECRET_REDIS))
        if readable:
            statements.append(read_secrets(self, readable))
            if connections.secrets_key_arn:
                statements.append(decrypt_secrets(connections.secrets_key_arn))
        if spec.sends_to:
            statements.append(send_to_queues(self, stage, spec.sends_to))
        if spec.invokes:
            statements.append(invoke(self, stage, spec.invokes))
        if spec.sends_mail:
            statements.append(
                iam.PolicyStatement(
                    sid="SendMail",
                    actions=["ses:SendEmail", "ses:SendRawEmail"],
                    # SES looks for the address first and for its domain then, whichever was verified
                    resources=[
                        stack.format_arn(service="ses", resource="identity", resource_name=identity)
                        for identity in (stage.mail_from, stage.mail_from.rpartition("@")[2])
                    ],
                )
            )
        if connections.network and spec.uses_network:
            statements.append(network_interfaces())
        return statements


def read_secrets(scope: Construct, secret_names: list[str]) -> iam.PolicyStatement:
    """Read secrets by name; the six characters after it are chosen by Secrets Manager when the secret is made."""
    stack = Stack.of(scope)
    return iam.PolicyStatement(
        sid="ReadOwnSecrets",
        actions=["secretsmanager:GetSecretValue"],
        resources=[
            stack.format_arn(
                service="secretsmanager", resource="secret", resource_name=f"{name}-??????", arn_format=ArnFormat.COLON_RESOURCE_NAME
            )
            for name in secret_names
        ],
    )


def decrypt_secrets(key_arn: str) -> iam.PolicyStatement:
    """Use the secrets' key, but only by way of Secrets Manager."""
    return iam.PolicyStatement(
        sid="DecryptSecrets",
        actions=["kms:Decrypt"],
        resources=[key_arn],
        conditions={"StringLike": {"kms:ViaService": "secretsmanager.*.amazonaws.com"}},
    )


def send_to_queues(scope: Construct, stage: Stage, queues: Sequence[str]) -> iam.PolicyStatement:
    """Put messages into these queues of the stage."""
    stack = Stack.of(scope)
    return iam.PolicyStatement(
        sid="SendToQueues",
        actions=["sqs:SendMessage", "sqs:GetQueueUrl"],
        resources=[stack.format_arn(service="sqs", resource=names.queue(stage.name, queue)) for queue in queues],
    )


def invoke(scope: Construct, stage: Stage, functions: Sequence[str]) -> iam.PolicyStatement:
    """Call these functions of the stage. They are named, not referred to: the stack of the caller does not depend on theirs."""
    return iam.PolicyStatement(
        sid="InvokeFunctions",
        actions=["lambda:InvokeFunction"],
        resources=[
            Stack.of(scope).format_arn(
                service="lambda",
                resource="function",
                resource_name=invoked_name(stage, function),
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            for function in functions
        ],
    )


def network_interfaces() -> iam.PolicyStatement:
    """What Lambda itself does in the function's name to put it into the network. These actions know no narrower resource."""
    return iam.PolicyStatement(
        sid="NetworkInterfaces",
        actions=[
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ],
        resources=["*"],
    )
