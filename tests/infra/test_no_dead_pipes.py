"""Whatever carries something has a writer, a reader, and a test that sends something through it."""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING, Any, Final

import pytest

from infra import functions, names
from infra.alarms import OWN_ALARMS
from infra.queue_alarms import QUEUES
from infra.sources import ROOT
from mycrypto import outbox
from mycrypto.metrics import CATALOGUE
from mycrypto_local.queues import WORK_QUEUES
from tests.infra.mentions import NoSuchTestError, mentioned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from infra.templates import Templates

SENT_THROUGH: Final = {
    names.QUEUE_EMAIL: "tests/integration/auth/test_mails.py::test_a_registration_ends_in_a_turkish_mail_with_the_link",
    names.QUEUE_AUDIT: "tests/integration/auth/test_accounts.py::test_what_happened_is_written_down",
    names.QUEUE_KYC: "tests/integration/auth/test_kyc_worker.py::test_clean_pictures_are_marked_and_the_application_waits_for_a_person",
    names.QUEUE_WITHDRAWALS: "tests/integration/wallet/test_payouts.py::test_the_same_message_delivered_again_changes_nothing",
}
"""A test whose messages pass the queue's writer and its reader."""
READ_BY_PEOPLE: Final = {names.QUEUE_FAILED_INVOCATIONS: "docs/runbooks/redrive.md"}
OUTBOX_NAMES: Final = {"EMAIL", "AUDIT", "KYC", "WITHDRAWALS"}
_PUBLIC_TOPICS: Final = (
    "tests/integration/gateway/test_trading_processes.py::test_the_public_topics_are_exactly_what_the_event_log_makes_of_them"
)
LOG_TOPICS: Final = {
    names.TOPIC_COMMANDS: (
        "layers/common/python/mycrypto/contracts/commands.py",
        "tests/integration/ledger/test_outbox.py::test_commands_reach_the_log_in_order_and_durably",
    ),
    names.TOPIC_EVENTS: ("layers/common/python/mycrypto/contracts/events.py", _PUBLIC_TOPICS),
    names.TOPIC_ORDER_EVENTS: ("engine_container/publisher", _PUBLIC_TOPICS),
    names.TOPIC_TRADE_EVENTS: ("engine_container/publisher", _PUBLIC_TOPICS),
}
"""Where the writer spells a topic's name, and a test that sends records through it."""
EVERY_METRIC: Final = "tests/e2e/test_metrics.py::test_every_metric_of_the_catalogue_is_emitted"


def queues_of(stage: Templates) -> dict[str, str]:
    """Logical ids of queues by their names without the stage."""
    return {
        str(found["QueueName"]).removeprefix(f"mycrypto-{stage.stage}-").removesuffix(".fifo"): path.split("/")[1]
        for path, found in stage.properties("AWS::SQS::Queue").items()
    }


def mappings(stage: Templates) -> list[str]:
    return [json.dumps(found) for found in stage.properties("AWS::Lambda::EventSourceMapping").values()]


