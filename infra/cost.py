"""``python -m infra.cost --stage S``: what a stage costs a month when it is idle, from its own templates and a dated price table.

What is paid for by the hour or the month is counted, and what an idle stage writes about itself; requests, traffic and the logs of work come on top
and are named as such.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from infra import cost_watching, templates
from infra.errors import ConfigurationError
from infra.stages import StageName, working_share
from infra.templates import Templates

PRICES: Final = Path(__file__).resolve().with_name("prices.json")
POLLERS_PER_UNIT: Final = 4
"""Event pollers of one group share units of four."""

ON_TOP: Final = (
    "requests to API Gateway, Lambda, CloudFront and the balancer; traffic through NAT and to the internet; log lines; storage in S3; mails"
)


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """``monthly`` in the table's currency."""

    service: str
    what: str
    monthly: float


def prices() -> dict[str, Any]:
    """The committed table."""
    table: dict[str, Any] = json.loads(PRICES.read_text())
    return table


def _price(table: Mapping[str, Any], kind: str, size: str) -> float:
    sizes: dict[str, float] = table[kind]
    if size not in sizes:
        raise ConfigurationError(f"infra/prices.json has no price for {size}: add it to '{kind}'.")
    return sizes[size]


def estimate(stage: Templates, table: Mapping[str, Any]) -> list[Row]:
    """A row for each thing that costs something while it is idle."""
    hours = table["hours_per_month"]
    worked = hours * working_share(StageName(stage.stage))
    return [row for row in _all(stage, table, hours, worked) if row.monthly]


def _all(stage: Templates, table: Mapping[str, Any], hours: int, worked: float) -> list[Row]:
    watching = [Row("CloudWatch", what, monthly) for what, monthly in cost_watching.rows(stage, table, hours, worked)]
    return [*_data(stage, table, hours), *_work(stage, table, hours, worked), *_rest(stage, table, hours), *watching]


def _data(stage: Templates, table: Mapping[str, Any], hours: int) -> list[Row]:
    rows = []
    for found in stage.properties("AWS::RDS::DBInstance").values():
        size = found["DBInstanceClass"]
        copies = 2 if found.get("MultiAZ") else 1
        rows.append(Row("RDS", f"{size}, {copies} zone(s)", copies * hours * _price(table, "rds_instance_hour", size)))
        rows.append(Row("RDS", f"{found['AllocatedStorage']} GB", copies * int(found["AllocatedStorage"]) * table["rds_storage_gb_month"]))
        proxies = len(stage.resources("AWS::RDS::DBProxy"))
        rows.append(Row("RDS", "proxy", proxies * hours * _price(table, "rds_vcpus", size) * table["rds_proxy_vcpu_hour"]))
    for found in stage.properties("AWS::ElastiCache::ReplicationGroup").values():
        nodes, size = found["NumCacheClusters"], found["CacheNodeType"]
        rows.append(Row("ElastiCache", f"{nodes} x {size}", nodes * hours * _price(table, "cache_node_hour", size)))
    for found in stage.properties("AWS::MSK::Cluster").values():
        brokers, group = found["NumberOfBrokerNodes"], found["BrokerNodeGroupInfo"]
        size, storage = group["InstanceType"], group["StorageInfo"]["EBSStorageInfo"]["VolumeSize"]
        rows.append(Row("MSK", f"{brokers} x {size}", brokers * hours * _price(table, "kafka_broker_hour", size)))
        rows.append(Row("MSK", f"{brokers} x {storage} GB", brokers * storage * table["kafka_storage_gb_month"]))
    return rows


