"""The alarms on what AWS itself measures, as data: functions, database, cache, brokers, the edge and backups, by the sizes of a stage."""

from __future__ import annotations

from typing import Final

from infra import functions, names
from infra.alarm_definition import Alarm, Runbook, Severity, Subject, aws_metric, stage_name
from infra.dashboards import Aws, AwsRatio
from infra.queue_alarms import queue_alarms
from infra.stages import Stage

CONSUMERS: Final = {
    names.FUNCTION_SETTLEMENT: (names.TOPIC_EVENTS, Subject.SETTLEMENT),
    names.FUNCTION_HISTORY: (names.TOPIC_EVENTS, Subject.HISTORY),
    names.FUNCTION_ARCHIVE: (names.TOPIC_COMMANDS, Subject.ARCHIVE),
}
"""Functions that read a log: what they read, and what their alarms are about."""
FIVE_MINUTES: Final = 5
GIGABYTE: Final = 1024**3


def aws_alarms(stage: Stage) -> tuple[Alarm, ...]:
    """All of a stage."""
    return (*_functions(), *queue_alarms(), *_database(stage), *_cache(stage), *_stream(stage), *EDGE, *BACKUPS)


def _functions() -> list[Alarm]:
    found = []
    for spec in (*functions.ALL, *functions.ON_AWS):
        subject = CONSUMERS[spec.name][1] if spec.name in CONSUMERS else None
        found += [
            Alarm(
                f"function-{spec.name}-errors",
                aws_metric("Lambda", "Errors", "Sum", FunctionName=stage_name(spec.name)),
                0,
                FIVE_MINUTES,
                f"{spec.name} failed in two periods of five minutes: see its log group",
                severity=Severity.CRITICAL if spec.name in CONSUMERS else Severity.WARNING,
                subject=subject,
                periods=2,
            ),
            Alarm(
                f"function-{spec.name}-throttled",
                aws_metric("Lambda", "Throttles", "Sum", FunctionName=stage_name(spec.name)),
                0,
                FIVE_MINUTES,
                f"{spec.name} reached its reserved concurrency of {spec.reserved_concurrency}",
                severity=Severity.WARNING,
                subject=subject,
            ),
        ]
    for consumer, (topic, about) in CONSUMERS.items():
        lag = {"Consumer Group": consumer, "Cluster Name": stage_name("kafka"), "Topic": topic}
        found.append(
            Alarm(
                f"consumer-{consumer}-lags",
                Aws(namespace="AWS/Kafka", name="SumOffsetLag", statistic="Maximum", dimensions=tuple(lag.items())),
                1_000,
                FIVE_MINUTES,
                f"{consumer} is more than 1,000 records behind",
                Runbook.STUCK_CONSUMER,
                severity=Severity.CRITICAL,
                subject=about,
            )
        )
    return found


def _database(stage: Stage) -> list[Alarm]:
    proxy, instance = {"ProxyName": stage_name("database")}, {"DBInstanceIdentifier": stage_name("database")}
    return [
        Alarm(
            "database-pool-full",
            AwsRatio(
                part=aws_metric("RDS", "DatabaseConnections", "Maximum", **proxy),
                whole=aws_metric("RDS", "MaxDatabaseConnectionsAllowed", "Maximum", **proxy),
            ),
            90,
            FIVE_MINUTES,
            "more than 90 % of the database's connections are in use",
            severity=Severity.CRITICAL,
            subject=Subject.DATABASE,
        ),
        Alarm(
            "database-disk-full",
            aws_metric("RDS", "FreeStorageSpace", "Minimum", **instance),
            stage.on_aws.database.storage_gb * GIGABYTE // 10,
            FIVE_MINUTES,
            "less than 10 % of the database's disk is free",
            severity=Severity.CRITICAL,
            subject=Subject.DATABASE,
            below=True,
        ),
        Alarm(
            "database-cpu",
            aws_metric("RDS", "CPUUtilization", "Average", **instance),
            80,
            FIVE_MINUTES,
            "the database has been busy for a quarter of an hour",
            severity=Severity.WARNING,
            subject=Subject.DATABASE,
            periods=3,
        ),
    ]