def sources(*folders: str) -> Iterator[tuple[Path, str]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")) if (ROOT / folder).is_dir() else [ROOT / folder]:
            yield path, path.read_text()


@pytest.fixture(params=["local", "prod"])
def stage(request: pytest.FixtureRequest, synth: Callable[..., Templates]) -> Templates:
    return synth(request.param)


def test_every_queue_has_a_reader_a_dead_letter_queue_and_an_alarm(stage: Templates) -> None:
    found = queues_of(stage)
    work = {name: logical for name, logical in found.items() if not name.endswith("-dlq") and name not in READ_BY_PEOPLE}
    assert set(work) == set(QUEUES) == set(WORK_QUEUES) == set(SENT_THROUGH)
    for name, logical in work.items():
        readers = [mapping for mapping in mappings(stage) if logical in mapping]
        assert len(readers) == 1, f"{name} is read by {len(readers)} functions"
        assert f"{name}-dlq" in found, name
    targets = json.dumps([queue.get("RedrivePolicy") for queue in stage.properties("AWS::SQS::Queue").values()])
    for name, logical in found.items():
        assert not name.endswith("-dlq") or logical in targets, f"nothing ends in {name}"
    for runbook in READ_BY_PEOPLE.values():
        assert (ROOT / runbook).is_file()


def test_every_queue_has_an_alarm_on_its_dead_letters(on_aws: Templates) -> None:
    watched = {
        dimension["Value"]
        for alarm in on_aws.properties("AWS::CloudWatch::Alarm").values()
        if alarm.get("Namespace") == "AWS/SQS"
        for dimension in alarm["Dimensions"]
    }
    ends = {queue["QueueName"] for queue in on_aws.properties("AWS::SQS::Queue").values() if "-dlq" in queue["QueueName"]}
    assert ends | {names.resource(on_aws.stage, names.QUEUE_FAILED_INVOCATIONS)} <= watched


def test_every_queue_is_written_by_code_that_may(on_aws: Templates) -> None:
    """A permission to send, and a place in the code that names the queue; and no permission for a queue that is not there."""
    written = set()
    for path, text in sources("functions", "layers/common/python/mycrypto", "engine_container"):
        if path.name != "outbox.py":
            written |= {name for name in OUTBOX_NAMES if re.search(rf"\boutbox\.{name}\b", text)}
    assert written == OUTBOX_NAMES
    allowed: set[str] = set()
    for policy in on_aws.properties("AWS::IAM::Policy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            if "sqs:SendMessage" in statement["Action"] and statement.get("Sid") == "SendToQueues":
                allowed |= set(re.findall(rf"mycrypto-{on_aws.stage}-([a-z-]+)", json.dumps(statement["Resource"])))
    assert allowed == set(SENT_THROUGH)
    assert {getattr(outbox, name).removeprefix("sqs:") for name in OUTBOX_NAMES} == allowed


@pytest.mark.parametrize("queue", SENT_THROUGH)
def test_a_test_sends_something_through_every_queue(queue: str) -> None:
    """The named test exists and, with the helpers that it uses, mentions the queue."""
    assert any(text in {queue, f"sqs:{queue}"} for text in mentioned(ROOT, SENT_THROUGH[queue]))


def test_a_test_that_is_not_there_or_speaks_of_something_else_is_found() -> None:
    test = SENT_THROUGH[names.QUEUE_KYC]
    assert names.QUEUE_WITHDRAWALS not in mentioned(ROOT, test)
    for wrong in (f"{test}_no_longer", "tests/integration/auth/test_gone.py::test_x", test.partition("::")[0]):
        with pytest.raises(NoSuchTestError):
            mentioned(ROOT, wrong)


def test_every_topic_of_notices_is_published_to(stage: Templates) -> None:
    said = json.dumps(
        [
            *(alarm.get("AlarmActions", []) for alarm in stage.properties("AWS::CloudWatch::Alarm").values()),
            *(alarm.get("AlarmActions", []) for alarm in stage.properties("AWS::CloudWatch::CompositeAlarm").values()),
        ]
    )
    for path in stage.properties("AWS::SNS::Topic"):
        assert path.split("/")[1] in said, f"nothing is published to {path}"


@pytest.mark.parametrize("topic", LOG_TOPICS)
def test_every_log_topic_is_named_where_it_is_written_and_tried(topic: str) -> None:
    writer, test = LOG_TOPICS[topic]
    assert any(f'"{topic}"' in text for _, text in sources(writer)), f"{writer} does not name {topic}"
    assert topic in mentioned(ROOT, test)


def test_the_logs_are_read(on_aws: Templates) -> None:
    read = {topic for found in on_aws.properties("AWS::Lambda::EventSourceMapping").values() for topic in found.get("Topics", ())}
    assert read == {names.TOPIC_COMMANDS, names.TOPIC_EVENTS}
    readers = {found["FunctionName"]["Ref"] for found in on_aws.properties("AWS::Lambda::EventSourceMapping").values() if "Topics" in found}
    assert len(readers) == 3


def _invokers(stage: Templates) -> str:
    kinds: tuple[str, ...] = (
        "AWS::Lambda::EventSourceMapping",
        "AWS::Events::Rule",
        "AWS::Lambda::Permission",
        "AWS::ApiGateway::Authorizer",
    )
    kinds += ("AWS::CloudFormation::CustomResource", "AWS::SecretsManager::RotationSchedule", "AWS::Scheduler::Schedule")
    custom = [found for found in stage.resources().values() if found["Type"].startswith("Custom::")]
    return json.dumps([*(found for kind in kinds for found in stage.properties(kind).values()), *custom])


def test_every_function_is_invoked_by_something(stage: Templates) -> None:
    invokers = _invokers(stage)
    pumped = {names.FUNCTION_SETTLEMENT, names.FUNCTION_HISTORY, names.FUNCTION_ARCHIVE} if stage.stage == "local" else set()
    for path, found in stage.properties("AWS::Lambda::Function").items():
        name = str(found.get("FunctionName", "")).removeprefix(f"mycrypto-{stage.stage}-")
        if name in {spec.name for spec in (*functions.ALL, *functions.ON_AWS)} - pumped:
            aliases = [
                alias.split("/")[1]
                for alias, made in stage.properties("AWS::Lambda::Alias").items()
                if made["FunctionName"] == {"Ref": path.split("/")[1]}
            ]
            by_others = any(name in spec.invokes for spec in functions.ALL)  # a test of each function holds its policy against this
            assert by_others or any(logical in invokers for logical in (path.split("/")[1], *aliases)), f"nothing invokes {name}"


def test_every_function_has_tests() -> None:
    texts = "\n".join(text for _, text in sources("tests"))
    for spec in (*functions.ALL, *functions.ON_AWS):
        assert re.search(rf"functions\.{spec.name}\b|_module\(.{spec.name}.\)", texts), f"no test calls {spec.name}"


def test_every_alarm_watches_a_metric_that_is_emitted_and_every_metric_is_emitted() -> None:
    """The names in the code; a test of the whole platform sees each of them written, so no alarm watches what only a name promises."""
    emitted: set[Any] = set()
    for path, text in sources("functions", "layers/common/python/mycrypto", "engine_container"):
        if path.name != "metrics.py":
            emitted |= {node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    framed = {name for name in CATALOGUE if name.endswith("_database_errors_total")}  # the frame puts the service's name before it
    assert set(CATALOGUE) - framed <= emitted
    own = {re.findall(r"name='(\w+)'", repr(alarm.watched))[0] for alarm in OWN_ALARMS if "Own(" in repr(alarm.watched)}
    assert own <= set(CATALOGUE)
    mentioned(ROOT, EVERY_METRIC)  # it exists
    tree = ast.parse((ROOT / EVERY_METRIC.partition("::")[0]).read_text())
    left_out = next(
        node.value for node in tree.body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "NOT_COUNTED_HERE"
    )
    assert own.isdisjoint(name for name, _ in ast.literal_eval(left_out))
