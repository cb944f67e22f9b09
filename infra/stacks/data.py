"""Data: PostgreSQL, cache, secrets, and the two functions that prepare them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Final

from aws_cdk import CfnOutput, Duration, SecretValue, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import functions, nag, names, retention, sources
from infra.connections import Connections, Network
from infra.constructs.cache import Cache
from infra.constructs.database import ROLES, Database
from infra.constructs.firewall import Firewall, Peer
from infra.constructs.function import PlatformFunction, decrypt_secrets, layers, read_secrets
from infra.constructs.keys import Purpose, key
from infra.constructs.lifecycle import Lifecycle
from infra.stages import Stage

SIGNING_KEYS_ROTATE: Final = Duration.days(90)
ADMIN: Final = "mycrypto_admin"


class DataStack(Stack):
    """Everything that must survive, and its keys."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        vpc: ec2.IVpc,
        firewall: Firewall,
        failed_invocations: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: data", env={"region": stage.region})
        self._secrets_key = key(self, Purpose.SECRETS, stage=stage)
        self.database = Database(
            self,
            "Database",
            stage=stage,
            vpc=vpc,
            firewall=firewall,
            key=key(self, Purpose.DATABASE, stage=stage),
            secrets_key=self._secrets_key,
        )
        self.cache = Cache(
            self, "Cache", stage=stage, vpc=vpc, firewall=firewall, key=key(self, Purpose.CACHE, stage=stage), secrets_key=self._secrets_key
        )
        network = Network(
            vpc=vpc,
            subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_group=firewall.group(self, Peer.FUNCTIONS),
        )
        self.connections = Connections(
            database_host=self.database.proxy.endpoint,
            database_port="5432",
            database_options="?sslmode=require",
            redis_url=self.cache.url,
            kafka_bootstrap="",
            kafka_auth="iam",
            network=network,
            secrets_key_arn=self._secrets_key.key_arn,
            failed_invocations=failed_invocations,
        )
        self._secrets(stage)
        self._prepare(stage)
        self.database.rotate(vpc, firewall, after=self.migrated)
        CfnOutput(self, "DatabaseProxy", value=self.database.proxy.endpoint)
        CfnOutput(self, "DatabaseInstance", value=self.database.instance.instance_identifier)
        CfnOutput(self, "CacheAddress", value=self.cache.group.attr_primary_end_point_address)

    def _secret(self, stage: Stage, name: str, description: str) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            f"Secret-{name}",
            secret_name=names.secret(stage.name, name),
            description=description,
            encryption_key=self._secrets_key,
            removal_policy=retention.kept(stage),
        )

    def _secrets(self, stage: Stage) -> None:
        self.signing_keys = self._secret(stage, names.SECRET_JWT, "Keys that sign tokens, newest first; for auth alone")
        self.public_keys = self._secret(stage, names.SECRET_PUBLIC_KEYS, "Public parts of the keys that sign tokens, a JSON Web Key Set")
        nag.accept(self.public_keys, "the rotation of the private keys writes it", "AwsSolutions::AwsSolutions-SMG4")
        not_scheduled = "rotating it alone would lock out the holder of the other half; the runbook on key rotation says how"
        self.filled_once = [
            self._secret(stage, names.SECRET_TWO_FACTOR, "Key that TOTP secrets are encrypted with"),
            self._secret(stage, names.SECRET_WEBHOOKS, "Secrets that bank and chain watcher sign with"),
        ]
        # brought by people: they come from elsewhere and nothing here could make them
        brought = [
            self._secret(stage, names.SECRET_WALLET, "Extended public keys of the custody wallet (btc_xpub, eth_xpub, trx_xpub)"),
            self._secret(stage, names.SECRET_RECAPTCHA, "Keys of the reCAPTCHA site (site_key, secret)"),
        ]
        password = self.cache.secret.secret_value_from_json("password").unsafe_unwrap()
        self.redis_url = secretsmanager.Secret(
            self,
            "RedisUrl",
            secret_name=names.secret(stage.name, names.SECRET_REDIS_URL),
            description="Address of the cache with its password, for the trading processes",
            encryption_key=self._secrets_key,
            secret_object_value={
                "url": SecretValue.unsafe_plain_text(f"rediss://:{password}@{self.cache.group.attr_primary_end_point_address}:6379/0")
            },
        )

        for secret in (*self.filled_once, *brought, self.redis_url):
            nag.accept(secret, not_scheduled, "AwsSolutions::AwsSolutions-SMG4")

    def _prepare(self, stage: Stage) -> None:
        shared = layers(self, stage)
        host = self.database.instance.db_instance_endpoint_address
        migrations = PlatformFunction(
            self,
            functions.MIGRATIONS.on_network(
                DATABASE_URL=f"postgresql://{ADMIN}@{host}:5432/postgres?sslmode=require",
                DATABASE_SECRET_NAME=names.database_secret(stage.name, ADMIN),
            ),
            stage=stage,
            connections=self.connections,
            layers=[*shared],
        )
        migrations.role.add_to_policy(read_secrets(self, [names.database_secret(stage.name, role) for role in (ADMIN, *ROLES)]))
        migrations.role.add_to_policy(decrypt_secrets(self._secrets_key.key_arn))
        rotation = PlatformFunction(
            self,
            dataclasses.replace(
                functions.ROTATION, environment=(("PUBLIC_KEYS_SECRET_NAME", names.secret(stage.name, names.SECRET_PUBLIC_KEYS)),)
            ),
            stage=stage,
            connections=self.connections,
            layers=[*shared],
        )
        self._allow_rotation(rotation)
        self.signing_keys.add_rotation_schedule(
            "Rotation", rotation_lambda=rotation.function, automatically_after=SIGNING_KEYS_ROTATE, rotate_immediately_on_update=True
        )
        lifecycle = Lifecycle(
            self,
            "Lifecycle",
            stage=stage,
            statements=[
                iam.PolicyStatement(
                    sid="Prepare",
                    actions=["lambda:InvokeFunction"],
                    resources=[migrations.function.function_arn, rotation.function.function_arn],
                )
            ],
        )
        filled = lifecycle.resource(
            "FirstSecrets",
            "Invocation",
            {
                "FunctionName": rotation.function.function_name,
                "Payload": json.dumps(
                    {
                        "fill": [names.secret(stage.name, name) for name in (names.SECRET_TWO_FACTOR, names.SECRET_WEBHOOKS)],
                        "publish": names.secret(stage.name, names.SECRET_JWT),
                    }
                ),
                "Version": "2",
            },
        )
        filled.node.add_dependency(rotation, *self.filled_once, self.signing_keys, self.public_keys)
        self.migrated = lifecycle.resource(
            "Migrated",
            "Invocation",
            {"FunctionName": migrations.function.function_name, "Payload": "{}", "Version": sources.digest("functions/migrations")},
        )
        self.migrated.node.add_dependency(migrations, *self.database.prepared)
        self.functions: Sequence[PlatformFunction] = (migrations, rotation)

    def _allow_rotation(self, rotation: PlatformFunction) -> None:
        secrets = [self.signing_keys, self.public_keys, *self.filled_once]
        rotation.role.add_to_policy(
            iam.PolicyStatement(
                sid="RenewSecrets",
                actions=[
                    "secretsmanager:DescribeSecret",
                    "secretsmanager:GetSecretValue",
                    "secretsmanager:PutSecretValue",
                    "secretsmanager:UpdateSecretVersionStage",
                ],
                resources=[secret.secret_arn for secret in secrets],
            )
        )
        rotation.role.add_to_policy(
            iam.PolicyStatement(
                sid="EncryptSecrets",
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[self._secrets_key.key_arn],
                conditions={"StringLike": {"kms:ViaService": "secretsmanager.*.amazonaws.com"}},
            )
        )
