"""What of a stage rests outside its working hours: schedules that speak to the services themselves, so that nothing else has to be awake."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infra import names
from infra.sizes import WorkingHours
from infra.stages import Stage

ZONE: Final = "Europe/Istanbul"


def cron(hour: int) -> str:
    """At the hour, Monday to Friday."""
    return f"cron(0 {hour} ? * MON-FRI *)"


class Rest(Construct):
    """Tasks that are stopped and Kafka pollers that are switched off in the evening, and the other way round in the morning.

    Nothing is lost: the logs stay in Kafka, engine and consumers go on where they were. Data services are not touched, backups are made.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, hours: WorkingHours) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._hours = hours
        self._role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"), description="stops and starts what may rest"
        )

    def service(self, name: str, cluster: str, service_arn: str, count: int) -> None:
        """A service of ECS with a fixed number of tasks."""
        self._allow("ecs:UpdateService", [service_arn])
        for when, tasks in ((self._hours.end, 0), (self._hours.begin, count)):
            self._at(when, name, "ecs:updateService", {"Cluster": cluster, "Service": service_arn, "DesiredCount": tasks})

    def mapping(self, name: str, mapping_id: str, mapping_arn: str) -> None:
        """An event source mapping with pollers of its own."""
        self._allow("lambda:UpdateEventSourceMapping", [mapping_arn])
        for when, enabled in ((self._hours.end, False), (self._hours.begin, True)):
            self._at(when, name, "lambda:updateEventSourceMapping", {"Uuid": mapping_id, "Enabled": enabled})

    def _allow(self, action: str, resources: Iterable[str]) -> None:
        self._role.add_to_policy(iam.PolicyStatement(actions=[action], resources=list(resources)))

    def _at(self, hour: int, name: str, call: str, sent: Mapping[str, Any]) -> None:
        verb = "rest" if hour == self._hours.end else "work"
        scheduler.CfnSchedule(
            self,
            f"{name}-{verb}",
            name=names.resource(self._stage.name, f"{verb}-{name}"),
            schedule_expression=cron(hour),
            schedule_expression_timezone=ZONE,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=f"arn:aws:scheduler:::aws-sdk:{call}", role_arn=self._role.role_arn, input=json.dumps(dict(sent))
            ),
        )
