"""A stage that is used in office hours rests in the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from aws_cdk import Stack
from aws_cdk import aws_lambda_event_sources as sources
from constructs import Construct

from infra.constructs.rest import Rest
from infra.constructs.service import TradingService
from infra.sizes import WorkingHours
from infra.stages import Stage


class RestStack(Stack):
    """Engines, publisher and the pollers of the consumers; the gateways rest by their own scaling."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        hours: WorkingHours,
        cluster: str,
        services: Iterable[TradingService],
        mappings: Mapping[str, sources.ManagedKafkaEventSource],
    ) -> None:
        super().__init__(scope, construct_id, description="MyCrypto: what rests at night", env={"region": stage.region})
        rest = Rest(self, "Rest", stage=stage, hours=hours)
        for service in services:
            rest.service(service.name, cluster, service.service.service_arn, 1)
        for name, mapping in mappings.items():
            rest.mapping(f"pollers-{name}", mapping.event_source_mapping_id, mapping.event_source_mapping_arn)
