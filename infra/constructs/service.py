"""A trading process as a Fargate service: arm64, private, not root, read-only file system, logs, roll-back."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from aws_cdk import aws_servicediscovery as discovery
from constructs import Construct

from infra import nag, names, retention
from infra.stages import Stage


class TradingService(Construct):
    """One process of the container image. ``one_at_a_time``: the old task ends before the new one starts."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        name: str,
        cluster: ecs.ICluster,
        image: ecs.ContainerImage,
        process: str,
        port: int,
        more_ports: Mapping[str, int] | None = None,
        cpu: int,
        memory_mb: int,
        count: int,
        one_at_a_time: bool,
        environment: Mapping[str, str],
        secrets: Mapping[str, ecs.Secret],
        subnets: ec2.SubnetSelection,
        security_group: ec2.ISecurityGroup,
        stop_seconds: int = 30,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = name
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/mycrypto/{stage.name}/{name}",
            retention=retention.logs_kept(stage),
            removal_policy=retention.kept(stage),
        )
        self.task = ecs.FargateTaskDefinition(
            self,
            "Task",
            family=names.resource(stage.name, name),
            cpu=cpu,
            memory_limit_mib=memory_mb,
            runtime_platform=ecs.RuntimePlatform(
                cpu_architecture=ecs.CpuArchitecture.ARM64, operating_system_family=ecs.OperatingSystemFamily.LINUX
            ),
            volumes=[ecs.Volume(name="scratch")],
        )
        container = self.task.add_container(
            "process",
            container_name=process,
            image=image,
            command=[f"engine_container.{process}"],  # the image's entry point is ``python -m``
            environment={
                "STAGE": str(stage.name),
                "SERVICE_NAME": process,
                "LOG_LEVEL": stage.log_level,
                "PORT": str(port),
                "HOST": "0.0.0.0",  # noqa: S104 - behind its security group
                **environment,
            },
            secrets=dict(secrets),
            port_mappings=[ecs.PortMapping(container_port=each, name=name) for name, each in {process: port, **(more_ports or {})}.items()],
            health_check=ecs.HealthCheck(
                command=["CMD", "python", "-c", f"import urllib.request as r; r.urlopen('http://127.0.0.1:{port}/health', timeout=2)"],
                interval=Duration.seconds(10),
                timeout=Duration.seconds(5),
                retries=3,
                start_period=Duration.seconds(60),
            ),
            logging=ecs.LogDrivers.aws_logs(stream_prefix=process, log_group=self.log_group, mode=ecs.AwsLogDriverMode.NON_BLOCKING),
            readonly_root_filesystem=True,
            stop_timeout=Duration.seconds(stop_seconds),
        )
        container.add_mount_points(ecs.MountPoint(container_path="/tmp", source_volume="scratch", read_only=False))  # noqa: S108 - a volume of the task's own
        nag.accept(self.task, "addresses and names only; passwords come from the secret store", "AwsSolutions::AwsSolutions-ECS2")
        nag.accept_any_resource(self.task, "ECR's GetAuthorizationToken")
        self.service = ecs.FargateService(
            self,
            "Service",
            service_name=names.resource(stage.name, name),
            cluster=cluster,
            task_definition=self.task,
            desired_count=count,
            assign_public_ip=False,
            vpc_subnets=subnets,
            security_groups=[security_group],
            circuit_breaker=ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            min_healthy_percent=0 if one_at_a_time else 100,
            max_healthy_percent=100 if one_at_a_time else 200,
            cloud_map_options=ecs.CloudMapOptions(name=name, dns_record_type=discovery.DnsRecordType.A, dns_ttl=Duration.seconds(10)),
            enable_ecs_managed_tags=True,
            propagate_tags=ecs.PropagatedTagSource.SERVICE,
        )
