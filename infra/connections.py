"""How a function reaches the data services: addresses (known in stage local, tokens elsewhere) and the network it runs in."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final

from infra.functions import Database
from infra.stages import Stage

if TYPE_CHECKING:  # stage local does without a network, and this is the largest module of the CDK
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_sqs as sqs


BEHIND_THE_FRONT: Final = {"TRUSTED_PROXY_HEADER": "X-Forwarded-For", "TRUSTED_PROXY_HOPS": "2"}
"""For processes that answer requests of clients. CloudFront, and API Gateway or the load balancer behind it, each append the peer they saw: the
second from the right is the viewer. No other path leads there (the web ACL and a load balancer without a public address see to it), so a client
cannot forge these two entries."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Where the functions that use data services live."""

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    security_group: ec2.ISecurityGroup


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """Addresses without any password: those are read from the secret store at run time.

    ``secrets_key_arn``: the key that the secrets are encrypted with. ``failed_invocations``: where an event goes that a function gave up on.
    """

    database_host: str
    database_port: str
    database_options: str
    redis_url: str
    kafka_bootstrap: str
    kafka_auth: str
    network: Network | None = None
    secrets_key_arn: str | None = None
    failed_invocations: sqs.IQueue | None = None

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
