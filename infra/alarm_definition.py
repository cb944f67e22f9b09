"""What an alarm is: what it watches, when it rings, whom it wakes, and the page that says what to do."""

from __future__ import annotations

import dataclasses
import enum

from infra import names
from infra.dashboards import Aws, AwsRatio, Gap, Own, Ratio


class Severity(enum.StrEnum):
    """Critical wakes the person on call, warning waits for the morning."""

    CRITICAL = "critical"
    WARNING = "warning"


class Runbook(enum.StrEnum):
    """The pages of ``docs/runbooks`` that an alarm can send a reader to."""

    ROLL_BACK = "roll-back"
    HALTED_MARKET = "halted-market"
    FAILED_COMMAND = "failed-command"
    STUCK_CONSUMER = "stuck-consumer"
    LOST_BROKER = "lost-broker"
    RESTORE = "restore"
    LOG_TIME = "log-time"
    INCIDENT = "incident"
    RECONCILIATION = "reconciliation"
    REDRIVE = "redrive"
    PAYOUTS = "payouts"

    @property
    def path(self) -> str:
        return f"docs/runbooks/{self}.md"


class Subject(enum.StrEnum):
    """What an alarm is about. While a critical alarm of a subject rings, its warnings are not sent: they would say the same, later."""

    TRADING = "trading"
    GATEWAY = "gateway"
    PUBLISHER = "publisher"
    SETTLEMENT = "settlement"
    HISTORY = "history"
    ARCHIVE = "archive"
    SECOND_FACTOR = "second-factor"
    WITHDRAWALS = "withdrawals"
    API = "api"
    DATABASE = "database"
    STREAM = "stream"


@dataclasses.dataclass(frozen=True, slots=True)
class Alarm:
    """It rings when ``watched`` is over ``threshold`` for ``periods`` periods of ``minutes``. ``below``: under the threshold instead. Missing
    data never rings, except where silence is itself the failure (``silence_rings``).
    """

    name: str
    watched: Own | Ratio | Gap | Aws | AwsRatio
    threshold: float
    minutes: int
    why: str
    runbook: Runbook = Runbook.INCIDENT
    _: dataclasses.KW_ONLY
    severity: Severity
    subject: Subject | None = None
    periods: int = 1
    below: bool = False
    silence_rings: bool = False


def aws_metric(namespace: str, name: str, statistic: str, **dimensions: str) -> Aws:
    """A metric that AWS measures itself. ``Broker_ID`` is the dimension ``Broker ID``: its names have blanks in some services."""
    return Aws(
        namespace=f"AWS/{namespace}",
        name=name,
        statistic=statistic,
        dimensions=tuple((key.replace("_", " "), value) for key, value in dimensions.items()),
    )


def stage_name(name: str) -> str:
    """A resource's name in an alarm's dimensions; the stage is filled in where the alarm is made."""
    return names.resource("{stage}", name)
