"""The pages by file name."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from infra import stages, templates
from infra.constructs import firewall
from infra.constructs.stream import DAY_MS, topics
from infra.context import Context
from infra.stages import StageName
from infra.templates import Templates
from mycrypto.errors import CATALOGUE, TYPE_BASE
from mycrypto_local import addresses
from mycrypto_local.parts import kafka
from mycrypto_local.paths import REPOSITORY
from mycrypto_local.pump.sources import FOR_EVER, SOURCES
from mycrypto_local.reference.aws_permissions import aws_permissions
from mycrypto_local.reference.caches import caches
from mycrypto_local.reference.environment import environment
from mycrypto_local.reference.markdown import code, page, table
from mycrypto_local.reference.permissions import permissions
from mycrypto_local.replicas import PORTS_FROM

FOLDER: Final = REPOSITORY / "docs" / "reference"
STAGE: Final = StageName.PROD
PORTS: Final = {
    "gateway": "the one that people use: web page, API, sockets (front door)",
    "binance": "the Binance-compatible API, of the same process",
    "engine": "`/health`, `/ready`, `/state`, `/metrics` of the matching engine",
    "publisher": "`/health`, `/metrics`",
    "pump": "`/health`, `/metrics` of the event pump",
    "emulator": "AWS: Lambda, API Gateway, SQS, S3, SES, Secrets Manager, CloudFormation",
    "postgres": "PostgreSQL",
    "valkey": "Valkey (Redis)",
    "kafka": "Kafka",
    "kafka_controller": "Kafka's controller, for Kafka alone",
}
TOPICS: Final = {
    "engine-commands": ("none; partition = shard", "every command, in the order that decides; archived to S3 for good"),
    "engine-events": ("none; partition = shard", "what the commands led to, numbered without gaps"),
    "order-events": ("user id", "orders and their changes for everyone else, JSON"),
    "trade-events": ("symbol", "trades for everyone else, JSON"),
}
QUEUES: Final = {
    "email-notifications": ("auth, wallet, settlement, maintenance, publisher", "notifications"),
    "audit-logs": ("auth, wallet, settlement, maintenance, gateway", "audit"),
    "kyc-processing": ("auth, maintenance", "kyc: the virus scan of an application's pictures"),
    "withdrawal-processing": ("wallet, settlement, withdrawals, maintenance", "withdrawals: one payout at a time of each user"),
    "failed-invocations": ("Lambda, event source mappings, schedules", "people: the runbook 'stuck consumer'"),
}


def synthesised() -> Templates:
    """The templates that pages are made from; neither the layer nor the image changes what they say."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "layer" / "python").mkdir(parents=True)
        return templates.synthesise(STAGE, Path(folder) / "cdk", {"dependency_layer": str(Path(folder) / "layer"), "image": "unused"})


def pages(stage: Templates) -> Mapping[str, str]:
    """Every page; ``stage`` is the synthesised stage prod."""
    return {
        "ports.md": _ports(),
        "environment.md": environment(),
        "errors.md": _errors(),
        "topics.md": _topics(),
        "queues.md": _queues(stage),
        "caches.md": caches(),
        "permissions.md": permissions(),
        "aws-permissions.md": aws_permissions(stage),
    }


def write() -> list[Path]:
    """Write all of them; the files that changed."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in pages(synthesised()).items():
        path = FOLDER / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            changed.append(path)
    return changed


def _ports() -> str:
    local = table(("part", "port", "what"), ((code(name), port, PORTS[name]) for name, port in addresses.DEFAULTS.items()))
    flows = table(("from", "to", "port", "why"), ((flow.source, flow.target, flow.port, flow.why) for flow in firewall.FLOWS))
    return page(
        "Ports",
        "## One machine\n\nAll on 127.0.0.1. A port that is taken is replaced by the next free one; `mycrypto status` tells.\n\n"
        + local
        + f"\n\nWith `make up GATEWAYS=2 STANDBY=1` the port `gateway` is that of the front door, gateways have those from {PORTS_FROM['gateway'] + 1} on "
        f"(from {PORTS_FROM['binance'] + 1} on for Binance's API), further engines those from {PORTS_FROM['engine'] + 2} on.",
        "## AWS\n\nThe world reaches CloudFront on 443 and nothing else. Inside, a connection exists only if a row says so "
        "(`infra/constructs/firewall.py`); in addition, components that call AWS or partners may do so on 443.\n\n" + flows,
    )


def _errors() -> str:
    rows = ((code(kind.code), kind.status, kind.title, kind.message) for kind in CATALOGUE.values())
    return page(
        "Errors",
        "Every refusal is a problem document (RFC 9457, `application/problem+json`) with `type`, `title`, `status`, `detail`, `instance`, `code`, "
        "`message` (Turkish, for users), `errors[]` (per field), `trace_id`, and the figures of the case such as `required` and `available`. "
        f"`type` is `{TYPE_BASE}` and the code in lower case. The catalogue is `mycrypto/errors.py`.",
        table(("code", "HTTP", "title", "message"), rows),
    )


def _topics() -> str:
    stage = stages.load(Context({"stage": str(STAGE)}.get))
    on_aws = (
        (
            code(topic.name),
            topic.partitions,
            *TOPICS[topic.name],
            f"{int(topic.settings()['retention.ms']) // DAY_MS} days",
            "broker" if topic.broker_time else "writer",
            topic.settings()["min.insync.replicas"] + " of 3",
        )
        for topic in topics(stage)
    )
    local = ((code(topic.name), topic.partitions, ", ".join(f"`{k}={v}`" for k, v in topic.settings.items())) for topic in kafka.TOPICS)
    consumers = (
        (
            code(source.function.removeprefix("mycrypto-local-")),
            code(source.topic),
            source.batch_size,
            f"{source.window_seconds:g} s",
            "until it succeeds" if source.retries_max == FOR_EVER else source.retries_max,
        )
        for source in SOURCES
    )
    return page(
        "Topics",
        f"## On AWS (stage {STAGE})\n\n"
        + table(("topic", "partitions", "key", "holds", "kept", "clock", "copies in sync at least"), on_aws),
        "## On one machine\n\nOne broker; the two logs are kept for ever there.\n\n" + table(("topic", "partitions", "settings"), local),
        "## Functions that consume\n\nA batch that fails is cut in two and tried again.\n\n"
        + table(("function", "topic", "records at most", "gathered for", "tried"), consumers),
    )


def _queues(stage: Templates) -> str:
    found = {
        str(queue["QueueName"]).removeprefix(f"mycrypto-{stage.stage}-"): queue for queue in stage.properties("AWS::SQS::Queue").values()
    }
    rows = (
        (
            code(name),
            *QUEUES[name.removesuffix(".fifo")],
            f"{queue.get('VisibilityTimeout', 30)} s",
            f"{queue['MessageRetentionPeriod'] // 86_400} days",
            f"{queue['RedrivePolicy']['maxReceiveCount']} deliveries, then `{name.removesuffix('.fifo')}-dlq{'.fifo' if name.endswith('.fifo') else ''}`"
            if "RedrivePolicy" in queue
            else "",
        )
        for name, queue in sorted(found.items())
        if not name.removesuffix(".fifo").endswith("-dlq")
    )
    return page(
        "Queues",
        "SQS, encrypted, TLS only. Each work queue has a dead-letter queue that keeps what failed for 14 days; an alarm rings at its first message. "
        "A message is `{message_id, type, version, trace_id, timestamp, data}`; consumers drop an id that they have seen.",
        table(("queue", "written by", "read by", "hidden while worked on", "kept", "after that"), rows),
    )
