"""Every connection that a component declares is open on both sides and has a way, and nothing is open that none declares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlsplit

from infra.deployable.components import Component, components
from infra.deployable.findings import Finding
from infra.deployable.resolving import Resolver

CHECK: Final = "reachability"
INTERNET: Final = "Internet"
Rule = tuple[str, str, int]
"""Source, target, port."""

OF_AWS: Final[dict[Rule, str]] = {
    ("LoadBalancer", "Gateway", 8080): "the load balancer's targets",
    ("LoadBalancer", "Gateway", 8084): "the same, for programs that speak Binance's API",
    ("Proxy", "Database", 5432): "RDS Proxy's own connections",
    ("Kafka", "Kafka", 9098): "event source mappings poll from the brokers' own group",
    ("Kafka", INTERNET, 443): "they call Lambda and STS",
    ("Functions", "Database", 5432): "the rotation functions of Secrets Manager change passwords at the instance",
}
"""Connections of parts that are not ours, with who opens them."""


class Doors:
    """The security groups as they are in the templates."""

    def __init__(self, resolver: Resolver) -> None:
        self.names = {
            where: str(properties["GroupDescription"]).removeprefix("MyCrypto ")
            for where, properties in resolver.made.properties("AWS::EC2::SecurityGroup").items()
        }
        self.out: set[Rule] = set()
        self.within: set[Rule] = set()
        self._resolver = resolver
        for where, properties in resolver.made.properties("AWS::EC2::SecurityGroup").items():
            for rule in properties.get("SecurityGroupEgress", ()):
                if rule.get("CidrIp") == "0.0.0.0/0" and rule.get("IpProtocol") == "tcp":
                    self.out.add((self.names[where], INTERNET, int(rule["FromPort"])))
        for kind, rules, other in (("Egress", self.out, "Destination"), ("Ingress", self.within, "Source")):
            for where, rule in resolver.made.properties(f"AWS::EC2::SecurityGroup{kind}").items():
                area = where.split("/")[0]
                mine, peer = self._name(area, rule["GroupId"]), self._name(area, rule.get(f"{other}SecurityGroupId"))
                if peer:
                    pair = (mine, peer) if kind == "Egress" else (peer, mine)
                    rules.add((*pair, int(rule["FromPort"])))

    def _name(self, area: str, value: Any) -> str:
        return self.names.get(self._resolver.target(area, value) or "", "")


def check(resolver: Resolver) -> Iterator[Finding]:
    """All findings of a stage."""
    doors = Doors(resolver)
    wanted: set[Rule] = set(OF_AWS)
    for found in components(resolver):
        yield from _environment(resolver, found)
        declared = {_rule(doors, found, peer) for peer in found.declared.connects} if found.groups else set()
        wanted |= declared
        for rule in sorted(declared):
            yield from _open(doors, found.where, rule)
        if any(peer == INTERNET for _, peer, _ in declared):
            yield from _routes(resolver, found)
    for rule in OF_AWS:
        yield from _open(doors, rule[0], rule)
    for source, target, port in sorted((doors.out | doors.within) - wanted):
        yield Finding(CHECK, source, f"may connect to {target} on {port}, which no component declares")
    yield from _names(resolver)


def _rule(doors: Doors, component: Component, peer: str) -> Rule:
    (group,) = (doors.names[group] for group in component.groups)
    target, _, port = peer.partition(":")
    return group, target.capitalize(), int(port)


def _open(doors: Doors, where: str, rule: Rule) -> Iterator[Finding]:
    source, target, port = rule
    if rule not in doors.out:
        yield Finding(CHECK, where, f"the group {source} may not connect out to {target} on {port}")
    if target != INTERNET and rule not in doors.within:
        yield Finding(CHECK, where, f"the group {target} lets {source} not in on {port}")


def _environment(resolver: Resolver, component: Component) -> Iterator[Finding]:
    """What the variables lead to must be declared: a new address is a new connection."""
    for name, value in {**component.environment, **component.secrets}.items():
        for peer in _leads_to(resolver, component.area, name, value):
            if component.groups and peer not in component.declared.connects:
                yield Finding(CHECK, component.where, f"{name} leads to {peer}, which its reaches.toml does not declare")


def _leads_to(resolver: Resolver, area: str, name: str, value: Any) -> Iterator[str]:
    text = resolver.text(area, value)
    if name == "KAFKA_BOOTSTRAP_SERVERS":
        yield "kafka:9098"
    elif name.endswith("DATABASE_URL"):
        proxied = any(resolver.made.resources()[found]["Type"] == "AWS::RDS::DBProxy" for found in resolver.targets(area, value))
        yield f"{'proxy' if proxied else 'database'}:{urlsplit(text.replace('<', '').replace('>', '')).port or 5432}"
    elif name == "REDIS_URL":
        yield "cache:6379"
    elif text.startswith("https://") and name != "PUBLIC_URL":
        yield "internet:443"


def _routes(resolver: Resolver, component: Component) -> Iterator[Finding]:
    routed = {
        resolver.target(where.split("/")[0], route["RouteTableId"])
        for where, route in resolver.made.properties("AWS::EC2::Route").items()
        if route.get("DestinationCidrBlock") == "0.0.0.0/0" and "NatGatewayId" in route
    }
    reached = {
        resolver.target(where.split("/")[0], found["SubnetId"])
        for where, found in resolver.made.properties("AWS::EC2::SubnetRouteTableAssociation").items()
        if resolver.target(where.split("/")[0], found["RouteTableId"]) in routed
    }
    for subnet in sorted(component.subnets - reached):
        yield Finding(CHECK, component.where, f"its subnet {subnet} has no way out")


def _names(resolver: Resolver) -> Iterator[Finding]:
    for where, vpc in resolver.made.properties("AWS::EC2::VPC").items():
        if not (vpc.get("EnableDnsHostnames") and vpc.get("EnableDnsSupport")):
            yield Finding(CHECK, where, "names of AWS do not resolve in it")
    for where, found in resolver.made.properties("AWS::EC2::VPCEndpoint").items():
        if found.get("VpcEndpointType") == "Interface" and not found.get("PrivateDnsEnabled"):
            yield Finding(CHECK, where, "clients do not find it: it has no private name")
