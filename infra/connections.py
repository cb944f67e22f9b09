"""How a function reaches the data services: addresses (known in stage local, tokens elsewhere) and the network it runs in."""

from __future__ import annotations

import dataclasses

from aws_cdk import aws_ec2 as ec2

from infra.functions import Database
from infra.stages import Stage


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Where the functions that use data services live."""

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    security_group: ec2.ISecurityGroup


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """Addresses without any password: those are read from the secret store at run time."""

    database_host: str
    database_port: str
    database_options: str
    redis_url: str
    kafka_bootstrap: str
    kafka_auth: str
    network: Network | None = None

    def database_url(self, database: Database) -> str:
        """``postgresql://role@host:port/name``."""
        return f"postgresql://{database.role}@{self.database_host}:{self.database_port}/{database.name}{self.database_options}"


def local(stage: Stage) -> Connections:
    """The data services beside the emulator."""
    services = stage.local
    if services is None:
        raise ValueError("only stage local has local services")
    return Connections(
        database_host=services.database_host,
        database_port=str(services.database_port),
        database_options="",
        redis_url=services.redis_url,
        kafka_bootstrap=services.kafka_bootstrap,
        kafka_auth="none",
    )
