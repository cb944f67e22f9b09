"""Redis (Valkey) with TLS and a password."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_elasticache as elasticache
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra import nag, names
from infra.constructs.firewall import Firewall, Peer
from infra.stages import Stage


class Cache(Construct):
    """Sessions, limits, balances, books. Wiping it makes the platform slower, never wrong (invariant 10).

    ``volatile-lru`` evicts only what has a time to live: books and revocations stay, cached balances go first.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, vpc: ec2.IVpc, firewall: Firewall, key: kms.IKey, secrets_key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id)
        size = stage.on_aws.cache
        self.secret = secretsmanager.Secret(
            self,
            "Password",
            secret_name=names.secret(stage.name, names.SECRET_REDIS),
            description="Password of the cache",
            encryption_key=secrets_key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template="{}",  # noqa: S106 - an empty document, which the password is put into
                generate_string_key="password",
                exclude_punctuation=True,
                password_length=48,
            ),
        )
        nag.accept(
            self.secret,
            "the cache keeps its token until the replication group is changed; the runbook on key rotation changes both together",
            "AwsSolutions::AwsSolutions-SMG4",
        )
        subnets = elasticache.CfnSubnetGroup(
            self,
            "Subnets",
            description="MyCrypto cache",
            subnet_ids=vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED).subnet_ids,
        )
        parameters = elasticache.CfnParameterGroup(
            self,
            "Parameters",
            cache_parameter_group_family="valkey8",
            description="Evict only what may expire; tell of expired keys",
            properties={"maxmemory-policy": "volatile-lru", "notify-keyspace-events": ""},
        )
        several = size.nodes > 1
        self.group = elasticache.CfnReplicationGroup(
            self,
            "Group",
            replication_group_id=names.resource(stage.name, "cache"),
            replication_group_description="MyCrypto cache",
            engine="valkey",
            engine_version="8.1",
            cache_node_type=size.instance,
            num_cache_clusters=size.nodes,
            automatic_failover_enabled=several,
            multi_az_enabled=several,
            cache_subnet_group_name=subnets.ref,
            cache_parameter_group_name=parameters.ref,
            security_group_ids=[firewall.group(self, Peer.CACHE).security_group_id],
            transit_encryption_enabled=True,
            at_rest_encryption_enabled=True,
            kms_key_id=key.key_arn,
            # a reference that CloudFormation resolves; the template holds only the secret's name
            auth_token=self.secret.secret_value_from_json("password").unsafe_unwrap(),
            snapshot_retention_limit=7,
            snapshot_window="01:00-02:00",
            preferred_maintenance_window="sun:03:00-sun:04:00",
            auto_minor_version_upgrade=True,
            port=6379,
        )

        if not several:
            nag.accept(
                self.group,
                "a stage with one node is one that may lose its cache: it gets slower, nothing is wrong (invariant 10)",
                "AwsSolutions::AwsSolutions-AEC4",
            )

    @property
    def url(self) -> str:
        """Without the password."""
        return f"rediss://{self.group.attr_primary_end_point_address}:6379/0"