def _cache(stage: Stage) -> list[Alarm]:
    found = []
    for node in range(1, stage.on_aws.cache.nodes + 1):
        one = {"CacheClusterId": f"{stage_name('cache')}-{node:03}"}
        found += [
            Alarm(
                f"cache-{node}-memory",
                aws_metric("ElastiCache", "DatabaseMemoryUsagePercentage", "Maximum", **one),
                90,
                FIVE_MINUTES,
                "Redis uses more than 90 % of its memory",
                severity=Severity.WARNING,
            ),
            Alarm(
                f"cache-{node}-evictions",
                aws_metric("ElastiCache", "Evictions", "Sum", **one),
                0,
                FIVE_MINUTES,
                "Redis threw keys away to make room",
                severity=Severity.WARNING,
            ),
        ]
    return found


def _stream(stage: Stage) -> list[Alarm]:
    cluster = {"Cluster_Name": stage_name("kafka")}
    found = [
        Alarm(
            "kafka-offline-partitions",
            aws_metric("Kafka", "OfflinePartitionsCount", "Maximum", **cluster),
            0,
            1,
            "a partition has no leader: commands cannot be taken",
            Runbook.LOST_BROKER,
            severity=Severity.CRITICAL,
            subject=Subject.STREAM,
        )
    ]
    for broker in range(1, stage.on_aws.stream.brokers + 1):
        one = {**cluster, "Broker_ID": str(broker)}
        found += [
            Alarm(
                f"kafka-{broker}-under-replicated",
                aws_metric("Kafka", "UnderReplicatedPartitions", "Maximum", **one),
                0,
                FIVE_MINUTES,
                "a broker's partitions lack a replica",
                Runbook.LOST_BROKER,
                severity=Severity.WARNING,
                subject=Subject.STREAM,
                periods=2,
            ),
            Alarm(
                f"kafka-{broker}-disk-full",
                aws_metric("Kafka", "KafkaDataLogsDiskUsed", "Maximum", **one),
                90,
                FIVE_MINUTES,
                "less than 10 % of a broker's disk is free",
                Runbook.LOST_BROKER,
                severity=Severity.CRITICAL,
                subject=Subject.STREAM,
            ),
        ]
    return found


_API: Final = {"ApiName": stage_name("api")}
EDGE: Final = (
    Alarm(
        "api-errors",
        AwsRatio(part=aws_metric("ApiGateway", "5XXError", "Sum", **_API), whole=aws_metric("ApiGateway", "Count", "Sum", **_API)),
        5,
        FIVE_MINUTES,
        "more than 5 % of the API's answers are 5xx",
        Runbook.ROLL_BACK,
        severity=Severity.CRITICAL,
        subject=Subject.API,
    ),
    Alarm(
        "api-slow",
        aws_metric("ApiGateway", "Latency", "p95", **_API),
        500,
        FIVE_MINUTES,
        "p95 of the API is over half a second",
        Runbook.ROLL_BACK,
        severity=Severity.WARNING,
        subject=Subject.API,
        periods=2,
    ),
    Alarm(
        "trading-errors",
        AwsRatio(
            part=aws_metric("ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", LoadBalancer="{balancer}"),
            whole=aws_metric("ApplicationELB", "RequestCount", "Sum", LoadBalancer="{balancer}"),
        ),
        5,
        FIVE_MINUTES,
        "more than 5 % of the gateways' answers are 5xx",
        Runbook.ROLL_BACK,
        severity=Severity.CRITICAL,
        subject=Subject.GATEWAY,
    ),
    Alarm(
        "gateway-target-unhealthy",
        aws_metric("ApplicationELB", "UnHealthyHostCount", "Maximum", TargetGroup="{gateways}", LoadBalancer="{balancer}"),
        0,
        1,
        "a gateway failed its health check three times in a row",
        Runbook.HALTED_MARKET,
        severity=Severity.CRITICAL,
        subject=Subject.GATEWAY,
        periods=3,
    ),
)
BACKUPS: Final = (
    Alarm(
        "backup-failed",
        aws_metric("Backup", "NumberOfBackupJobsFailed", "Sum", BackupVaultName=stage_name("backups")),
        0,
        6 * 60,
        "a backup failed: the goal of losing at most six hours is at stake",
        Runbook.RESTORE,
        severity=Severity.CRITICAL,
    ),
)
