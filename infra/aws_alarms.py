"""The alarms on what AWS itself measures, as data: functions, queues, database, cache, brokers, the edge and backups, by the sizes of a stage."""

from __future__ import annotations

from typing import Final

from infra import functions, names
from infra.alarm_definition import Alarm, Runbook, Severity, Subject
from infra.dashboards import Aws, AwsRatio
from infra.stages import Stage

CONSUMERS: Final = {
    names.FUNCTION_SETTLEMENT: (names.TOPIC_EVENTS, Subject.SETTLEMENT),
    names.FUNCTION_HISTORY: (names.TOPIC_EVENTS, Subject.HISTORY),
    names.FUNCTION_ARCHIVE: (names.TOPIC_COMMANDS, Subject.ARCHIVE),
}
"""Functions that read a log: what they read, and what their alarms are about."""
QUEUES: Final = (names.QUEUE_EMAIL, names.QUEUE_AUDIT, names.QUEUE_KYC, names.QUEUE_WITHDRAWALS)
FIVE_MINUTES: Final = 5
GIGABYTE: Final = 1024**3


def _aws(namespace: str, name: str, statistic: str, **dimensions: str) -> Aws:
    """``Broker_ID`` is the dimension ``Broker ID``: its names have blanks in some services."""
    return Aws(
        namespace=f"AWS/{namespace}",
        name=name,
        statistic=statistic,
        dimensions=tuple((key.replace("_", " "), value) for key, value in dimensions.items()),
    )


def _named(name: str) -> str:
    return names.resource("{stage}", name)


def aws_alarms(stage: Stage) -> tuple[Alarm, ...]:
    """All of a stage."""
    return (*_functions(), *_queues(), *_database(stage), *_cache(stage), *_stream(stage), *EDGE, *BACKUPS)


def _functions() -> list[Alarm]:
    found = []
    for spec in (*functions.ALL, *functions.ON_AWS):
        subject = CONSUMERS[spec.name][1] if spec.name in CONSUMERS else None
        found += [
            Alarm(
                f"function-{spec.name}-errors",
                _aws("Lambda", "Errors", "Sum", FunctionName=_named(spec.name)),
                0,
                FIVE_MINUTES,
                f"{spec.name} failed in two periods of five minutes: see its log group",
                severity=Severity.CRITICAL if spec.name in CONSUMERS else Severity.WARNING,
                subject=subject,
                periods=2,
            ),
            Alarm(
                f"function-{spec.name}-throttled",
                _aws("Lambda", "Throttles", "Sum", FunctionName=_named(spec.name)),
                0,
                FIVE_MINUTES,
                f"{spec.name} reached its reserved concurrency of {spec.reserved_concurrency}",
                severity=Severity.WARNING,
                subject=subject,
            ),
        ]
    for consumer, (topic, about) in CONSUMERS.items():
        lag = {"Consumer Group": consumer, "Cluster Name": _named("kafka"), "Topic": topic}
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


def _queues() -> list[Alarm]:
    found = []
    for queue in QUEUES:
        pays_out = queue == names.QUEUE_WITHDRAWALS
        subject = Subject.WITHDRAWALS if pays_out else None
        found += [
            Alarm(
                f"queue-{queue}-dead-letters",
                _aws("SQS", "ApproximateNumberOfMessagesVisible", "Maximum", QueueName=names.dead_letters("{stage}", queue)),
                0,
                FIVE_MINUTES,
                f"messages of {queue} were given up: read one, mend the cause, start the redrive",
                Runbook.REDRIVE,
                severity=Severity.CRITICAL if pays_out else Severity.WARNING,
                subject=subject,
            ),
            Alarm(
                f"queue-{queue}-old",
                _aws("SQS", "ApproximateAgeOfOldestMessage", "Maximum", QueueName=names.queue("{stage}", queue)),
                900,
                FIVE_MINUTES,
                f"a message of {queue} has waited for a quarter of an hour",
                Runbook.REDRIVE,
                severity=Severity.WARNING,
                subject=subject,
            ),
        ]
    found.append(
        Alarm(
            names.QUEUE_FAILED_INVOCATIONS,
            _aws("SQS", "ApproximateNumberOfMessagesVisible", "Maximum", QueueName=_named(names.QUEUE_FAILED_INVOCATIONS)),
            0,
            FIVE_MINUTES,
            "an event was given up by a function",
            Runbook.REDRIVE,
            severity=Severity.CRITICAL,
        )
    )
    return found


