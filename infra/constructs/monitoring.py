"""Turning the definitions of dashboards and alarms into CloudWatch's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra import names
from infra.alarm_definition import Alarm, Severity, Subject
from infra.dashboards import Aws, AwsRatio, Dashboard, Gap, Line, Own, Panel, Ratio
from infra.stages import Stage
from mycrypto.metrics import NAMESPACE

_STATISTICS: Final = {"sum": "Sum", "rate": "Sum", "avg": "Average", "min": "Minimum", "max": "Maximum"}
SUPPRESSION_WAITS: Final = Duration.minutes(2)
"""How long a warning waits for a critical alarm of its subject."""
SUPPRESSION_LASTS: Final = Duration.minutes(5)
"""How long a warning is held back after the critical alarm is over."""
_WIDTH: Final = 12
_HEIGHT: Final = 6


def metric(line: Line | AwsRatio, places: Mapping[str, str], period: Duration) -> cloudwatch.IMetric:
    """A line of a panel, or what an alarm watches, as a metric or an expression over metrics. ``places``: what the names in braces stand for."""
    if isinstance(line, Aws):
        return cloudwatch.Metric(
            namespace=line.namespace,
            metric_name=line.name,
            statistic=line.statistic,
            dimensions_map={key: value.format_map(places) for key, value in line.dimensions},
            label=line.label or None,
            period=period,
        )
    if isinstance(line, AwsRatio):
        return cloudwatch.MathExpression(
            expression="100 * part / whole",
            using_metrics={"part": metric(line.part, places, period), "whole": metric(line.whole, places, period)},
            label="percent",
            period=period,
        )
    if isinstance(line, Ratio):
        part, whole = (" + ".join(_id(own) for own in side) for side in (line.part, line.whole))
        return _expression(f"100 * ({part}) / ({whole})", (*line.part, *line.whole), line.label, period)
    if isinstance(line, Gap):
        return _expression(f"{_id(line.ahead)} - {_id(line.behind)}", (line.ahead, line.behind), line.label, period)
    return _own(line, period)


def _id(own: Own) -> str:
    """Metrics of one graph share their ids only if they are the same."""
    return f"{own.service}_{own.name}_{own.statistic}"


def _expression(text: str, owns: Iterable[Own], label: str, period: Duration) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(
        expression=text, using_metrics={_id(own): _own(own, period) for own in owns}, label=label, period=period
    )


def _own(line: Own, period: Duration) -> cloudwatch.IMetric:
    statistic = _STATISTICS.get(line.statistic, line.statistic)
    if line.apart:
        dimensions = ",".join((NAMESPACE, "service", *line.spec.split))
        search = f'{{{dimensions}}} MetricName="{line.name}" service="{line.service}"'
        found = f"SEARCH('{search}', '{statistic}')"
        return cloudwatch.SearchExpression(
            expression=f"{found} / PERIOD(FIRST({found}))" if line.statistic == "rate" else found, period=period, label=""
        )
    one = cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=line.name,
        statistic=statistic,
        dimensions_map={"service": line.service},
        label=line.label or f"{line.service} {line.name}",
        period=period,
    )
    if line.statistic != "rate":
        return one
    return cloudwatch.MathExpression(
        expression=f"{_id(line)} / PERIOD({_id(line)})", using_metrics={_id(line): one}, label=line.label or line.name, period=period
    )


def widget(panel: Panel, stage: Stage) -> cloudwatch.IWidget:
    """A panel as a widget."""
    period = Duration.hours(panel.hours) if panel.hours else Duration.minutes(1)
    lines = [metric(line, {"stage": stage.name}, period) for line in panel.lines]
    if panel.figure:
        return cloudwatch.SingleValueWidget(
            title=panel.title,
            metrics=lines,
            width=_WIDTH,
            height=_HEIGHT,
            set_period_to_time_range=panel.hours is not None,
            region=stage.region,
        )
    return cloudwatch.GraphWidget(
        title=panel.title,
        left=lines,
        left_y_axis=cloudwatch.YAxisProps(label=panel.unit or None, show_units=False, min=0),
        width=_WIDTH,
        height=_HEIGHT,
        region=stage.region,
    )


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
    """Alarms that tell the topic of their severity when they ring and when they are over.

    A warning is not told while a critical alarm of its subject rings. CloudWatch can hold back only what a composite alarm says, so such a
    warning is two: one that measures and says nothing, and a composite of it that speaks.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: Stage, topics: Mapping[Severity, sns.ITopic], places: Mapping[str, str]
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self._topics = topics
        self._places = {"stage": stage.name, **places}
        self._critical: dict[Subject, list[cloudwatch.IAlarm]] = {}
        self._warnings: list[Callable[[], None]] = []

    def add(self, definition: Alarm) -> None:
        """One alarm, by its definition."""
        severity, subject = definition.severity, definition.subject
        speaking = names.resource(self._stage.name, f"{severity}-{definition.name}")
        # each composite alarm costs money: a stage without on-call staff sends its warnings directly
        held_back = subject is not None and severity is Severity.WARNING and self._stage.keep_data
        description = f"{definition.why}. What to do: {definition.runbook.path}"
        always_there = self._stage.on_aws.working_hours is None  # who rests is silent
        alarm = cloudwatch.Alarm(
            self,
            definition.name,
            alarm_name=names.resource(self._stage.name, f"measured-{definition.name}") if held_back else speaking,
            alarm_description=description,
            metric=metric(definition.watched, self._places, Duration.minutes(definition.minutes)),
            threshold=definition.threshold,
            evaluation_periods=definition.periods,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
            if definition.below
            else cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.BREACHING
            if definition.silence_rings and always_there
            else cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        if subject is not None and held_back:
            self._warnings.append(lambda: self._hold_back(definition.name, speaking, description, alarm, subject))
            return
        self._tell(alarm, severity)
        if subject is not None:
            self._critical.setdefault(subject, []).append(alarm)

    def _tell(self, alarm: cloudwatch.AlarmBase, severity: Severity) -> None:
        action = actions.SnsAction(self._topics[severity])
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)

    def _hold_back(self, name: str, speaking: str, description: str, alarm: cloudwatch.Alarm, subject: Subject) -> None:
        composite = cloudwatch.CompositeAlarm(
            self,
            f"{name}-told",
            composite_alarm_name=speaking,
            alarm_description=description,
            alarm_rule=cloudwatch.AlarmRule.from_alarm(alarm, cloudwatch.AlarmState.ALARM),
            actions_suppressor=self._suppressor(subject),
            actions_suppressor_wait_period=SUPPRESSION_WAITS,
            actions_suppressor_extension_period=SUPPRESSION_LASTS,
        )
        self._tell(composite, Severity.WARNING)

    def _suppressor(self, subject: Subject) -> cloudwatch.IAlarm:
        """Rings while any critical alarm of the subject does, and has no action."""
        critical = self._critical[subject]
        if len(critical) == 1:
            return critical[0]
        found = self.node.try_find_child(f"critical-{subject}")
        if isinstance(found, cloudwatch.CompositeAlarm):
            return found
        return cloudwatch.CompositeAlarm(
            self,
            f"critical-{subject}",
            composite_alarm_name=names.resource(self._stage.name, f"any-critical-{subject}"),
            alarm_description=f"A critical alarm about {subject} rings: its warnings are held back",
            alarm_rule=cloudwatch.AlarmRule.any_of(
                *(cloudwatch.AlarmRule.from_alarm(alarm, cloudwatch.AlarmState.ALARM) for alarm in critical)
            ),
        )

    def connect(self) -> None:
        """To be called when all are added: what is critical about a subject is known only then."""
        for warning in self._warnings:
            warning()
        self._warnings.clear()
