"""Kafka: the brokers and the topics."""

from __future__ import annotations

import base64
import dataclasses
from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_msk as msk
from constructs import Construct

from infra import names, retention
from infra.constructs.firewall import Firewall, Peer
from infra.stages import Stage

DAY_MS: Final = 24 * 3600 * 1000
KAFKA_VERSION: Final = "3.9.x"
REPLICAS: Final = 3
REPLICAS_IN_SYNC_MIN: Final = 2

_SERVER_PROPERTIES: Final = f"""auto.create.topics.enable=false
default.replication.factor={REPLICAS}
min.insync.replicas={REPLICAS_IN_SYNC_MIN}
unclean.leader.election.enable=false
num.partitions=1
log.retention.hours=168
"""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """``broker_time``: records carry the time at which the broker took them, which is the only clock of trading."""

    name: str
    partitions: int
    retention_days: int
    broker_time: bool

    def settings(self) -> dict[str, str]:
        """The topic's own configuration."""
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(self.retention_days * DAY_MS),
            "min.insync.replicas": str(REPLICAS_IN_SYNC_MIN),
            "message.timestamp.type": "LogAppendTime" if self.broker_time else "CreateTime",
            "max.message.bytes": "1048576",
        }


def topics(stage: Stage) -> tuple[Topic, ...]:
    """The topics of a stage: the two logs with one partition per shard, and the two public ones."""
    size = stage.on_aws
    shards = len(size.trading.shards)
    return (
        Topic(name=names.TOPIC_COMMANDS, partitions=shards, retention_days=size.stream.commands_days, broker_time=True),
        Topic(name=names.TOPIC_EVENTS, partitions=shards, retention_days=size.stream.commands_days, broker_time=True),
        Topic(name=names.TOPIC_ORDER_EVENTS, partitions=12, retention_days=7, broker_time=False),
        Topic(name=names.TOPIC_TRADE_EVENTS, partitions=12, retention_days=7, broker_time=False),
    )


class Stream(Construct):
    """Three brokers in three zones, TLS and IAM only, and the topics as resources."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, vpc: ec2.IVpc, firewall: Firewall, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        size = stage.on_aws.stream
        configuration = msk.CfnConfiguration(
            self,
            "Configuration",
            name=names.resource(stage.name, "kafka"),
            kafka_versions_list=[KAFKA_VERSION],
            server_properties=_SERVER_PROPERTIES,
        )
        broker_logs = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/mycrypto/{stage.name}/kafka",
            retention=retention.logs_kept(stage),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.cluster = msk.CfnCluster(
            self,
            "Cluster" if size.generation == 1 else f"Cluster{size.generation}",
            cluster_name=names.resource(stage.name, "kafka"),
            kafka_version=KAFKA_VERSION,
            number_of_broker_nodes=size.brokers,
            enhanced_monitoring="PER_TOPIC_PER_BROKER" if stage.keep_data else "DEFAULT",
            broker_node_group_info=msk.CfnCluster.BrokerNodeGroupInfoProperty(
                client_subnets=vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS).subnet_ids,
                instance_type=size.instance,
                security_groups=[firewall.group(self, Peer.KAFKA).security_group_id],
                storage_info=msk.CfnCluster.StorageInfoProperty(
                    ebs_storage_info=msk.CfnCluster.EBSStorageInfoProperty(volume_size=size.storage_gb)
                ),
            ),
            configuration_info=msk.CfnCluster.ConfigurationInfoProperty(
                arn=configuration.attr_arn, revision=configuration.attr_latest_revision_revision
            ),
            client_authentication=msk.CfnCluster.ClientAuthenticationProperty(
                sasl=msk.CfnCluster.SaslProperty(iam=msk.CfnCluster.IamProperty(enabled=True)),
                unauthenticated=msk.CfnCluster.UnauthenticatedProperty(enabled=False),
            ),
            encryption_info=msk.CfnCluster.EncryptionInfoProperty(
                encryption_at_rest=msk.CfnCluster.EncryptionAtRestProperty(data_volume_kms_key_id=key.key_arn),
                encryption_in_transit=msk.CfnCluster.EncryptionInTransitProperty(client_broker="TLS", in_cluster=True),
            ),
            logging_info=msk.CfnCluster.LoggingInfoProperty(
                broker_logs=msk.CfnCluster.BrokerLogsProperty(
                    cloud_watch_logs=msk.CfnCluster.CloudWatchLogsProperty(enabled=True, log_group=broker_logs.log_group_name)
                )
            ),
        )
        self.topics = topics(stage)
        for topic in self.topics:
            lines = "\n".join(f"{key}={value}" for key, value in topic.settings().items())
            msk.CfnTopic(
                self,
                f"Topic-{topic.name}",
                cluster_arn=self.cluster.attr_arn,
                topic_name=topic.name,
                partition_count=topic.partitions,
                replication_factor=REPLICAS,
                configs=base64.b64encode(lines.encode()).decode(),
            )