def _work(stage: Templates, table: Mapping[str, Any], hours: int, worked: float) -> list[Row]:
    """``worked``: the hours of a month in which tasks and pollers do not rest."""
    rows = []
    part = "" if worked == hours else f", {worked / hours:.0%} of the time"
    tasks = {name.split("/", 1)[1]: found for name, found in stage.properties("AWS::ECS::TaskDefinition").items()}
    for found in stage.properties("AWS::ECS::Service").values():
        task = tasks[found["TaskDefinition"]["Ref"]]
        cpus, memory_gb, count = int(task["Cpu"]) / 1024, int(task["Memory"]) / 1024, found["DesiredCount"]
        hourly = cpus * table["fargate_vcpu_hour"] + memory_gb * table["fargate_gb_hour"]
        name = str(found["ServiceName"]).split("-", 2)[2]
        rows.append(Row("Fargate", f"{name}: {count} x {cpus:g} vCPU, {memory_gb:g} GB{part}", count * worked * hourly))
    pollers = sum(
        found["ProvisionedPollerConfig"]["MinimumPollers"]
        for found in stage.properties("AWS::Lambda::EventSourceMapping").values()
        if "ProvisionedPollerConfig" in found
    )
    units = -(-pollers // POLLERS_PER_UNIT)
    rows.append(Row("Lambda", f"{units} unit(s) for {pollers} Kafka pollers{part}", units * worked * table["poller_unit_hour"]))
    balancers = len(stage.resources("AWS::ElasticLoadBalancingV2::LoadBalancer"))
    rows.append(Row("Load balancer", f"{balancers}", balancers * hours * table["load_balancer_hour"]))
    return rows


def _rest(stage: Templates, table: Mapping[str, Any], hours: int) -> list[Row]:
    gateways = len(stage.resources("AWS::EC2::NatGateway"))
    endpoints = sum(
        len(found.get("SubnetIds", []))
        for found in stage.properties("AWS::EC2::VPCEndpoint").values()
        if found.get("VpcEndpointType") == "Interface"
    )
    acls = stage.properties("AWS::WAFv2::WebACL")
    rules = sum(len(found["Rules"]) for found in acls.values())
    counted = (
        ("Network", "NAT gateway(s) with address", gateways, hours * (table["nat_hour"] + table["public_address_hour"])),
        ("Network", "endpoint(s) in a zone", endpoints, hours * table["endpoint_hour_per_zone"]),
        ("KMS", "key(s)", len(stage.resources("AWS::KMS::Key")), table["key_month"]),
        ("Secrets Manager", "secret(s)", len(stage.resources("AWS::SecretsManager::Secret")), table["secret_month"]),
        ("CloudWatch", "alarm(s)", len(stage.resources("AWS::CloudWatch::Alarm")), table["alarm_month"]),
        ("CloudWatch", "composite alarm(s)", len(stage.resources("AWS::CloudWatch::CompositeAlarm")), table["composite_alarm_month"]),
        ("CloudWatch", "dashboard(s)", len(stage.resources("AWS::CloudWatch::Dashboard")), table["dashboard_month"]),
        ("WAF", "web ACL(s)", len(acls), table["web_acl_month"]),
        ("WAF", "rule(s)", rules, table["web_acl_rule_month"]),
    )
    return [Row(service, f"{count} {what}", count * price) for service, what, count, price in counted]


def report(stage: str, rows: list[Row], table: Mapping[str, Any]) -> str:
    """The rows as text, dearest first, with the sum and what is not in it."""
    lines = [f"{row.service:<16} {row.what:<44} {row.monthly:>10,.2f}" for row in sorted(rows, key=lambda row: -row.monthly)]
    total = sum(row.monthly for row in rows)
    head = f"Stage {stage}, {table['region']}, {table['currency']} a month, prices of {table['as_of']}, idle"
    return "\n".join([head, "", *lines, "", f"{'together':<61} {total:>10,.2f}", f"On top: {ON_TOP}.", str(table["note"])])


def of_stage(stage: str, context: Mapping[str, str] | None = None) -> str:
    """Synthesise a stage and report what it costs."""
    table = prices()
    with tempfile.TemporaryDirectory() as folder:
        # neither the layer's content nor the image changes what a stage costs
        (Path(folder) / "layer" / "python").mkdir(parents=True)
        more = {"dependency_layer": str(Path(folder) / "layer"), "image": "unused", **(context or {})}
        made = templates.synthesise(stage, Path(folder) / "cdk", more)
        return report(stage, estimate(made, table), table)


def main() -> None:
    """Print the estimate."""
    parser = argparse.ArgumentParser(prog="python -m infra.cost", description="What a stage costs a month when it is idle.")
    parser.add_argument("--stage", choices=("dev", "staging", "prod"), default="dev")
    try:
        print(of_stage(parser.parse_args().stage))
    except ConfigurationError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