def _database(stage: Stage) -> list[Alarm]:
    proxy, instance = {"ProxyName": _named("database")}, {"DBInstanceIdentifier": _named("database")}
    return [
        Alarm(
            "database-pool-full",
            AwsRatio(
                part=_aws("RDS", "DatabaseConnections", "Maximum", **proxy),
                whole=_aws("RDS", "MaxDatabaseConnectionsAllowed", "Maximum", **proxy),
            ),
            90,
            FIVE_MINUTES,
            "more than 90 % of the database's connections are in use",
            severity=Severity.CRITICAL,
            subject=Subject.DATABASE,
        ),
        Alarm(
            "database-disk-full",
            _aws("RDS", "FreeStorageSpace", "Minimum", **instance),
            stage.on_aws.database.storage_gb * GIGABYTE // 10,
            FIVE_MINUTES,
            "less than 10 % of the database's disk is free",
            severity=Severity.CRITICAL,
            subject=Subject.DATABASE,
            below=True,
        ),
        Alarm(
            "database-cpu",
            _aws("RDS", "CPUUtilization", "Average", **instance),
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
        one = {"CacheClusterId": f"{_named('cache')}-{node:03}"}
        found += [
            Alarm(
                f"cache-{node}-memory",
                _aws("ElastiCache", "DatabaseMemoryUsagePercentage", "Maximum", **one),
                90,
                FIVE_MINUTES,
                "Redis uses more than 90 % of its memory",
                severity=Severity.WARNING,
            ),
            Alarm(
                f"cache-{node}-evictions",
                _aws("ElastiCache", "Evictions", "Sum", **one),
                0,
                FIVE_MINUTES,
                "Redis threw keys away to make room",
                severity=Severity.WARNING,
            ),
        ]
    return found


def _stream(stage: Stage) -> list[Alarm]:
    cluster = {"Cluster_Name": _named("kafka")}
    found = [
        Alarm(
            "kafka-offline-partitions",
            _aws("Kafka", "OfflinePartitionsCount", "Maximum", **cluster),
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
                _aws("Kafka", "UnderReplicatedPartitions", "Maximum", **one),
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
                _aws("Kafka", "KafkaDataLogsDiskUsed", "Maximum", **one),
                90,
                FIVE_MINUTES,
                "less than 10 % of a broker's disk is free",
                Runbook.LOST_BROKER,
                severity=Severity.CRITICAL,
                subject=Subject.STREAM,
            ),
        ]
    return found


_API: Final = {"ApiName": _named("api")}
EDGE: Final = (
    Alarm(
        "api-errors",
        AwsRatio(part=_aws("ApiGateway", "5XXError", "Sum", **_API), whole=_aws("ApiGateway", "Count", "Sum", **_API)),
        5,
        FIVE_MINUTES,
        "more than 5 % of the API's answers are 5xx",
        Runbook.ROLL_BACK,
        severity=Severity.CRITICAL,
        subject=Subject.API,
    ),
    Alarm(
        "api-slow",
        _aws("ApiGateway", "Latency", "p95", **_API),
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
            part=_aws("ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", LoadBalancer="{balancer}"),
            whole=_aws("ApplicationELB", "RequestCount", "Sum", LoadBalancer="{balancer}"),
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
        _aws("ApplicationELB", "UnHealthyHostCount", "Maximum", TargetGroup="{gateways}", LoadBalancer="{balancer}"),
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
        _aws("Backup", "NumberOfBackupJobsFailed", "Sum", BackupVaultName=_named("backups")),
        0,
        6 * 60,
        "a backup failed: the goal of losing at most six hours is at stake",
        Runbook.RESTORE,
        severity=Severity.CRITICAL,
    ),
)
