"""Who may speak to whom inside the network: security groups whose rules name their peers, from one table."""

from __future__ import annotations

import dataclasses
import enum
from typing import Final

from aws_cdk import aws_ec2 as ec2
from constructs import Construct


class Peer(enum.StrEnum):
    """The parts that have a security group."""

    LOAD_BALANCER = "LoadBalancer"
    GATEWAY = "Gateway"
    ENGINE = "Engine"
    PUBLISHER = "Publisher"
    FUNCTIONS = "Functions"
    PROXY = "Proxy"
    DATABASE = "Database"
    CACHE = "Cache"
    KAFKA = "Kafka"
    ENDPOINTS = "Endpoints"


POSTGRES: Final = 5432
REDIS: Final = 6379
KAFKA_IAM: Final = 9098
HTTPS: Final = 443
GATEWAY_HTTP: Final = 8080
BINANCE_HTTP: Final = 8084
ENGINE_HTTP: Final = 8081
PUBLISHER_HTTP: Final = 8082
ENGINE_ANNOUNCEMENTS: Final = 8085


@dataclasses.dataclass(frozen=True, slots=True)
class Flow:
    """``source`` may open connections to ``target`` on ``port``."""

    source: Peer
    target: Peer
    port: int
    why: str


FLOWS: Final = (
    Flow(Peer.LOAD_BALANCER, Peer.GATEWAY, GATEWAY_HTTP, "requests and sockets"),
    Flow(Peer.LOAD_BALANCER, Peer.GATEWAY, BINANCE_HTTP, "the Binance-compatible API"),
    Flow(Peer.GATEWAY, Peer.PROXY, POSTGRES, "older orders and trades"),
    Flow(Peer.GATEWAY, Peer.CACHE, REDIS, "limits and revoked tokens"),
    Flow(Peer.GATEWAY, Peer.KAFKA, KAFKA_IAM, "commands out, events in"),
    Flow(Peer.GATEWAY, Peer.ENGINE, ENGINE_ANNOUNCEMENTS, "events that are decided and not on the event log yet"),
    Flow(Peer.ENGINE, Peer.CACHE, REDIS, "the lease of who publishes"),
    Flow(Peer.ENGINE, Peer.KAFKA, KAFKA_IAM, "commands in, events out"),
    Flow(Peer.PUBLISHER, Peer.PROXY, POSTGRES, "the public trades that fill paper orders"),
    Flow(Peer.PUBLISHER, Peer.CACHE, REDIS, "books and tickers"),
    Flow(Peer.PUBLISHER, Peer.KAFKA, KAFKA_IAM, "events in, public topics out"),
    Flow(Peer.FUNCTIONS, Peer.PROXY, POSTGRES, "accounts, ledger, history"),
    Flow(Peer.FUNCTIONS, Peer.DATABASE, POSTGRES, "migrations and rotation, which a pooled connection cannot do"),
    Flow(Peer.FUNCTIONS, Peer.CACHE, REDIS, "sessions, balances, limits"),
    Flow(Peer.FUNCTIONS, Peer.KAFKA, KAFKA_IAM, "transfers to the engine"),
    Flow(Peer.PROXY, Peer.DATABASE, POSTGRES, "pooled connections"),
    Flow(Peer.KAFKA, Peer.KAFKA, KAFKA_IAM, "event source mappings poll from the brokers' own group"),
)

_OUTWARD: Final = (Peer.FUNCTIONS, Peer.GATEWAY, Peer.ENGINE, Peer.PUBLISHER)
"""Parts that call AWS (and functions also banks and chains) over HTTPS; the others open no connection that the table does not name."""


class Firewall(Construct):
    """The groups of one network. A connection exists only if a row of ``FLOWS`` says so."""

    def __init__(self, scope: Construct, construct_id: str, *, vpc: ec2.IVpc, cidr: str) -> None:
        super().__init__(scope, construct_id)
        self._seen: dict[tuple[str, Peer], ec2.ISecurityGroup] = {}
        self.groups = {
            peer: ec2.SecurityGroup(self, peer, vpc=vpc, allow_all_outbound=False, description=f"MyCrypto {peer}") for peer in Peer
        }
        for flow in FLOWS:
            self.groups[flow.target].connections.allow_from(self.groups[flow.source], ec2.Port.tcp(flow.port), flow.why)
            if flow.source is flow.target:  # the CDK opens only the way in of a group to itself
                self.groups[flow.source].add_egress_rule(self.groups[flow.target], ec2.Port.tcp(flow.port), flow.why)
        for peer in _OUTWARD:
            self.groups[peer].add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(HTTPS), "AWS and partners, over TLS")
        self.groups[Peer.KAFKA].add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(HTTPS), "event pollers call Lambda and STS")
        self.groups[Peer.ENDPOINTS].add_ingress_rule(ec2.Peer.ipv4(cidr), ec2.Port.tcp(HTTPS), "AWS services from inside")

    def group(self, scope: Construct, peer: Peer) -> ec2.ISecurityGroup:
        """The group for use in another stack. It takes no further rules there: what constructs would add by themselves stays out."""
        key = (scope.node.path, peer)
        if key not in self._seen:
            self._seen[key] = ec2.SecurityGroup.from_security_group_id(
                scope, f"Group{peer}", self.groups[peer].security_group_id, mutable=False
            )
        return self._seen[key]
