"""The estimate follows the templates: what is made bigger costs more, and nothing that has a size is without a price."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from infra import cost, cost_watching
from infra.errors import ConfigurationError
from infra.sources import ROOT
from infra.templates import Templates
from mycrypto.metrics import CATALOGUE


def _total(stage: Templates) -> float:
    return sum(row.monthly for row in cost.estimate(stage, cost.prices()))


def test_every_size_has_a_price(on_aws: Templates) -> None:
    services = {row.service for row in cost.estimate(on_aws, cost.prices())}
    assert {
        "RDS",
        "ElastiCache",
        "MSK",
        "Fargate",
        "Lambda",
        "Load balancer",
        "Network",
        "KMS",
        "Secrets Manager",
        "CloudWatch",
        "WAF",
    } == services


def test_customers_stages_cost_more_than_dev(synth: Callable[..., Templates]) -> None:
    dev, staging, prod = (_total(synth(stage)) for stage in ("dev", "staging", "prod"))
    assert dev < staging < prod


def test_a_second_zone_costs_a_second_database(synth: Callable[..., Templates]) -> None:
    rows = {row.what: row.monthly for row in cost.estimate(synth("prod"), cost.prices())}
    hourly = cost.prices()["rds_instance_hour"]["db.r8g.large"]
    assert rows["db.r8g.large, 2 zone(s)"] == pytest.approx(2 * 730 * hourly)


def test_a_size_without_a_price_is_named(prod: Templates) -> None:
    table = {**cost.prices(), "kafka_broker_hour": {}}
    with pytest.raises(ConfigurationError, match=r"no price for kafka\.m7g\.large: add it to 'kafka_broker_hour'"):
        cost.estimate(prod, table)


def test_the_report_says_when_the_prices_are_from_and_what_is_not_in_it(prod: Templates) -> None:
    table = cost.prices()
    text = cost.report("prod", cost.estimate(prod, table), table)
    assert table["as_of"] in text
    assert "On top: requests" in text


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_the_page_on_sizing_names_the_sum(synth: Callable[..., Templates], stage: str) -> None:
    page = (ROOT / "docs" / "sizing.md").read_text()
    assert f"| {stage} | {_total(synth(stage)):,.0f} |" in page


def test_metrics_insights_and_flow_logs_are_in_the_estimate(on_aws: Templates) -> None:
    table = cost.prices()
    watched = {row.what: row.monthly for row in cost.estimate(on_aws, table) if row.service == "CloudWatch"}
    for beginning in ("Container Insights", "flow logs of"):
        assert any(what.startswith(beginning) for what in watched), watched
    (own,) = [monthly for what, monthly in watched.items() if what.endswith("metrics of its own")]
    assert own >= table["custom_metric_month"] * sum(len(spec.services) for spec in CATALOGUE.values()) * 0.3


def test_each_metric_costs_once_and_once_more_for_every_set_of_labels() -> None:
    plain, apart = (cost_watching.metrics_of(frozenset({"engine"}), label_sets) for label_sets in (0, 1))
    engine = [spec for spec in CATALOGUE.values() if "engine" in spec.services]
    assert plain == len(engine)
    assert apart - plain == sum(1 for spec in engine if spec.split)
    everything = cost_watching.metrics_of(frozenset(), 0, others=True)
    assert everything == plain + cost_watching.metrics_of(frozenset({"engine"}), 0, others=True)
