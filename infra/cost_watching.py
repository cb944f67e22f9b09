"""What watching a stage costs a month: its own metrics, Container Insights and flow logs. AWS bills the three by what is written, so counts that no
template has are assumed, and the price table says what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from infra.templates import Templates
from mycrypto.metrics import CATALOGUE

PROCESSES: Final = frozenset({"engine", "gateway", "publisher"})
"""Services that rest when their tasks do."""
INTERFACES: Final[Mapping[str, Callable[[Mapping[str, Any]], int]]] = {
    "AWS::RDS::DBInstance": lambda found: 2 if found.get("MultiAZ") else 1,
    "AWS::RDS::DBProxy": lambda found: len(found["VpcSubnetIds"]),
    "AWS::ElastiCache::ReplicationGroup": lambda found: int(found["NumCacheClusters"]),
    "AWS::MSK::Cluster": lambda found: int(found["NumberOfBrokerNodes"]),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": lambda found: len(found["Subnets"]),
    "AWS::EC2::NatGateway": lambda _found: 1,
    "AWS::EC2::VPCEndpoint": lambda found: len(found.get("SubnetIds", ())),
    "AWS::ECS::Service": lambda found: int(found["DesiredCount"]),
}
"""Network interfaces of each resource; those of functions come and go with their calls."""
MINUTES_PER_HOUR: Final = 60
BYTES_PER_GB: Final = 1_000_000_000


def metrics_of(services: frozenset[str], label_sets: int, *, others: bool = False) -> int:
    """How many metrics CloudWatch keeps for these services (or for all but these): each once, and once more for every set of labels that is kept apart."""
    pairs = [spec for spec in CATALOGUE.values() for service in spec.services if (service in services) is not others]
    return len(pairs) + label_sets * sum(1 for spec in pairs if spec.split)


def interfaces(stage: Templates) -> int:
    """Network interfaces that always exist."""
    return sum(count(found) for kind, count in INTERFACES.items() for found in stage.properties(kind).values())


def rows(stage: Templates, table: Mapping[str, Any], hours: int, worked: float) -> Iterator[tuple[str, float]]:
    """What, and its price a month. ``worked``: the hours in which the tasks do not rest."""
    label_sets = table["assumed_label_sets"]
    count = metrics_of(PROCESSES, label_sets) * worked / hours + metrics_of(PROCESSES, label_sets, others=True)
    yield f"{count:,.0f} metrics of its own", count * table["custom_metric_month"]
    services = len(stage.resources("AWS::ECS::Service"))
    clusters = [found for found in stage.properties("AWS::ECS::Cluster").values() if _insights(found)]
    if clusters:
        each = table["container_insights_metrics"]
        count = len(clusters) * each["cluster"] + services * (each["service"] + each["task_family"]) * worked / hours
        tasks = sum(int(found["DesiredCount"]) for found in stage.properties("AWS::ECS::Service").values())
        lines = (len(clusters) * hours + (services + 2 * tasks) * worked) * MINUTES_PER_HOUR
        written_gb = lines * table["container_insights_line_bytes"] / BYTES_PER_GB
        price = count * table["custom_metric_month"] + written_gb * table["log_gb"]
        yield f"Container Insights, {count:,.0f} metrics and {written_gb:.1f} GB", price
    if stage.resources("AWS::EC2::FlowLog"):
        found = interfaces(stage)
        written_gb = found * table["assumed_flow_records_hour"] * table["flow_record_bytes"] * hours / BYTES_PER_GB
        yield f"flow logs of {found} interfaces, {written_gb:.1f} GB", written_gb * table["log_gb"]


def _insights(cluster: Mapping[str, Any]) -> bool:
    settings = cluster.get("ClusterSettings", ())
    return any(setting["Name"] == "containerInsights" and setting["Value"] != "disabled" for setting in settings)
