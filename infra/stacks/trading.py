"""Trading on Fargate: an engine pair per shard, gateways behind a load balancer, the publisher."""

from __future__ import annotations

import re
from typing import Final

from aws_cdk import Aws, CfnOutput, Duration, Stack, TimeZone
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecr_assets as images
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as balancing
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_servicediscovery as discovery
from constructs import Construct

from infra import names, sources
from infra.connections import BEHIND_THE_FRONT, Connections
from infra.constructs import bucket, kafka_access, rest
from infra.constructs.distribution import API_HEADER, BINANCE_API
from infra.constructs.firewall import BINANCE_HTTP, ENGINE_ANNOUNCEMENTS, ENGINE_HTTP, GATEWAY_HTTP, PUBLISHER_HTTP, Firewall, Peer
from infra.constructs.function import decrypt_secrets, read_secrets, send_to_queues
from infra.constructs.service import TradingService
from infra.functions import Database
from infra.stages import Stage

ECR_IMAGE: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[a-z0-9/_-]+):(?P<tag>[\w.-]+)"
)

IDLE: Final = Duration.seconds(300)
"""How long a socket may be silent; the gateway pings far more often (product.md 3.6)."""

KEEPS_SNAPSHOTS: Final = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
"""Who writes snapshots also drops the oldest."""

SOCKETS_PER_GATEWAY: Final = 7_000
"""Where another gateway is started; one holds 10,000."""


