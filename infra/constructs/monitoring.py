"""Turning the definitions of dashboards and alarms into CloudWatch's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra import names
from infra.alarms import OwnAlarm, Severity
from infra.dashboards import Aws, Dashboard, Own, Panel, Ratio
from infra.stages import Stage

NAMESPACE: Final = "MyCrypto"
_WIDTH: Final = 12
_HEIGHT: Final = 6


def metric(line: Own | Aws | Ratio, stage: Stage, period: Duration) -> cloudwatch.IMetric:
    """A line of a panel as a metric or an expression over metrics."""
    if isinstance(line, Aws):
        return cloudwatch.Metric(
            namespace=line.namespace,
            metric_name=line.name,
            statistic=line.statistic,
            dimensions_map={key: value.format(stage=stage.name) for key, value in line.dimensions},
            label=line.label,
            period=period,
        )
    if isinstance(line, Ratio):
        parts = {f"part{index}": metric(own, stage, period) for index, own in enumerate(line.part)}
        wholes = {f"whole{index}": metric(own, stage, period) for index, own in enumerate(line.whole)}
        return cloudwatch.MathExpression(
            expression=f"100 * ({' + '.join(parts)}) / ({' + '.join(wholes)})",
            using_metrics={**parts, **wholes},
            label=line.label,
            period=period,
        )
    if line.by:
        search = f'{{{NAMESPACE},service,{line.by}}} MetricName="{line.name}" service="{line.service}"'
        return cloudwatch.SearchExpression(
            expression=f"SEARCH('{search}', '{line.statistic.capitalize() if not line.statistic.startswith('p') else line.statistic}')",
            period=period,
            label="",
        )
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=line.name,
        statistic=line.statistic,
        dimensions_map={"service": line.service},
        label=f"{line.service} {line.name}" if line.statistic in {"sum", "avg", "max"} else line.statistic,
        period=period,
    )


def widget(panel: Panel, stage: Stage) -> cloudwatch.IWidget:
    """A panel as a widget."""
    period = Duration.hours(panel.hours) if panel.hours else Duration.minutes(1)
    lines = [metric(line, stage, period) for line in panel.lines]
    if panel.figure:
        return cloudwatch.SingleValueWidget(
            title=panel.title,
            metrics=lines,
            width=_WIDTH,
            height=_HEIGHT,
            set_period_to_time_range=panel.hours is not None,
            region=stage.region,
        )
    return cloudwatch.GraphWidget(title=panel.title, left=lines, width=_WIDTH, height=_HEIGHT, region=stage.region)


def dashboard(scope: Construct, definition: Dashboard, stage: Stage) -> cloudwatch.Dashboard:
    """A dashboard, two panels a row."""
    widgets = [widget(panel, stage) for panel in definition.panels]
    rows = [widgets[index : index + 2] for index in range(0, len(widgets), 2)]
    return cloudwatch.Dashboard(
        scope,
        definition.title.replace(" ", ""),
        dashboard_name=names.resource(stage.name, definition.key),
        widgets=rows,
        default_interval=Duration.hours(3),
    )


class Alarms(Construct):
    """Alarms that tell the topic of their severity when they ring and when they are over."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage, topics: Mapping[Severity, sns.ITopic]) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._topics = topics

    def add(
        self,
        name: str,
        watched: cloudwatch.IMetric,
        *,
        severity: Severity,
        threshold: float,
        why: str,
        periods: int = 1,
        below: bool = False,
        silence_rings: bool = False,
    ) -> None:
        """Ring when ``watched`` is over (or ``below``) ``threshold`` for ``periods`` of its periods."""
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=names.resource(self._stage.name, f"{severity}-{name}"),
            alarm_description=why,
            metric=watched,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
            if below
            else cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING if silence_rings else cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        action = actions.SnsAction(self._topics[severity])
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)

    def add_own(self, definition: OwnAlarm) -> None:
        """An alarm of ``infra.alarms``."""
        self.add(
            definition.name,
            metric(definition.watched, self._stage, Duration.minutes(definition.minutes)),
            severity=definition.severity,
            threshold=definition.threshold,
            why=definition.why,
            periods=definition.periods,
            below=definition.below,
            silence_rings=definition.silence_rings,
        )
