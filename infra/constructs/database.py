"""PostgreSQL with its proxy, its roles' passwords, and their rotation."""

from __future__ import annotations

from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct, IDependable

from infra import database_engine, nag, names
from infra.constructs.firewall import Firewall, Peer
from infra.stages import Stage

ROLES: Final = (
    "exchange_owner",
    "trade_engine_owner",
    "auth_app",
    "wallet_app",
    "settlement_app",
    "wallet_readonly",
    "notices_app",
    "trade_engine_app",
    "trade_engine_readonly",
)
"""Roles that the migrations function makes, each with the password of its own secret."""

ROTATION: Final = Duration.days(90)
_NOT_IN_A_URL: Final = "\"'@/\\:?#%&+ ;<>{}[]()|^~`$!*,="


class Database(Construct):
    """One server for both databases (``exchange_dev``, ``mytrader_trade_engine``), reached through a proxy that keeps its connections few."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, vpc: ec2.IVpc, firewall: Firewall, key: kms.IKey, secrets_key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id)
        size = stage.on_aws.database
        version = rds.PostgresEngineVersion.of(database_engine.VERSION, database_engine.MAJOR)
        engine = rds.DatabaseInstanceEngine.postgres(version=version)
        data_subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)
        self.instance = rds.DatabaseInstance(
            self,
            "Instance",
            instance_identifier=names.resource(stage.name, "database"),
            engine=engine,
            instance_type=ec2.InstanceType(size.instance),
            vpc=vpc,
            vpc_subnets=data_subnets,
            security_groups=[firewall.group(self, Peer.DATABASE)],
            credentials=rds.Credentials.from_generated_secret(
                "mycrypto_admin",
                secret_name=names.database_secret(stage.name, "mycrypto_admin"),
                encryption_key=secrets_key,
                exclude_characters=_NOT_IN_A_URL,
            ),
            parameter_group=rds.ParameterGroup(
                self,
                "Parameters",
                engine=engine,
                description="TLS only, statement statistics, slow statements logged, lost writes refused",
                parameters=dict(database_engine.PARAMETERS),
            ),
            multi_az=size.multi_az,
            storage_type=rds.StorageType.GP3,
            allocated_storage=size.storage_gb,
            max_allocated_storage=size.storage_gb_max,
            storage_encrypted=True,
            storage_encryption_key=key,
            iam_authentication=True,
            backup_retention=Duration.days(size.backup_days),
            preferred_backup_window="02:00-03:00",
            preferred_maintenance_window="Sun:04:00-Sun:05:00",
            copy_tags_to_snapshot=True,
            delete_automated_backups=not stage.keep_data,
            deletion_protection=stage.keep_data,
            removal_policy=RemovalPolicy.SNAPSHOT if stage.keep_data else RemovalPolicy.DESTROY,
            enable_performance_insights=True,
            performance_insight_encryption_key=key,
            monitoring_interval=Duration.seconds(60),
            cloudwatch_logs_exports=["postgresql", "upgrade"],
            auto_minor_version_upgrade=True,
            port=5432,
        )
        nag.accept(
            self.instance,
            "only the proxy and the functions' security group reach the port; another number would hide nothing from them",
            "AwsSolutions::AwsSolutions-RDS11",
        )
        nag.accept_managed_policy(
            self.instance,
            "service-role/AmazonRDSEnhancedMonitoringRole",
            "the policy that RDS asks for; it writes one log group of its own",
        )
        if not size.multi_az or not stage.keep_data:
            nag.accept(
                self.instance,
                "stage dev holds no customer's data and is made to be thrown away and to cost little",
                "AwsSolutions::AwsSolutions-RDS3",
                "AwsSolutions::AwsSolutions-RDS10",
            )
        self.admin_secret = self.instance.secret
        self.role_secrets = {
            role: rds.DatabaseSecret(
                self,
                f"Password-{role}",
                username=role,
                secret_name=names.database_secret(stage.name, role),
                encryption_key=secrets_key,
                exclude_characters=_NOT_IN_A_URL,
            )
            for role in ROLES
        }
        attached = {role: secret.attach(self.instance) for role, secret in self.role_secrets.items()}
        self.proxy = rds.DatabaseProxy(
            self,
            "Proxy",
            db_proxy_name=names.resource(stage.name, "database"),
            proxy_target=rds.ProxyTarget.from_instance(self.instance),
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[firewall.group(self, Peer.PROXY)],
            secrets=[secret for role, secret in self.role_secrets.items() if role.endswith(("_app", "_readonly"))],
            require_tls=True,
            max_connections_percent=90,
            idle_client_timeout=Duration.minutes(5),
            client_password_auth_type=rds.ClientPasswordAuthType.POSTGRES_SCRAM_SHA_256,
        )
        self._attached = attached
        self.prepared = [part.node.default_child for part in (self.instance, *self.role_secrets.values()) if part.node.default_child]
        """What must be there before the first migration: the resources alone, since the schedules beside them come after it."""

    def rotate(self, vpc: ec2.IVpc, firewall: Firewall, *, after: IDependable) -> None:
        """New passwords every 90 days, from ``after`` on: the roles that a rotation changes are made by the first migration."""
        subnets = ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
        if self.admin_secret is None:  # pragma: no cover - generated credentials always have one
            raise ValueError("the database has no generated secret")
        for name, secret in {"admin": self.admin_secret, **self._attached}.items():
            secretsmanager.SecretRotation(
                self,
                f"Rotation-{name}",
                application=secretsmanager.SecretRotationApplication.POSTGRES_ROTATION_SINGLE_USER,
                secret=secret,
                target=self.instance,
                vpc=vpc,
                vpc_subnets=subnets,
                security_group=firewall.group(self, Peer.FUNCTIONS),
                automatically_after=ROTATION,
                rotate_immediately_on_update=False,  # the roles do not exist before the first migration
                exclude_characters=_NOT_IN_A_URL,
            )
            secret.node.find_child("RotationSchedule").node.add_dependency(after)