class TradingStack(Stack):
    """Cluster, services and load balancer."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        vpc: ec2.IVpc,
        firewall: Firewall,
        connections: Connections,
        jwks_url: str,
        redis_url: secretsmanager.ISecret,
        access_logs: s3.IBucket,
    ) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: trading", env={"region": stage.region})
        self._stage = stage
        self._size = stage.on_aws.trading
        self._firewall = firewall
        self._work = vpc.select_subnets(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS).subnets
        self.cluster = ecs.Cluster(
            self,
            "Cluster",
            cluster_name=names.resource(stage.name, "trading"),
            vpc=vpc,
            container_insights_v2=ecs.ContainerInsights.ENABLED,
            default_cloud_map_namespace=ecs.CloudMapNamespaceOptions(
                name=f"{stage.name}.mycrypto.internal", type=discovery.NamespaceType.DNS_PRIVATE
            ),
        )
        self._image = self._container_image()
        self._environment = {
            "KAFKA_BOOTSTRAP_SERVERS": connections.kafka_bootstrap,
            "KAFKA_AUTH": "iam",
            "AWS_REGION": stage.region,
            "SNAPSHOT_BUCKET": bucket.bucket_name(stage, names.BUCKET_SNAPSHOTS),
        }
        self._jwks_url = jwks_url
        self._secrets = {"REDIS_URL": ecs.Secret.from_secrets_manager(self._seen("RedisUrl", redis_url), "url")}
        self._secrets_key = connections.secrets_key_arn or ""
        # the password is read by the tasks themselves: one from the task definition would stay as it was at their start
        role = Database(name=names.DATABASE_TRADE, role="trade_engine_app")
        self._trade_secret = names.database_secret(stage.name, role.role)
        self._trade_database = {
            "TRADE_DATABASE_URL": connections.database_url(role),
            "TRADE_DATABASE_SECRET_NAME": self._trade_secret,
        }
        reader = Database(name=names.DATABASE_EXCHANGE, role="wallet_readonly")
        self._wallet_secret = names.database_secret(stage.name, reader.role)
        self._wallet_database = {
            "WALLET_DATABASE_URL": connections.database_url(reader),
            "WALLET_DATABASE_SECRET_NAME": self._wallet_secret,
        }
        notices = Database(name=names.DATABASE_EXCHANGE, role="notices_app")
        self._notices_secret = names.database_secret(stage.name, notices.role)
        self._notices_database = {
            "NOTICES_DATABASE_URL": connections.database_url(notices),
            "NOTICES_DATABASE_SECRET_NAME": self._notices_secret,
        }
        self.engines = [service for shard, name in enumerate(self._size.shards) for service in self._engine_pair(shard, name)]
        self.publisher = self._publisher()
        self.gateway = self._gateway()
        # a new gateway may send commands that only new engines know
        self.gateway.service.node.add_dependency(*(engine.service for engine in self.engines))
        self.services = (*self.engines, self.publisher, self.gateway)
        for service in self.services:
            service.task.obtain_execution_role().add_to_principal_policy(decrypt_secrets(self._secrets_key))
        self.balancer = self._load_balancer(vpc, access_logs)
        self._scale()
        CfnOutput(self, "LoadBalancer", value=self.balancer.load_balancer_dns_name)
        CfnOutput(self, "ClusterName", value=self.cluster.cluster_name)
        for service in self.services:
            CfnOutput(self, f"Service{service.node.id}", value=service.service.service_name)

    def _seen(self, construct_id: str, secret: secretsmanager.ISecret) -> secretsmanager.ISecret:
        """A secret without its key, whose policy would else name the roles of this stack, which comes after it."""
        return secretsmanager.Secret.from_secret_complete_arn(self, construct_id, secret.secret_arn)

    def _container_image(self) -> ecs.ContainerImage:
        image = self._stage.on_aws.image
        private = ECR_IMAGE.fullmatch(image or "")
        if private:
            # named with its account and region, because the registry may be another stage's; the tasks are given the right to pull
            arn = f"arn:{Aws.PARTITION}:ecr:{private['region']}:{private['account']}:repository/{private['name']}"
            repository = ecr.Repository.from_repository_attributes(self, "Images", repository_arn=arn, repository_name=private["name"])
            return ecs.ContainerImage.from_ecr_repository(repository, private["tag"])
        if image:
            return ecs.ContainerImage.from_registry(image)
        return ecs.ContainerImage.from_asset(
            sources.container(), file="engine_container/Dockerfile", platform=images.Platform.LINUX_ARM64, asset_name="trading"
        )

    def _engine_pair(self, shard: int, shard_name: str) -> list[TradingService]:
        """Two services of one task each, in two zones. Each replaces its task by stopping the old one first, and they are updated one after
        the other, so that one of the two is always there and neither ever has two versions of itself.
        """
        pair: list[TradingService] = []
        for position, subnet in zip("ab", self._work, strict=False):
            service = TradingService(
                self,
                f"Engine{shard_name.capitalize()}{position.upper()}",
                stage=self._stage,
                name=f"engine-{shard_name}-{position}",
                cluster=self.cluster,
                image=self._image,
                process="engine",
                port=ENGINE_HTTP,
                cpu=self._size.engine_cpu,
                memory_mb=self._size.engine_memory_mb,
                count=1,
                one_at_a_time=True,
                environment={**self._environment, "SHARD": str(shard), "ANNOUNCE_PORT": str(ENGINE_ANNOUNCEMENTS)},
                more_ports={"announcements": ENGINE_ANNOUNCEMENTS},
                secrets=self._secrets,
                subnets=ec2.SubnetSelection(subnets=[subnet]),
                security_group=self._firewall.group(self, Peer.ENGINE),
                stop_seconds=60,
            )
            kafka_access.allow(
                service.task.task_role,
                self._stage.name,
                read=[names.TOPIC_COMMANDS, names.TOPIC_EVENTS],
                append=[names.TOPIC_COMMANDS, names.TOPIC_EVENTS],
            )
            bucket.allow(service.task.task_role, self._stage, names.BUCKET_SNAPSHOTS, *KEEPS_SNAPSHOTS)
            if pair:
                service.service.node.add_dependency(pair[-1].service)
            pair.append(service)
        return pair

    def _publisher(self) -> TradingService:
        service = TradingService(
            self,
            "Publisher",
            stage=self._stage,
            name="publisher",
            cluster=self.cluster,
            image=self._image,
            process="publisher",
            port=PUBLISHER_HTTP,
            cpu=self._size.gateway_cpu,
            memory_mb=self._size.gateway_memory_mb,
            count=1,
            one_at_a_time=True,
            environment={**self._environment, "SHARD": "0", **self._trade_database, "MAILS": "on"},
            secrets=self._secrets,
            subnets=ec2.SubnetSelection(subnets=self._work),
            security_group=self._firewall.group(self, Peer.PUBLISHER),
        )
        kafka_access.allow(
            service.task.task_role,
            self._stage.name,
            # a start reads the last record of the public topics, to go on after it
            read=[names.TOPIC_EVENTS, names.TOPIC_ORDER_EVENTS, names.TOPIC_TRADE_EVENTS],
            append=[names.TOPIC_ORDER_EVENTS, names.TOPIC_TRADE_EVENTS],
            groups=["publisher-*"],
            idempotent=True,
        )
        for statement in (
            send_to_queues(self, self._stage, [names.QUEUE_EMAIL]),
            read_secrets(self, [self._trade_secret]),
            decrypt_secrets(self._secrets_key),
        ):
            service.task.task_role.add_to_principal_policy(statement)
        bucket.allow(service.task.task_role, self._stage, names.BUCKET_SNAPSHOTS, *KEEPS_SNAPSHOTS)
        return service

    def _gateway(self) -> TradingService:
        service = TradingService(
            self,
            "Gateway",
            stage=self._stage,
            name="gateway",
            cluster=self.cluster,
            image=self._image,
            process="gateway",
            port=GATEWAY_HTTP,
            more_ports={"binance": BINANCE_HTTP},
            cpu=self._size.gateway_cpu,
            memory_mb=self._size.gateway_memory_mb,
            count=self._size.gateways_min,
            one_at_a_time=False,
            environment={
                **self._environment,
                **BEHIND_THE_FRONT,
                "JWKS_URL": self._jwks_url,
                "ALLOWED_ORIGINS": self._stage.allowed_origins,
                "BINANCE_PORT": str(BINANCE_HTTP),
                "SHARD": "0",
                **self._trade_database,
                **self._wallet_database,
                **self._notices_database,
            },
            secrets=self._secrets,
            subnets=ec2.SubnetSelection(subnets=self._work),
            security_group=self._firewall.group(self, Peer.GATEWAY),
            stop_seconds=120,  # sockets are asked to come back elsewhere before they are closed
        )
        kafka_access.allow(service.task.task_role, self._stage.name, read=[names.TOPIC_EVENTS], append=[names.TOPIC_COMMANDS])
        needs = (
            send_to_queues(self, self._stage, [names.QUEUE_AUDIT]),
            # the first opens the secrets of API keys
            read_secrets(
                self,
                [
                    names.secret(self._stage.name, names.SECRET_TWO_FACTOR),
                    self._trade_secret,
                    self._wallet_secret,
                    self._notices_secret,
                ],
            ),
            decrypt_secrets(self._secrets_key),
        )
        for statement in needs:
            service.task.task_role.add_to_principal_policy(statement)
        bucket.allow(service.task.task_role, self._stage, names.BUCKET_SNAPSHOTS, "s3:GetObject")
        return service

    def _load_balancer(self, vpc: ec2.IVpc, access_logs: s3.IBucket) -> balancing.ApplicationLoadBalancer:
        balancer = balancing.ApplicationLoadBalancer(
            self,
            "Balancer",
            load_balancer_name=names.resource(self._stage.name, "trading"),
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=self._work),
            internet_facing=False,
            security_group=self._firewall.group(self, Peer.LOAD_BALANCER),
            idle_timeout=IDLE,
            drop_invalid_header_fields=True,
            deletion_protection=self._stage.keep_data,
        )
        balancer.log_access_logs(access_logs, "load-balancer")
        domain = self._stage.on_aws.domain
        certificate = acm.Certificate.from_certificate_arn(self, "Certificate", domain.regional_certificate_arn) if domain else None
        listener = balancer.add_listener(
            "Listener",
            port=443 if certificate else 80,
            protocol=balancing.ApplicationProtocol.HTTPS if certificate else balancing.ApplicationProtocol.HTTP,
            certificates=[certificate] if certificate else None,
            ssl_policy=balancing.SslPolicy.TLS13_RES if certificate else None,
            open=False,
        )
        self.targets = self._targets(listener, "Gateways", GATEWAY_HTTP)
        self._targets(listener, "Binance", BINANCE_HTTP, API_HEADER, BINANCE_API)
        return balancer

    def _targets(
        self, listener: balancing.ApplicationListener, construct_id: str, port: int, header: str = "", value: str = ""
    ) -> balancing.ApplicationTargetGroup:
        """The gateways at one of their ports: for requests with this header, where there is one. Whether a gateway is well says its own port."""
        return listener.add_targets(
            construct_id,
            port=port,
            protocol=balancing.ApplicationProtocol.HTTP,
            targets=[self.gateway.service.load_balancer_target(container_name="gateway", container_port=port)],
            priority=1 if header else None,
            conditions=[balancing.ListenerCondition.http_header(header, [value])] if header else None,
            load_balancing_algorithm_type=balancing.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
            deregistration_delay=Duration.seconds(120),
            health_check=balancing.HealthCheck(
                path="/ready",
                port=str(GATEWAY_HTTP),
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=3,
            ),
        )

    def _scale(self) -> None:
        target = self.gateway.service.auto_scale_task_count(min_capacity=self._size.gateways_min, max_capacity=self._size.gateways_max)
        target.scale_on_cpu_utilization(
            "Cpu", target_utilization_percent=70, scale_in_cooldown=Duration.minutes(5), scale_out_cooldown=Duration.minutes(1)
        )
        hours = self._stage.on_aws.working_hours
        if hours:
            # its number belongs to the scaling, which would else start it again
            zone = TimeZone.of(rest.ZONE)
            closed = scaling.Schedule.expression(rest.cron(hours.end))
            opened = scaling.Schedule.expression(rest.cron(hours.begin))
            target.scale_on_schedule("Rest", schedule=closed, time_zone=zone, min_capacity=0, max_capacity=0)
            target.scale_on_schedule(
                "Work", schedule=opened, time_zone=zone, min_capacity=self._size.gateways_min, max_capacity=self._size.gateways_max
            )
        sockets = cloudwatch.Metric(
            namespace="MyCrypto", metric_name="websocket_connections", dimensions_map={"service": "gateway"}, statistic="avg"
        )
        target.scale_to_track_custom_metric(
            "Sockets", metric=sockets, target_value=SOCKETS_PER_GATEWAY, scale_in_cooldown=Duration.minutes(15)
        )
